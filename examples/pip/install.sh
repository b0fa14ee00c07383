#!/bin/sh
# Downloads the packages of requirements.txt, and installs them if every file is signed.
set -eu

export PICOTUF_ROOT=tuf/root.json
export PICOTUF_METADATA_URL=https://tuf.example.org/metadata
export PICOTUF_TARGET_BASE_URL=https://tuf.example.org/targets

# Wheels only, because pip would run the code of an sdist before the check to find its requirements.
# The last command installs the checked files. With the requirements, pip might download a file
# again, from its URL or from a configured index.
rm -rf wheels
pip download --only-binary :all: --dest wheels --requirement requirements.txt && picotuf check wheels &&
  pip install --no-index --no-deps wheels/*.whl
