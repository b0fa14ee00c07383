#!/bin/sh
# Installs the packages of uv.lock if every pinned file is signed.
set -eu

export PICOTUF_ROOT=tuf/root.json
export PICOTUF_METADATA_URL=https://tuf.example.org/metadata
export PICOTUF_TARGET_BASE_URL=https://tuf.example.org/targets

# uv installs only files with the hashes in the lock file, and --frozen keeps it from writing another
# lock file. No lock file pins the build requirements of an sdist or of your own packages. With the
# other options uv builds nothing.
picotuf check uv.lock && uv sync --frozen --no-build --no-install-workspace --no-install-local
