"""Compares `picotuf check` with the installers that read the same lock files.

The rule: where `check FILE` ends with 0, and an installer then succeeds with FILE, all that the
installer has fetched and could run is signed, its build environments included. What `check`
refuses is not tried. Where unsigned code was run, it counts also if the installer fails in the end.

Usage: see `run`. PICOTUF_BIN is the command line under test.

What this cannot see:
- other versions of the installers, other systems and other Pythons than those it runs on
- options that a user gives an installer besides; environment variables and configuration files
- what an installer runs without having fetched it: what is installed on the machine before
- dependencies that stand in no lock file: `uv pip install -r FILE` without `--require-hashes`
  fetches them (the case beyond-uv-pip-install)
- which of the pinned files an installer takes: an sdist beside wheels is built where none of these
  is for its system (the cases beyond-foreign-wheels, which `--require wheels` refuses)
- what builds the project itself, or a member of its workspace, which `check` names own-project and
  counts as there already (the cases beyond-uv-own-project and beyond-uv-member)
- whether `check` refuses too much: of changed files it counts only how many are accepted
- lock files that no change of its own reaches, and code that is not in packages (git hooks, say)
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import SimpleQueue

import seeds as seeds_module
from mutations import Facts, Mutation, mutation
from regressions import CASES, Case
from seeds import Seed
from tools import INSTALLERS, KINDS, Installed, Installer, Machine, install, machine

HERE = Path(__file__).resolve().parent
# How many of 100 mutations are of a format.
SHARES = {"requirements": 19, "pylock": 22, "uv": 21, "poetry": 14, "pipenv": 14, "pdm": 10}
# How many of 100 mutations `check` has to accept, and installers to install: that they are refused
# proves nothing.
ACCEPTED_MINIMUM = 5
LAYOUTS = ("rstuf", "pep458")
WORKERS = 2


class Check:
    """The command line under test, with the two repositories."""

    def __init__(self, binary: Path, repositories: Path, folder: Path) -> None:
        self.binary = binary
        self.repositories = repositories
        self.folder = folder

    def accepts(self, file: Path, more: tuple[str, ...] = ()) -> tuple[str | None, str]:
        """The layout by which a file is accepted, if it is, and all that was said."""
        said = []
        for layout in LAYOUTS:
            repository = self.repositories / layout
            options = {
                "--layout": layout,
                "--root": repository / "root.json",
                "--metadata-url": repository / "metadata",
                "--target-base-url": repository / "targets",
                "--metadata-dir": self.folder / layout,
            }
            command = [str(self.binary), "check", file.name, "--json", "--quiet", *more]
            for option, value in options.items():
                command += [option, str(value)]
            home = {"HOME": str(self.folder), "PATH": os.environ["PATH"]}
            done = subprocess.run(
                command, cwd=file.parent, env=home, capture_output=True, text=True, timeout=60
            )
            said.append(f"{layout}: {done.returncode}\n{done.stdout}{done.stderr}")
            if done.returncode not in (0, 1):
                # Neither accepted nor refused: a crash, or wrong usage.
                sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
            if done.returncode == 0:
                return layout, "".join(said)
        return None, "".join(said)


@dataclass
class Outcome:
    """What came of one lock file."""

    accepted: str | None
    said: str
    installed: list[Installed] = field(default_factory=list)

    def violations(self) -> list[str]:
        """Where the rule does not hold."""
        if self.accepted is None:
            return []
        found = []
        for one in self.installed:
            if one.ran:
                found.append(f"[{one.installer}] ran unsigned code: {', '.join(one.ran)}")
            elif one.code == 0 and one.unsigned:
                found.append(f"[{one.installer}] took {', '.join(one.unsigned)}")
        return found


class Worker:
    """One of two: a machine, and a place for `check`."""

    def __init__(self, machine: Machine, binary: Path, repositories: Path) -> None:
        self.machine = machine
        self.check = Check(binary, repositories, machine.folder / "check")
        self.check.folder.mkdir()
        self.files = machine.folder / "files"

    def look(self, files: dict[str, str], *options: str) -> tuple[str | None, str]:
        """Asks `check` of a lock file."""
        shutil.rmtree(self.files, ignore_errors=True)
        self.files.mkdir()
        for name, text in files.items():
            text = text.replace("@PROJECT@", str(self.files))
            (self.files / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        return self.check.accepts(self.files / next(iter(files)), options)

    def install(
        self,
        installers: Iterable[Installer],
        kind: str,
        files: dict[str, str],
        *,
        exchanged: bool = False,
        unhashed: bool = False,
    ) -> list[Installed]:
        """Runs installers; those that go by the file's addresses with other files there, too."""
        done = []
        for installer in installers:
            for mode in (False, True) if exchanged and installer.by_address else (False,):
                modes = {"exchanged": mode, "unhashed": unhashed}
                done.append(install(self.machine, installer, kind, files, **modes))
        return done

    def mutation(self, one: Mutation) -> Outcome:
        """Tries a changed lock file."""
        outcome = Outcome(*self.look(one.files))
        if outcome.accepted is not None:
            installers = [
                installer
                for installer in INSTALLERS[one.format]
                if installer.every and one.number % installer.every == 0
            ]
            outcome.installed = self.install(
                installers,
                one.origin.kind,
                one.files,
                exchanged=True,
                unhashed=one.number % 5 == 0,
            )
        return outcome

    def seed(self, seed: Seed) -> Outcome:
        """Tries an unchanged lock file."""
        outcome = Outcome(*self.look(seed.files))
        readers = [one for one in INSTALLERS[seed.format] if one.name in seed.readers]
        if outcome.accepted is not None:
            outcome.installed = self.install(readers, seed.kind, seed.files)
        return outcome

    def case(self, case: Case, files: dict[str, str]) -> Outcome:
        """Tries a named lock file, also where `check` refuses it."""
        outcome = Outcome(*self.look(files))
        fooled = [one for one in INSTALLERS[case.format] if one.name in case.fooled]
        outcome.installed = self.install(fooled, case.kind, files)
        return outcome


class Report:
    """What was found, in numbers and lines."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0
        self.lock = threading.Lock()

    def verdict(self, name: str, wrong: list[str]) -> None:
        """Counts one, and says what is wrong with it."""
        with self.lock:
            self.passed += not wrong
            self.failed += bool(wrong)
            for line in wrong:
                print(f"FAILED {name}: {line}", flush=True)


def main() -> int:
    """Runs all, or one again."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=320, help="mutations over all formats")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=SHARES, metavar="FORMAT", help=", ".join(SHARES))
    parser.add_argument("--replay", metavar="FORMAT:SEED:N or a regression's name")
    parser.add_argument("--cache", type=Path, required=True)
    arguments = parser.parse_args()
    binary = Path(os.environ["PICOTUF_BIN"]).resolve()
    arguments.cache = arguments.cache.resolve()
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="installers-")))
        machines = [
            stack.enter_context(machine(folder / str(number), arguments.cache))
            for number in range(WORKERS)
        ]
        repositories = folder / "repositories"
        machines[0].world.sign(repositories)
        workers = SimpleQueue[Worker]()
        for one in machines:
            workers.put(Worker(one, binary, repositories))
        facts = Facts(machines[0].world)
        seeds = written_seeds(machines, arguments.cache)
        run = Run(workers, facts, seeds, Report())
        if arguments.replay:
            return run.replay(arguments.replay)
        formats = [arguments.only] if arguments.only else list(SHARES)
        run.seeds_and_cases(formats)
        run.campaign(formats, arguments.seed, arguments.count)
        run.table(formats)
        report = run.report
        print(f"{time.monotonic() - began:.0f} s")
        print(f"{report.passed} passed, {report.failed} failed")
        return 1 if report.failed else 0


def written_seeds(machines: list[Machine], cache: Path) -> list[Seed]:
    """The seeds: of the last run where nothing that makes them has changed."""
    sources = [*HERE.glob("*.txt"), *(HERE / f"{name}.py" for name in ("seeds", "tools", "world"))]
    sources += [HERE.parent / "lock_files" / name for name in ("index.py", "packages.py")]
    digest = hashlib.sha256(sys.version.encode())
    for source in sorted(sources):
        digest.update(source.read_bytes())
    kept = cache / "seeds.json"
    if kept.exists():
        made = json.loads(kept.read_text())
        if made["of"] == digest.hexdigest():
            return [Seed(**seed) for seed in made["seeds"]]
    print("lock files, by the tools that write them", flush=True)
    began = time.monotonic()
    free = SimpleQueue[Machine]()
    for one in machines:
        free.put(one)

    def make(kind: str) -> list[Seed]:
        machine = free.get()
        try:
            return seeds_module.make(machine, kind)
        finally:
            free.put(machine)

    with ThreadPoolExecutor(WORKERS) as pool:
        seeds = [seed for part in pool.map(make, KINDS) for seed in part]
    made = {"of": digest.hexdigest(), "seeds": [asdict(seed) for seed in seeds]}
    kept.write_text(json.dumps(made, indent=1))
    print(f"{len(seeds)} in {time.monotonic() - began:.0f} s", flush=True)
    return [Seed(**seed) for seed in json.loads(kept.read_text())["seeds"]]


class Run:
    """Everything on two workers."""

    def __init__(
        self, workers: "SimpleQueue[Worker]", facts: Facts, seeds: list[Seed], report: Report
    ) -> None:
        self.workers = workers
        self.facts = facts
        self.seeds = seeds
        self.report = report
        self.counts: dict[str, Counter[str]] = {name: Counter() for name in SHARES}
        self.by_installer: dict[str, Counter[str]] = {}

    def spread(self, tasks: Iterable[Callable[[Worker], None]]) -> None:
        """Does all, two at a time."""

        def work(task: Callable[[Worker], None]) -> None:
            worker = self.workers.get()
            try:
                task(worker)
            finally:
                self.workers.put(worker)

        with ThreadPoolExecutor(WORKERS) as pool:
            for done in [pool.submit(work, task) for task in tasks]:
                done.result()

    def seeds_and_cases(self, formats: list[str]) -> None:
        """The unchanged lock files, and the named ones."""
        tasks: list[Callable[[Worker], None]] = []
        for seed in self.seeds:
            if seed.format in formats and seed.kind != "foreign":
                tasks.append(lambda worker, seed=seed: self.seed(worker, seed))
        for case in CASES:
            if case.format in formats:
                tasks.append(lambda worker, case=case: self.case(worker, case))
        self.spread(tasks)

    def seed(self, worker: Worker, seed: Seed) -> None:
        """Wheels alone have to be accepted, and installed by those who wrote them."""
        outcome = worker.seed(seed)
        wrong = outcome.violations()
        must = seed.kind == "wheels"
        if must and outcome.accepted is None:
            wrong.append(f"check refuses it:\n{outcome.said}")
        for one in outcome.installed:
            if must and (one.code != 0 or one.fetched == 0):
                wrong.append(f"[{one.installer}] ends with {one.code}:\n{one.output}")
        self.count(seed.format, outcome, "seed")
        self.report.verdict(f"seed {seed.format} {seed.name} {seed.kind}", wrong)

    def case(self, worker: Worker, case: Case) -> None:
        """An installer takes what is not signed; `check` has to refuse, unless it cannot see it."""
        files = case.files(self.seeds, self.facts)
        outcome = worker.case(case, files)
        wrong = [] if case.beyond else outcome.violations()
        if case.beyond and outcome.accepted is None:
            wrong.append("check refuses it: it is no longer beyond what check can see")
        if case.guard and worker.look(files, *case.guard)[0] is not None:
            wrong.append(f"check {' '.join(case.guard)} accepts it")
        for one in outcome.installed:
            if not (one.ran or (one.code == 0 and one.unsigned)):
                said = f"[{one.installer}] takes nothing unsigned: the case shows nothing"
                wrong.append(f"{said}; it ends with {one.code}:\n{one.output}")
        self.report.verdict(f"regression {case.name}", wrong)

    def campaign(self, formats: list[str], seed: int, count: int) -> None:
        """So many mutations."""
        shares = {name: SHARES[name] for name in formats}
        whole = sum(shares.values())
        numbers = [
            (number / share, format, number)
            for format, share in shares.items()
            for number in range(-(-count * share // whole))
        ]
        tasks: list[Callable[[Worker], None]] = []
        # All formats beside each other.
        for _, format, number in sorted(numbers):
            tasks.append(
                lambda worker, format=format, number=number: self.mutate(
                    worker, format, seed, number
                )
            )
        self.spread(tasks)
        for format in formats:
            counts = self.counts[format]
            wanted = counts["mutations"] * ACCEPTED_MINIMUM // 100
            wrong = []
            for what in ("accepted", "installed"):
                if counts[what] < wanted:
                    wrong.append(f"{counts[what]} of {counts['mutations']} {what}, not {wanted}")
            self.report.verdict(f"enough of {format}", wrong)

    def mutate(self, worker: Worker, format: str, seed: int, number: int) -> None:
        """One mutation."""
        one = mutation(self.facts, self.seeds, format, seed, number)
        outcome = worker.mutation(one)
        violations = outcome.violations()
        self.count(format, outcome, "")
        self.report.verdict(f"mutation {one}", violations)

    def count(self, format: str, outcome: Outcome, of: str) -> None:
        """Adds to the table."""
        with self.report.lock:
            counts = self.counts[format]
            counts[f"{of or 'mutation'}s"] += 1
            if of:
                return
            counts["accepted"] += outcome.accepted is not None
            counts["violations"] += bool(outcome.violations())
            good = [one for one in outcome.installed if one.code == 0 and one.fetched]
            counts["installed"] += bool(good)
            counts["runs"] += len(outcome.installed)
            counts["successes"] += len(good)
            for one in outcome.installed:
                mine = self.by_installer.setdefault(f"{format}: {one.installer}", Counter())
                mine["runs"] += 1
                mine["successes"] += one in good
                mine["violations"] += bool(one.ran) or (one.code == 0 and bool(one.unsigned))

    def table(self, formats: list[str]) -> None:
        """Prints the numbers."""
        columns = ("mutations", "accepted", "runs", "successes", "violations")
        print(f"{'':32}" + "".join(f"{column:>11}" for column in columns))
        for format in formats:
            counts = self.counts[format]
            print(f"{format:32}" + "".join(f"{counts[column]:11}" for column in columns))
        for name, counts in sorted(self.by_installer.items()):
            figures = "".join(f"{counts[column]:11}" for column in columns[2:])
            print(f"  {name:30}{'':22}{figures}")

    def replay(self, what: str) -> int:
        """One mutation or regression again, with all that was said."""
        worker = self.workers.get()
        cases = {case.name: case for case in CASES}
        if what in cases:
            case = cases[what]
            files = case.files(self.seeds, self.facts)
            print(case.name)
            outcome = worker.case(case, files)
        else:
            format, seed, number = what.split(":")
            one = mutation(self.facts, self.seeds, format, int(seed), int(number))
            files = one.files
            print(one)
            outcome = worker.mutation(one)
        for name, text in files.items():
            print(f"--- {name}\n{text}")
        print(f"--- check: {'accepted' if outcome.accepted else 'refused'}\n{outcome.said}")
        for one in outcome.installed:
            print(f"--- {one.installer}: {one.code}, {one.fetched} fetched\n{one.output}")
            print("".join(f"unsigned: {file}\n" for file in one.unsigned + one.ran), end="")
        violations = outcome.violations()
        print("".join(f"VIOLATION {violation}\n" for violation in violations), end="")
        return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
