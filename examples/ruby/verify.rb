# Verifies a local file as a target of a TUF repository, with the gem ffi (Debian: ruby-ffi).
#
#   ruby verify.rb ROOT METADATA TARGET FILE

require 'ffi'
require 'json'

module Picotuf
  extend FFI::Library
  ffi_lib ENV.fetch('PICOTUF_LIBRARY', 'libpicotuf.so.1')

  class ClientOptions < FFI::Struct
    layout :size, :size_t, :metadata_dir, :pointer, :metadata_url, :pointer,
           :target_url, :pointer, :root, :pointer, :root_size, :size_t,
           :fetch, :pointer, :context, :pointer, :now, :int64, :offline, :int32,
           :root_rotations, :uint32, :delegations, :uint32, :root_length, :uint64,
           :timestamp_length, :uint64, :snapshot_length, :uint64, :targets_length, :uint64
  end

  attach_function :picotuf_abi_version, [], :uint32
  attach_function :picotuf_verify_file, %i[pointer string string pointer], :int
  attach_function :picotuf_verdict_json, [:pointer], :string
  attach_function :picotuf_verdict_close, [:pointer], :int

  raise 'libpicotuf has another ABI' unless picotuf_abi_version == 1

  # Returns the verdict. `root` is the root metadata, which comes with the program.
  def self.verify(root:, metadata:, target:, file:, trusted: 'trusted', now: 0)
    text = ->(value) { FFI::MemoryPointer.from_string(value) }
    bytes = FFI::MemoryPointer.new(:uint8, root.bytesize).put_bytes(0, root)
    # These variables keep the memory alive during the call.
    options, folder, url = ClientOptions.new, text[trusted], text[metadata]
    options[:size] = ClientOptions.size
    options[:root], options[:root_size] = bytes, root.bytesize
    options[:metadata_url], options[:metadata_dir] = url, folder
    options[:now] = now # 0: the system's clock
    verdict = FFI::MemoryPointer.new(:pointer)
    picotuf_verify_file(options, target, file, verdict)
    JSON.parse(picotuf_verdict_json(verdict.read_pointer))
  ensure
    picotuf_verdict_close(verdict) if verdict
  end
end

root, metadata, target, file = ARGV
abort 'usage: verify.rb ROOT METADATA TARGET FILE' unless file
# The demo's metadata is of one day.
now = ENV.fetch('DEMO_TIME', '0').to_i
verdict = Picotuf.verify(root: File.binread(root), metadata:, target:, file:, now:)
abort "#{file}: #{verdict['error'].values_at('message', 'code').join(' ')}" unless verdict['ok']
puts "#{target} is listed by #{verdict['targets'][0]['delegation_path'].join(' > ')}"
