<?php
// Verifies a local file as a target of a TUF repository, with PHP's own FFI (Debian: php-cli).
//
//   php verify.php ROOT METADATA TARGET FILE

/** Returns the verdict. `$root` is the root metadata, which comes with the program. */
function picotuf_verify(string $root, string $metadata, string $target, string $file,
                        string $trusted = 'trusted', int $now = 0): object
{
    $library = FFI::cdef(<<<'C'
        typedef struct picotuf_verdict picotuf_verdict;
        typedef struct {
            size_t size;
            const char *metadata_dir; const char *metadata_url; const char *target_url;
            const uint8_t *root; size_t root_size;
            void *fetch; void *context; int64_t now; int32_t offline;
            uint32_t root_rotations, delegations;
            uint64_t root_length, timestamp_length, snapshot_length, targets_length;
        } picotuf_client_options;
        uint32_t picotuf_abi_version(void);
        int32_t picotuf_verify_file(const picotuf_client_options *options, const char *target_path,
                                    const char *file, picotuf_verdict **verdict);
        const char *picotuf_verdict_json(const picotuf_verdict *verdict);
        int32_t picotuf_verdict_close(picotuf_verdict **verdict);
        C, getenv('PICOTUF_LIBRARY') ?: 'libpicotuf.so.1');
    if ($library->picotuf_abi_version() !== 1) {
        throw new RuntimeException('libpicotuf has another ABI');
    }
    // Ends with a NUL byte, and lives as long as its variable: until the call is over.
    $memory = function (string $bytes): FFI\CData {
        $copy = FFI::new('uint8_t[' . strlen($bytes) + 1 . ']');
        FFI::memcpy($copy, $bytes . "\0", strlen($bytes) + 1);
        return $copy;
    };
    [$bytes, $url, $folder] = array_map($memory, [$root, $metadata, $trusted]);
    $options = $library->new('picotuf_client_options');
    $options->size = FFI::sizeof($options);
    $options->root = FFI::cast('uint8_t *', FFI::addr($bytes));
    $options->root_size = strlen($root);
    $options->metadata_url = FFI::cast('char *', FFI::addr($url));
    $options->metadata_dir = FFI::cast('char *', FFI::addr($folder));
    $options->now = $now; // 0: the system's clock
    $verdict = $library->new('picotuf_verdict *');
    $library->picotuf_verify_file(FFI::addr($options), $target, $file, FFI::addr($verdict));
    $json = $library->picotuf_verdict_json($verdict);
    $library->picotuf_verdict_close(FFI::addr($verdict));
    return json_decode($json, flags: JSON_THROW_ON_ERROR);
}

if ($argc !== 5) { error_log('usage: verify.php ROOT METADATA TARGET FILE'); exit(2); }
[, $root, $metadata, $target, $file] = $argv;
// The demo's metadata is of one day.
$verdict = picotuf_verify(file_get_contents($root), $metadata, $target, $file,
                          now: (int) getenv('DEMO_TIME'));
if (!$verdict->ok) {
    fwrite(STDERR, "$file: {$verdict->error->message} [{$verdict->error->code}]\n");
    exit(1);
}
echo "$target is listed by ", implode(' > ', $verdict->targets[0]->delegation_path), "\n";
