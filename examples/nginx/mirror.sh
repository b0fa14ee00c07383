#!/bin/sh
# Brings the mirror up to date: run it from cron or a timer, as a user who may write to /srv/tuf and
# keeps a home.
set -eu

export PICOTUF_ROOT=/etc/picotuf/root.json
export PICOTUF_METADATA_URL=https://tuf.example.org/metadata
export PICOTUF_TARGET_BASE_URL=https://tuf.example.org/targets

picotuf mirror --to /srv/tuf --targets
