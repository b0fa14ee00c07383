#!/bin/sh
# Pins the packages of requirements.in, and installs them if every pinned file is signed. This
# example needs no project.
set -eu

export PICOTUF_ROOT=tuf/root.json
export PICOTUF_METADATA_URL=https://tuf.example.org/metadata
export PICOTUF_TARGET_BASE_URL=https://tuf.example.org/targets

# A pylock.toml has file names. A requirements.txt has hashes without file names, which need signed
# index pages.
uv pip compile --universal requirements.in --output-file pylock.toml
# No lock file pins the build requirements of an sdist, so --no-build excludes sdists.
picotuf check pylock.toml && uv pip sync --no-build pylock.toml
