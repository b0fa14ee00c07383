#!/bin/sh
# The same without a project: pins what requirements.in asks for, and installs it if every file that
# is pinned is the one that is signed.
set -eu

export PICOTUF_ROOT=tuf/root.json
export PICOTUF_METADATA_URL=https://tuf.example.org/metadata
export PICOTUF_TARGET_BASE_URL=https://tuf.example.org/targets

# pylock.toml, because a requirements.txt has hashes without file names, which index pages alone can
# answer.
uv pip compile --universal requirements.in --output-file pylock.toml
# What builds an sdist is pinned by no lock file: --no-build does without sdists.
picotuf check pylock.toml && uv pip sync --no-build pylock.toml
