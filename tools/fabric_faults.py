#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""fabric_faults.py [--only=TEXT] [--scratch=DIR] [--jobs=N] [--resume] [--write]: checks can fail.

Puts the faults of fabric_faults.txt into the code, one at a time, and sees which test finds each:

    == the arbitration pointer skips the loser
    file: fabric/router/evaluate.cc
    old: if (loser >= 0) pointer = static_cast<uint8_t>(loser);
    new: if (loser >= 0) pointer = static_cast<uint8_t>(loser + 1);
    tests: routers differential

`old` is text of one line that the file has exactly once; tests are names of TESTS, below, in the
order in which they are tried. Works on a copy of the tree in DIR, which stays, with a Bazel output
base beside it, so that a second run builds only what changed. Without a fault all tests must pass.

--resume continues with an interrupted run: what that one found is not tried again. --write renews
docs/fabric/faults.md, the table of what was caught by what, when all were. Exit code 0: all were.
"""
import argparse
import dataclasses
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = "tools/fabric_faults.txt"
PAGE = "docs/fabric/faults.md"
FIELDS = ("file", "old", "new", "tests")
SECONDS = 600  # a test that takes longer has found nothing

# name: (target, environment that chooses a part of a long test)
TESTS = {
    "routers": ("//fabric/router/testing:random_fabric_test",
                {"RANDOM_FABRICS": "5000", "GTEST_FILTER": "*EngineAndModel*"}),
    "rules": ("//fabric/router:rules_test", {}),
    "differential": ("//fabric/sim:fabric_differential_test",
                     {"DIFFERENTIAL_END": "300", "DIFFERENTIAL_LIMIT": "1",
                      "DIFFERENTIAL_THREADS": "3", "GTEST_FILTER": "*EngineShows*"}),
    "ahead": ("//fabric/sim:run_ahead_test", {}),
    "simulator": ("//fabric/sim:simulator_test", {}),
    "transfers": ("//fabric/sim:transfer_test", {}),
    "io": ("//fabric/io:io_engine_test", {}),
    "streams": ("//fabric/io:stream_schedule_test", {}),
    "elements": ("//fabric/isa:vector_cost_test", {}),
    "opcodes": ("//fabric/pe:opcode_test", {}),
    "timing": ("//fabric/reference:timing_test", {}),
}

HEAD = """\
# Faults that the checks find

Each row is a fault of one line that `tools/fabric_faults.py` puts into the code, and the test that
found it. `tools/fabric_faults.txt` lists the faults; a test of `./test` checks that list against
the code. `tools/fabric_faults.py --write` writes this page.

| fault | in | found by |
|---|---|---|
"""


class BadTable(Exception):
    """The table of faults is malformed or does not fit the code."""


@dataclasses.dataclass
class Fault:
    """One row of the table."""
    name: str
    file: str = ""
    old: str = ""
    new: str = ""
    tests: tuple = ()


def read_table(text):
    """The faults of a table, in order."""
    faults = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("== "):
            faults.append(Fault(line[3:].strip()))
            continue
        key, colon, value = line.partition(": ")
        if not colon or key not in FIELDS or not faults:
            raise BadTable(f"line {number}: expected '== NAME' or one of {', '.join(FIELDS)}")
        if getattr(faults[-1], key):
            raise BadTable(f"line {number}: '{key}' stands twice in '{faults[-1].name}'")
        setattr(faults[-1], key, tuple(value.split()) if key == "tests" else value.strip())
    for fault in faults:
        for key in FIELDS:
            if not getattr(fault, key):
                raise BadTable(f"'{fault.name}' has no '{key}'")
        unknown = [test for test in fault.tests if test not in TESTS]
        if unknown:
            raise BadTable(f"'{fault.name}': no test '{unknown[0]}'; must be one of "
                           + ", ".join(TESTS))
    names = [fault.name for fault in faults]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise BadTable(f"'{min(twice)}' stands twice")
    return faults


def misfits(faults, root):
    """What keeps faults from being put in: a line for each whose old text is absent."""
    for fault in faults:
        path = root / fault.file
        if not path.is_file():
            yield f"'{fault.name}': no file {fault.file}"
            continue
        count = path.read_text(encoding="utf-8").count(fault.old)
        if count != 1:
            yield f"'{fault.name}': {fault.file} has '{fault.old}' {count} times, expected once"


def copy_tree(scratch):
    """Brings the copy up to date; files that are the same keep their times."""
    tracked = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT,
                             capture_output=True, text=True, check=True).stdout.splitlines()
    wanted = {name for name in tracked if (ROOT / name).is_file()} | {"user.bazelrc"}
    for old in [p for p in scratch.rglob("*") if p.is_file() and not p.is_symlink()]:
        if str(old.relative_to(scratch)) not in wanted:
            old.unlink()
    for name in wanted:
        source, target = ROOT / name, scratch / name
        if not source.is_file():
            continue
        if target.is_file() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


class Workshop:
    """A copy of the tree in which faults are put in and tests are run."""

    def __init__(self, scratch, jobs):
        self.root = scratch / "tree"
        self.jobs = jobs
        self.bazel = ["bazel", f"--output_base={scratch / 'output'}"]
        self.log = scratch / "log.txt"
        self.root.mkdir(parents=True, exist_ok=True)
        copy_tree(self.root)

    def build(self, target):
        """Whether the target builds."""
        command = [*self.bazel, "build", f"--jobs={self.jobs}", "--noshow_progress",
                   "--ui_event_filters=-info", "--experimental_convenience_symlinks=ignore",
                   target]
        return self.run(command, {}, None)

    def passes(self, name):
        """Whether the test passes. One that cannot be built, or hangs, ends the run."""
        target, environment = TESTS[name]
        if not self.build(target):
            raise BadTable(f"{target} does not build; see {self.log}")
        program = self.bin / target[2:].replace(":", "/")
        return self.run([str(program)], environment, SECONDS)

    @functools.cached_property
    def bin(self):
        """Where Bazel puts programs."""
        out = subprocess.run([*self.bazel, "info", "bazel-bin"], cwd=self.root,
                             capture_output=True, text=True, check=True)
        return pathlib.Path(out.stdout.strip())

    def run(self, command, environment, timeout):
        """Whether a command succeeds; what it prints goes to the log."""
        with self.log.open("ab") as log:
            try:
                return subprocess.run(command, cwd=self.root, env={**os.environ, **environment},
                                      stdout=log, stderr=log, timeout=timeout,
                                      check=False).returncode == 0
            except subprocess.TimeoutExpired as error:
                raise BadTable(f"{command[0]} takes more than {timeout} seconds") from error

    def finder(self, fault):
        """The first test that finds the fault; None: none does."""
        path = self.root / fault.file
        good = path.read_text(encoding="utf-8")
        path.write_text(good.replace(fault.old, fault.new), encoding="utf-8")
        try:
            for name in fault.tests:
                if not self.passes(name):
                    return name
            return None
        finally:
            path.write_text(good, encoding="utf-8")

    def stop(self):
        """Ends the Bazel server."""
        subprocess.run([*self.bazel, "shutdown"], cwd=self.root, check=False)


class Results:
    """What found each fault, kept in a file for --resume."""

    def __init__(self, path, resume):
        self.path = path
        self.found = {}
        if resume and path.is_file():
            self.found = json.loads(path.read_text(encoding="utf-8"))

    @staticmethod
    def key(fault):
        return f"{fault.file}: {fault.old} -> {fault.new}"

    def finder(self, fault):
        """The test that an earlier run named, or None."""
        return self.found.get(self.key(fault))

    def add(self, fault, finder):
        self.found[self.key(fault)] = finder
        self.path.write_text(json.dumps(self.found, indent=1), encoding="utf-8")


def page(results):
    """docs/fabric/faults.md. results: [(fault, name of a test)]"""
    rows = []
    for fault, finder in results:
        target = TESTS[finder][0].removeprefix("//") if finder else "nothing"
        rows.append(f"| {fault.name} | `{fault.file}` | `{target}` |\n")
    return HEAD + "".join(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", metavar="TEXT",
                        help="only faults with TEXT in their name, file or tests")
    parser.add_argument("--scratch", default="/tmp/fabric_faults", type=pathlib.Path)
    parser.add_argument("--jobs", default=2, type=int)
    parser.add_argument("--resume", action="store_true", help="continue with an interrupted run")
    parser.add_argument("--write", action="store_true", help=f"renew {PAGE}")
    options = parser.parse_args()
    try:
        return run(options)
    except BadTable as error:
        print(f"{TABLE}: {error}", file=sys.stderr)
        return 2


def run(options):
    """Puts in all faults that the options choose."""
    every = read_table((ROOT / TABLE).read_text(encoding="utf-8"))
    wrong = list(misfits(every, ROOT))
    if wrong:
        raise BadTable("\n".join(wrong))
    faults = [f for f in every
              if any(options.only in text for text in (f.name, f.file, *f.tests))]
    if options.write and len(faults) != len(every):
        raise BadTable("--write needs a run of all faults")
    workshop = Workshop(options.scratch.resolve(), options.jobs)
    known = Results(workshop.root.parent / "results.json", options.resume)
    results = []
    try:
        to_try = [fault for fault in faults if known.finder(fault) is None]
        for name in dict.fromkeys(test for fault in to_try for test in fault.tests):
            if not workshop.passes(name):
                raise BadTable(f"{TESTS[name][0]} fails without a fault; see {workshop.log}")
        for fault in faults:
            start = time.monotonic()
            found_by = known.finder(fault) or workshop.finder(fault)
            results.append((fault, found_by))
            known.add(fault, found_by)
            print(f"{found_by or 'NOT FOUND':14} {time.monotonic() - start:5.0f} s  {fault.name}",
                  flush=True)
    finally:
        workshop.stop()
    missed = [fault.name for fault, finder in results if finder is None]
    if options.write and not missed:
        (ROOT / PAGE).write_text(page(results), encoding="utf-8")
    print(f"{len(results)} faults: {len(results) - len(missed)} found, {len(missed)} not found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
