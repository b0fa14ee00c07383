#!/bin/sh
# Downloads what requirements.txt asks for, and installs it if every file is the one that is signed.
set -eu

export PICOTUF_ROOT=tuf/root.json
export PICOTUF_METADATA_URL=https://tuf.example.org/metadata
export PICOTUF_TARGET_BASE_URL=https://tuf.example.org/targets

# Wheels alone: to learn what an sdist requires, pip would run its code before it is checked. And
# these very files are installed: given the requirements once more, pip might fetch one of them
# anew, by its URL or from an index of its own configuration.
rm -rf wheels
pip download --only-binary :all: --dest wheels --requirement requirements.txt && picotuf check wheels &&
  pip install --no-index --no-deps wheels/*.whl
