#!/bin/sh
# Verifies files of PyPI by their attestations, with the keys from Sigstore's TUF repository. It
# needs the internet, pip, and `picotuf` on the PATH.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

get() {
    pip download --quiet --no-deps --only-binary :all: --dest "$folder" "$1"
}

refused() {
    code=0
    picotuf provenance "$@" || code=$?
    if [ "$code" -ne 1 ]; then
        echo "smoke.sh: exit code $code and not 1: picotuf provenance $*" >&2
        exit 1
    fi
}

get sampleproject==4.0.0
get six==1.16.0
attested=$folder/sampleproject-4.0.0-py3-none-any.whl
old=$folder/six-1.16.0-py2.py3-none-any.whl

# Who published it, and the publisher that must have.
picotuf provenance "$attested"
picotuf provenance "$attested" --publisher 'github:pypa/sampleproject:*'

# Another publisher, and a file that is older than attestations.
refused "$attested" --publisher 'github:somebody-else/sampleproject:*'
refused "$old"

# A file that is not the one on PyPI.
echo >>"$attested"
refused "$attested" --publisher 'github:pypa/sampleproject:*'

echo "smoke.sh: all came out as expected"
