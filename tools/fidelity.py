#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fidelity.py CASES.json --examples DIR [--csl-examples DIR] [--bin DIR] [--only TEXT]

Runs the published cycle counts of CASES.json and prints, as Markdown tables, published, ours and
ratio of each: device time stamps and log lines first, whole runs second, then the cases that did
not run, each with its reason, and the medians of the absolute errors. --only=TEXT takes the cases
whose id contains TEXT.

--examples is a checkout of Cerebras/sdk-examples (2.10), --csl-examples one of
Cerebras/csl-examples (1.4.0); --bin has cslc and cs_python (default: those of the search path).
A program is compiled from the repository that its case names. Where those sources do not compile,
the other repository's of the same program are taken, and the table says 2.10 or 1.4. Everything
happens in copies in scratch folders. Exits 1 if a case whose program was found did not run.

CASES.json has a list `cases` of objects with id, arch, program_repo, program_path, compile, run,
values and source_kind. How their commands are read: tools/fidelity_commands.py.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

from tools import fidelity_commands, fidelity_values  # noqa: E402 (needs the path above)

LIMIT_SECONDS = 600
VERSIONS = {"Cerebras/sdk-examples": "2.10", "Cerebras/csl-examples": "1.4"}
SHARED_SOURCES = "benchmark-libs"  # beside a program, and imported by it


class NotRun(Exception):
    """A case has no result; the message says why."""


@dataclasses.dataclass
class Row:
    """One published number and ours."""
    case: str
    figure: str
    published: float
    ours: float | None  # None: not recorded
    sources: str

    def error(self):
        return abs(self.ours / self.published - 1)


def run(command, folder, path):
    """Standard output of a command, and why it failed, or None."""
    environment = {**os.environ, "PATH": path}
    try:
        done = subprocess.run(command, cwd=folder, env=environment, text=True, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise NotRun(f"{command[0]} took more than {LIMIT_SECONDS} s") from error
    if not done.returncode:
        return done.stdout, None
    lines = [line for line in (done.stdout + done.stderr).splitlines() if "rror" in line]
    return done.stdout, f"{command[0]} failed: {lines[-1].strip() if lines else 'no message'}"


def copy_of(program, scratch):
    """The program's folder and the shared sources beside it, copied; the folder's copy."""
    target = scratch / "suite" / program.name
    shutil.copytree(program, target)
    shared = program.parent / SHARED_SOURCES
    if shared.is_dir():
        shutil.copytree(shared, target.parent / SHARED_SOURCES)
    return target


def rows_of(case, program, script, compilation, execution, path):
    """(figure, published, ours) of one case with the sources in `program`, and a remark."""
    with tempfile.TemporaryDirectory(prefix="fidelity-") as scratch:
        copy = copy_of(program, pathlib.Path(scratch))
        _, failure = run(fidelity_commands.of_folder(compilation, copy, script), copy, path)
        if failure:
            raise NotRun(failure)
        output, failure = run(execution, copy, path)
        try:
            found = list(fidelity_values.rows(case["values"], copy, output))
        except fidelity_values.Missing as error:
            raise NotRun(failure or str(error)) from error
        # What was measured counts, even if the script does not like the numbers computed.
        return found, "; the script's check of results fails" if failure else ""


def run_case(case, cases, checkouts, path):
    """The rows of one case."""
    if not case["source_kind"].startswith("simulator"):
        raise NotRun("measured on hardware")
    folder, script = fidelity_commands.program(case)
    repositories = [name.strip() for name in case["program_repo"].split(",")]
    if not set(repositories) & set(VERSIONS):
        raise NotRun(f"{case['program_repo']} is not among the checkouts")
    arch, compilation, execution = fidelity_commands.commands(case, cases)
    reasons = []
    for name in sorted(checkouts, key=lambda name: name not in repositories):
        if not (checkouts[name] / folder).is_dir():
            reasons.append(f"{VERSIONS[name]}: no folder {folder}")
            continue
        try:
            found, remark = rows_of(case, checkouts[name] / folder, script, compilation,
                                    execution, path)
        except NotRun as error:
            reasons.append(f"{VERSIONS[name]}: {error}")
            continue
        sources = VERSIONS[name] + ("" if arch == case["arch"] else f"; {arch} inferred") + remark
        return [Row(case["id"], figure, published, ours, sources)
                for figure, published, ours in found]
    raise NotRun("; ".join(reasons) or "no checkout has it")


def print_table(title, rows):
    print(f"\n{title}\n\n| case | figure | published | ours | ratio | sources |")
    print("|---|---|---:|---:|---:|---|")
    for row in rows:
        if row.ours is None:
            print(f"| {row.case} | {row.figure} | {row.published:g} | | | not recorded |")
        else:
            print(f"| {row.case} | {row.figure} | {row.published:g} | {row.ours:g} "
                  f"| {row.ours / row.published:.3f} | {row.sources} |")


def print_median(name, rows):
    errors = [row.error() for row in rows if row.ours is not None]
    if errors:
        print(f"{name}: median of the absolute errors {statistics.median(errors):.1%} "
              f"({len(errors)} figures)")


def parsed_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", type=pathlib.Path)
    parser.add_argument("--examples", type=pathlib.Path)
    parser.add_argument("--csl-examples", type=pathlib.Path)
    parser.add_argument("--bin", type=pathlib.Path)
    parser.add_argument("--only", default="")
    return parser.parse_args()


def main():
    args = parsed_arguments()
    checkouts = {name: folder.absolute() for name, folder in (
        ("Cerebras/csl-examples", args.csl_examples),
        ("Cerebras/sdk-examples", args.examples)) if folder}
    path = os.environ.get("PATH", "/usr/bin:/bin")
    if args.bin:
        path = f"{args.bin.absolute()}:{path}"
    cases = json.loads(args.cases.read_text(encoding="utf-8"))["cases"]
    rows, not_run = [], []
    for case in cases:
        if args.only not in case["id"]:
            continue
        try:
            rows += run_case(case, cases, checkouts, path)
        except (NotRun, fidelity_commands.Unreadable) as error:
            not_run.append((case["id"], str(error)))
        print(f"{case['id']}: done", file=sys.stderr)
    whole = [row for row in rows if row.figure in fidelity_values.WHOLE_RUN]
    device = [row for row in rows if row.figure not in fidelity_values.WHOLE_RUN]
    print_table("Device time stamps and log lines", device)
    print_table("Whole runs", whole)
    print("\nNot run\n\n| case | why |\n|---|---|")
    for name, reason in not_run:
        print(f"| {name} | {reason} |")
    print()
    print_median("Device time stamps and log lines", device)
    print_median("Whole runs", whole)
    return 1 if any("failed" in reason or "no folder" in reason for _, reason in not_run) else 0


if __name__ == "__main__":
    sys.exit(main())
