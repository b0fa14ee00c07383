"""Measures `picotuf check` of lock files over a network with latency.

Usage: python measure.py SERVER REPOSITORY PICOTUF [BASELINE]

REPOSITORY is a folder, which is made where it is missing: 16,384 succinct bins and 3,000 targets.
SERVER is server.rs, which answers each request after a pause. Every row is one check from an empty
metadata folder: the seconds it took, the requests, and how many were in flight at the most. With
BASELINE, another build of the command line does the same before, with one request at a time, and
the last column is the ratio of the two times.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).parents[2] / "interop"))

PINS = (10, 300, 3000)
LATENCIES = (0, 30, 150)
JOBS = (1, 4, 16, 32)
NOW = "2026-11-22T00:00:00Z"


class Server:
    """server.rs on a folder. It answers each request after `latency` milliseconds."""

    def __init__(self, binary, folder, latency):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen([binary, folder, str(latency)], text=True, **pipes)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def counts(self):
        """The number of requests since the last call, and the most in flight."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return tuple(map(int, self.process.stdout.readline().split()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def make(folder):
    """Writes the repository with python-tuf."""
    from make_repositories import PEP458_BITS, SHA256, add_root, add_succinct_bins, publish, signers
    from support import Repository

    repository = Repository()
    root, online = signers("network", "root", 3), signers("network", "online")
    paths = [f"project-{n}/project_{n}-1.0-py3-none-any.whl" for n in range(max(PINS))]
    contents = {path: f"content of {path}\n".encode() for path in paths}
    add_root(repository, root, 2, online)
    add_succinct_bins(repository, online, PEP458_BITS, contents, SHA256)
    publish(repository, online)
    repository.files["expect.json"] = json.dumps({"targets": paths}).encode()
    repository.write(folder)


def pins(repository, count):
    """So many of the repository's targets, and the hashes of all."""
    hashes = {}
    wanted = json.loads((repository / "expect.json").read_text())["targets"]
    for file in (repository / "metadata").glob("*.bins-*.json"):
        for path, target in json.loads(file.read_text())["signed"]["targets"].items():
            hashes[path] = target["hashes"]["sha256"]
    paths = [path for path in wanted if path in hashes][:count]
    assert len(paths) == count, f"the repository has {len(paths)} targets"
    return paths, hashes


def lock(paths, hashes):
    text = ["lock-version = '1.0'", "created-by = 'x'"]
    for path in paths:
        project, name = path.split("/")
        version = name.split("-")[1]
        text += [
            "[[packages]]",
            f"name = '{project}'",
            f"version = '{version}'",
            f"wheels = [{{ name = '{name}', url = 'https://example.org/{name}', "
            f"hashes = {{ sha256 = '{hashes[path]}' }} }}]",
        ]
    return "\n".join(text) + "\n"


def run(binary, repository, server, text, jobs):
    """One check: seconds, requests, the most in flight."""
    server.counts()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "pylock.toml"
        file.write_text(text)
        arguments = [binary, "check", str(file), "--layout", "pep480", "--json", "--at", NOW]
        arguments += ["--metadata-dir", f"{folder}/metadata"]
        arguments += ["--root", str(repository / "root.json")]
        arguments += ["--metadata-url", server.url]
        arguments += [] if jobs is None else ["--jobs", str(jobs)]
        start = time.monotonic()
        done = subprocess.run(arguments, capture_output=True, text=True)
        elapsed = time.monotonic() - start
    verdict = json.loads(done.stdout)
    count = text.count("[[packages]]")
    assert verdict["summary"]["pypi"] == count, verdict["summary"]
    return elapsed, *server.counts()


def main():
    served, repository, binary, *baseline = sys.argv[1:]
    repository = pathlib.Path(repository)
    if not repository.is_dir():
        make(repository)
    print("| latency | pins | jobs | seconds | requests | in flight | against the baseline |")
    print("|---|---|---|---|---|---|---|")
    for latency in LATENCIES:
        with Server(served, repository / "metadata", latency) as server:
            for count in PINS:
                text = lock(*pins(repository, count))
                old = run(baseline[0], repository, server, text, None)[0] if baseline else None
                for jobs in JOBS:
                    took, requests, most = run(binary, repository, server, text, jobs)
                    ratio = f"{old / took:.1f} times faster" if old else ""
                    cells = [f"{latency} ms", count, jobs, f"{took:.2f}", requests, most, ratio]
                    print("|", " | ".join(map(str, cells)), "|", flush=True)


if __name__ == "__main__":
    main()
