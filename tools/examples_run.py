#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""examples_run.py SUITE [--toolchain=BIN] [--only=TEXT] [--keep=FOLDER] [--seconds=N]

Holds the toolchain to a checkout of an example suite, of SDK 1.x or 2.10, in four steps: each
commands file is run as it stands; the sources are rewritten to 2.10 (`cslc --fix`) in a copy;
every cslc line of it compiles with --language=2.10 to the bytes of the original, as
examples_migrate.py compares them; each commands file is run again. Prints a line a commands file,
the reason under each that failed, and the sums.

A run is good if its script ends with exit code 0. Commands files whose host script needs what the
runtime lacks report that; they count as not supported. The exit code is 0 if nothing else
failed.
"""
import argparse
import pathlib
import shutil
import sys
import tempfile

import bounded
import examples_compile
import examples_migrate

GOOD, BAD, NOT_YET = "passed", "FAILED", "not yet"


def commands_files(suite, only):
    """The commands files of the suite, in order."""
    return [path for path in sorted(suite.rglob("commands*.sh"))
            if only in str(path.relative_to(suite))]


def run_script(path, toolchain, seconds):
    """(state, last lines) of one commands file, run in its folder."""
    code, text = bounded.run(["bash", path.name], path.parent, toolchain, seconds)
    if code is None:
        return BAD, f"still running after {seconds} s"
    if code == 0:
        return GOOD, ""
    lines = [line for line in text.split("\n") if line.strip()] or ["no output"]
    wrong = [line for line in lines if "rror" in line] or lines
    state = NOT_YET if "not supported yet" in text else BAD
    return state, wrong[-1]


def compile_lines(cslc, suite, path, scratch, more):
    """[files or message] of the cslc lines of one commands file."""
    results = []
    for _, args in examples_compile.cslc_lines(path.read_text(encoding="utf-8")):
        compilation = examples_compile.Compilation(str(path.relative_to(suite)), args, path.parent)
        output = scratch / "out"
        shutil.rmtree(output, ignore_errors=True)
        code, text = examples_migrate.run(
            cslc, examples_migrate.without_output(compilation), more + ["-g0", "-o", str(output)])
        results.append(text if code else examples_migrate.files_of(output))
    return results


def migrate_lines(cslc, suite, path):
    """The messages of --fix for each cslc line; [] if all is well."""
    messages = []
    for _, args in examples_compile.cslc_lines(path.read_text(encoding="utf-8")):
        compilation = examples_compile.Compilation(str(path.relative_to(suite)), args, path.parent)
        code, text = examples_migrate.run(
            cslc, examples_migrate.without_output(compilation), ["--fix"])
        if code:
            messages.append(text)
    return messages


def same_bytes(before, after):
    """State and reason of a comparison."""
    for old, new in zip(before, after):
        if isinstance(new, str):
            return BAD, new.split("\n", maxsplit=1)[0]
        if isinstance(old, str):
            return BAD, "the original does not compile"
        if old != new:
            names = [name for name in old | new if old.get(name) != new.get(name)]
            return BAD, "differs in " + ", ".join(names[:3])
    return GOOD, ""


def hold(suite, toolchain, arguments, scratch):
    """Prints the table; True if nothing failed."""
    cslc = [str(toolchain / "cslc")]
    original = scratch / "original"
    migrated = scratch / "migrated"
    for copy in (original, migrated):
        shutil.copytree(suite, copy, ignore=shutil.ignore_patterns(".git"))
    names = [p.relative_to(suite) for p in commands_files(suite, arguments.only)]
    rows = {name: [run_script(original / name, toolchain, arguments.seconds)] for name in names}
    shutil.rmtree(original)
    shutil.copytree(suite, original, ignore=shutil.ignore_patterns(".git"))
    before = {name: compile_lines(cslc, original, original / name, scratch, []) for name in names}
    for name in names:
        messages = migrate_lines(cslc, migrated, migrated / name)
        rows[name].append((BAD, messages[0].strip().split("\n")[-1]) if messages else (GOOD, ""))
    for name in names:
        after = compile_lines(cslc, migrated, migrated / name, scratch, ["--language=2.10"])
        rows[name].append(same_bytes(before[name], after))
        rows[name].append(run_script(migrated / name, toolchain, arguments.seconds))
    print(f"{'run':8} {'migrate':8} {'bytes':8} {'run':8} commands file")
    for name, row in rows.items():
        print(" ".join(f"{state:8}" for state, _ in row) + f" {name}")
        for _, reason in row:
            if reason:
                print(f"    {reason[:160]}")
    for n, what in enumerate(("runs", "migrations", "comparisons", "runs after them")):
        states = [row[n][0] for row in rows.values()]
        print(f"{len(states)} {what}: {states.count(GOOD)} passed, {states.count(BAD)} failed, "
              f"{states.count(NOT_YET)} not supported yet")
    if arguments.keep:
        shutil.copytree(migrated, arguments.keep)
    return not any(state == BAD for row in rows.values() for state, _ in row)


def main():
    """See the top of the file."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("suite", type=pathlib.Path)
    parser.add_argument("--toolchain", type=pathlib.Path, help="bin folder (default: of cslc)")
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=pathlib.Path, help="where the rewritten copy is left")
    parser.add_argument("--seconds", type=int, default=300, help="limit of one run")
    arguments = parser.parse_args()
    found = shutil.which("cslc")
    toolchain = arguments.toolchain or (found and pathlib.Path(found).parent)
    if not toolchain:
        sys.exit("no cslc on the PATH: give --toolchain=BIN")
    with tempfile.TemporaryDirectory() as scratch:
        well = hold(arguments.suite.resolve(), toolchain.resolve(), arguments,
                    pathlib.Path(scratch))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
