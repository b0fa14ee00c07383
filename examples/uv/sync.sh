#!/bin/sh
# Installs what uv.lock pins, if every file that it pins is the one that is signed.
set -eu

export PICOTUF_ROOT=tuf/root.json
export PICOTUF_METADATA_URL=https://tuf.example.org/metadata
export PICOTUF_TARGET_BASE_URL=https://tuf.example.org/targets

# uv installs no file that has not the hash in the lock file, and --frozen keeps it from writing
# another lock file. What builds an sdist, or your own packages, is pinned by no lock file and would
# be run unchecked: the other options build nothing.
picotuf check uv.lock && uv sync --frozen --no-build --no-install-workspace --no-install-local
