#!/bin/sh
# Updates the mirror. Run it from cron or a timer, as a user with a permanent home who may write to
# /srv/tuf.
set -eu

export PICOTUF_ROOT=/etc/picotuf/root.json
export PICOTUF_METADATA_URL=https://tuf.example.org/metadata
export PICOTUF_TARGET_BASE_URL=https://tuf.example.org/targets

picotuf mirror --to /srv/tuf --targets
