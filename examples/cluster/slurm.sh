#!/bin/sh
# Audits a mirror with a job array of Slurm, and prints one verdict: sh slurm.sh
#
# The mirror, the root and this folder must be on a file system that all nodes share. A part that
# Slurm runs again, because a node failed, replaces its own report.
set -eu

PARTS=16
MIRROR=/srv/tuf
ROOT=/etc/picotuf/root.json
OPTIONS=--targets

case ${1:-submit} in
submit)
    # All parts must have the same time.
    AUDIT_AT=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    AUDIT_REPORTS=$PWD/audit-$AUDIT_AT
    export AUDIT_AT AUDIT_REPORTS
    mkdir "$AUDIT_REPORTS"
    array=$(sbatch --parsable --requeue --array="1-$PARTS" "$0" part)
    # A part with a fault fails, and the merge reports it.
    sbatch --wait --dependency="afterany:${array%%;*}" --output="$AUDIT_REPORTS/verdict" "$0" merge ||
        failed=$?
    cat "$AUDIT_REPORTS/verdict"
    exit "${failed:-0}"
    ;;
part)
    part=$AUDIT_REPORTS/part-$SLURM_ARRAY_TASK_ID
    picotuf mirror --check "$MIRROR" $OPTIONS --shard "$SLURM_ARRAY_TASK_ID/$PARTS" --json \
        --at "$AUDIT_AT" --root "$ROOT" --metadata-dir "$(mktemp -d)" >"$part.new" || failed=$?
    # Only a whole report gets the name.
    [ "${failed:-0}" -le 1 ] && mv "$part.new" "$part.json"
    exit "${failed:-0}"
    ;;
merge)
    picotuf mirror --merge "$AUDIT_REPORTS"/part-*.json
    ;;
esac
