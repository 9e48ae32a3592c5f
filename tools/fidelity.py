#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fidelity.py CASES.json... --examples DIR [--csl-examples DIR] [--spmm DIR]
            [--checkout OWNER/NAME=DIR]... [--bin DIR] [--plain]

Runs the published cycle counts of the files and prints, as Markdown tables, published, ours and
ratio of each: device time stamps and log lines first, whole runs second, then the cases that did
not run, each with its reason, and the medians of the absolute errors: over cases, each with the
median of its figures, and over all figures. --plain adds what programs compiled with --no-optimise
take. --only=TEXT takes the cases whose id contains TEXT.

--examples is a checkout of Cerebras/sdk-examples (2.10), --csl-examples one of
Cerebras/csl-examples (1.4.0), --spmm one of pr0f3ss/SpMM_Cerebras with its history
(tools/fidelity_spmm.py), --checkout one of any other repository; --bin has cslc and cs_python
(default: those of the search path).
A program is compiled from the repository that its case names. Where those sources do not compile,
the other repository's of the same program are taken, and the table says 2.10 or 1.4. Everything
happens in copies in scratch folders. Exits 1 if a case whose program was found did not run.

A file of cases has a list `cases` of objects with id, arch, program_repo, program_path, compile,
run, values and source_kind. How their commands are read: tools/fidelity_commands.py; how their
values: tools/fidelity_values.py. tools/fidelity_cases.json has those of third parties' programs.
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

from tools import (  # noqa: E402 (needs the path above)
    fidelity_commands, fidelity_spmm, fidelity_values)

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
    plain: float | None = None  # ours without the optimiser


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


@dataclasses.dataclass
class Toolchain:
    """Where the programs are, and whether programs also run without the optimiser."""
    path: str
    plain: bool


def found_by(case, copy, compilation, execution, path):
    """(figure, published, ours) of one case whose sources are in `copy`, and a remark."""
    _, failure = run(compilation, copy, path)
    if failure:
        raise NotRun(failure)
    output, failure = run(execution, copy, path)
    try:
        is_spmm = case["program_repo"] == fidelity_spmm.REPOSITORY
        found = list(fidelity_spmm.rows(case["values"], output) if is_spmm else
                     fidelity_values.rows(case["values"], copy, output))
    except (fidelity_values.Missing, ValueError) as error:
        raise NotRun(failure or str(error)) from error
    # What was measured counts, even if the script does not like the numbers computed.
    return found, "; the script's check of results fails" if failure else ""


def rows_of(case, put_sources, commands, tools):
    """Rows of one case; put_sources(scratch) returns the folder with a copy of its sources, and
    commands(folder) the two commands to run in it."""
    results = []
    for options in ([], ["--no-optimise"])[:2 if tools.plain else 1]:
        with tempfile.TemporaryDirectory(prefix="fidelity-") as scratch:
            copy = put_sources(pathlib.Path(scratch))
            compilation, execution = commands(copy)
            results.append(found_by(case, copy, compilation + options, execution, tools.path))
    found, remark = results[0]
    plain = [ours for _, _, ours in results[1][0]] if tools.plain else [None] * len(found)
    return [Row(case["id"], figure, published, ours, remark, other)
            for (figure, published, ours), other in zip(found, plain, strict=True)]


def run_spmm(case, checkout, tools):
    """The rows of a case of SpMM_Cerebras."""
    if checkout is None:
        raise NotRun(f"{case['program_repo']} is not among the checkouts")
    folder = case["program_path"].split()[0]

    def put_sources(scratch):
        fidelity_spmm.put_sources(checkout, folder, scratch)
        return scratch

    try:
        rows = rows_of(case, put_sources, lambda copy: fidelity_spmm.commands(case), tools)
    except fidelity_spmm.Unusable as error:
        raise NotRun(str(error)) from error
    for row in rows:
        row.sources = "0.7, ported" + row.sources
    return rows


def run_case(case, cases, checkouts, tools):
    """The rows of one case."""
    if not case["source_kind"].startswith("simulator"):
        raise NotRun("measured on hardware")
    if case["program_repo"] == fidelity_spmm.REPOSITORY:
        return run_spmm(case, checkouts.get(fidelity_spmm.REPOSITORY), tools)
    folder, script = fidelity_commands.program(case)
    repositories = [name.strip() for name in case["program_repo"].split(",")]
    usable = set(checkouts) & set(repositories)
    if set(repositories) & set(VERSIONS):
        usable |= set(checkouts) & set(VERSIONS)
    if not usable:
        raise NotRun(f"{case['program_repo']} is not among the checkouts")
    arch, compilation, execution = fidelity_commands.commands(case, cases)

    def commands(copy):
        return fidelity_commands.of_folder(compilation, copy, script), execution

    reasons = []
    for name in sorted(usable, key=lambda name: name not in repositories):
        version = VERSIONS.get(name) or case["sdk_version"]
        program = checkouts[name] / folder
        if not program.is_dir():
            reasons.append(f"{version}: no folder {folder}")
            continue
        try:
            rows = rows_of(case, lambda scratch, p=program: copy_of(p, scratch), commands, tools)
        except NotRun as error:
            reasons.append(f"{version}: {error}")
            continue
        inferred = "" if arch == case["arch"] else f"; {arch} inferred"
        for row in rows:
            row.sources = version + inferred + row.sources
        return rows
    raise NotRun("; ".join(reasons) or "no checkout has it")


def print_table(title, rows, plain):
    last = "| sources |", "|---|"
    if plain:
        last = "| not optimised | ratio | sources |", "|---:|---:|---|"
    print(f"\n{title}\n\n| case | figure | published | ours | ratio {last[0]}")
    print(f"|---|---|---:|---:|---:{last[1]}")
    for row in rows:
        line = f"| {row.case} | {row.figure} | {row.published:g} "
        if row.ours is None:
            print(f"{line}| | {'| | ' if plain else ''}| not recorded |")
            continue
        line += f"| {row.ours:g} | {row.ours / row.published:.3f} "
        if plain:
            line += f"| {row.plain:g} | {row.plain / row.published:.3f} "
        print(f"{line}| {row.sources} |")


def medians(errors):
    """Of (case, error) pairs: over cases, each with the median of its errors, and over all."""
    by_case = {}
    for case, error in errors:
        by_case.setdefault(case, []).append(error)
    return (statistics.median(statistics.median(of) for of in by_case.values()), len(by_case),
            statistics.median(error for _, error in errors), len(errors))


def print_medians(name, rows, plain):
    for title, take in (("", lambda row: row.ours), (", not optimised", lambda row: row.plain)):
        errors = [(row.case, abs(take(row) / row.published - 1))
                  for row in rows if row.ours is not None and take(row) is not None]
        if errors and (plain or not title):
            per_case, cases, per_figure, figures = medians(errors)
            print(f"{name}{title}: median of the absolute errors {per_case:.1%} over {cases} "
                  f"cases, {per_figure:.1%} over {figures} figures")


def checkout(text):
    name, separator, folder = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"'{text}' must be OWNER/NAME=DIR")
    return name, pathlib.Path(folder)


def parsed_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", type=pathlib.Path, nargs="+")
    parser.add_argument("--examples", type=pathlib.Path)
    parser.add_argument("--csl-examples", type=pathlib.Path)
    parser.add_argument("--spmm", type=pathlib.Path)
    parser.add_argument("--checkout", type=checkout, action="append", default=[])
    parser.add_argument("--bin", type=pathlib.Path)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--only", default="")
    return parser.parse_args()


def main():
    args = parsed_arguments()
    checkouts = {name: folder.absolute() for name, folder in (
        ("Cerebras/csl-examples", args.csl_examples),
        ("Cerebras/sdk-examples", args.examples),
        (fidelity_spmm.REPOSITORY, args.spmm), *args.checkout) if folder}
    path = os.environ.get("PATH", "/usr/bin:/bin")
    if args.bin:
        path = f"{args.bin.absolute()}:{path}"
    tools = Toolchain(path, args.plain)
    cases = [case for file in args.cases
             for case in json.loads(file.read_text(encoding="utf-8"))["cases"]]
    rows, not_run = [], []
    for case in cases:
        if args.only not in case["id"]:
            continue
        try:
            rows += run_case(case, cases, checkouts, tools)
        except (NotRun, fidelity_commands.Unreadable) as error:
            not_run.append((case["id"], str(error)))
        print(f"{case['id']}: done", file=sys.stderr)
    whole = [row for row in rows if row.figure in fidelity_values.WHOLE_RUN]
    device = [row for row in rows if row.figure not in fidelity_values.WHOLE_RUN]
    print_table("Device time stamps and log lines", device, args.plain)
    print_table("Whole runs", whole, args.plain)
    print("\nNot run\n\n| case | why |\n|---|---|")
    for name, reason in not_run:
        print(f"| {name} | {reason} |")
    print()
    print_medians("Device time stamps and log lines", device, args.plain)
    print_medians("Whole runs", whole, args.plain)
    return 1 if any("failed" in reason or "no folder" in reason for _, reason in not_run) else 0


if __name__ == "__main__":
    sys.exit(main())
