"""Audits a mirror with Dask, on this machine or on a cluster, and prints one verdict.

    pip install distributed==2026.8.0
    python audit.py /srv/tuf --root /etc/picotuf/root.json --targets
    python audit.py /srv/tuf --root /etc/picotuf/root.json --targets --scheduler tcp://HOST:8786

Each task runs `picotuf mirror --check` on one part of the mirror, which all workers must find under
the same path. The other options go to picotuf. The exit code is that of `picotuf mirror --merge`.

A part is a function of the mirror, the root and the time alone. So a part that is lost with its
worker runs again, and it does not matter how often a part runs.
"""

import argparse
import datetime
import os
import pathlib
import subprocess
import sys
import tempfile

from distributed import Client, LocalCluster


def audit(picotuf, folder, root, at, shard, options):
    """Audits one part of a mirror. Returns the report as JSON."""
    command = [picotuf, "mirror", "--check", folder, "--shard", shard, "--json", "--at", at]
    # A folder of its own, so that parts on one machine do not wait for each other.
    with tempfile.TemporaryDirectory() as trusted:
        command += ["--root", root, "--metadata-dir", trusted, *options]
        done = subprocess.run(command, capture_output=True, text=True)
    # 1 is a verdict. Anything else is no report: usage, or a process that was killed.
    if done.returncode not in (0, 1):
        raise RuntimeError(f"part {shard} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def merge(picotuf, reports):
    """Merges the reports. Prints the verdict, and returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, report in enumerate(reports, start=1):
            file = pathlib.Path(folder) / f"part-{number}.json"
            file.write_text(report)
            files.append(str(file))
        return subprocess.run([picotuf, "mirror", "--merge", *files]).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="the mirror, under the same path on all workers")
    parser.add_argument("--root", required=True, help="the trusted root, likewise")
    parser.add_argument("--parts", type=int, help="the number of parts [default: 4 a worker]")
    parser.add_argument("--scheduler", help="the address of a cluster [default: this machine]")
    parser.add_argument("--workers", type=int, help="the workers on this machine [default: 2]")
    parser.add_argument("--at", help="the time of the audit [default: now]")
    parser.add_argument("--picotuf", default=os.environ.get("PICOTUF_BIN", "picotuf"))
    arguments, options = parser.parse_known_args()
    # All parts must have the same time.
    now = datetime.datetime.now(datetime.timezone.utc)
    at = arguments.at or now.strftime("%Y-%m-%dT%H:%M:%SZ")

    if arguments.scheduler:
        cluster = None
        client = Client(arguments.scheduler)
    else:
        workers = arguments.workers or 2
        cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
        client = Client(cluster)
    try:
        parts = arguments.parts or 4 * max(1, len(client.scheduler_info()["workers"]))
        futures = [
            client.submit(
                audit,
                arguments.picotuf,
                arguments.folder,
                arguments.root,
                at,
                f"{number}/{parts}",
                options,
                # The part may have been run before, on a mirror that was another one then.
                pure=False,
                retries=3,
            )
            for number in range(1, parts + 1)
        ]
        reports = client.gather(futures)
    finally:
        client.close()
        if cluster:
            cluster.close()
    return merge(arguments.picotuf, reports)


if __name__ == "__main__":
    sys.exit(main())
