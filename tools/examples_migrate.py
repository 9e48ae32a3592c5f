#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""examples_migrate.py SUITE [--cslc=PROGRAM] [--only=TEXT]

Holds `cslc --fix` to a checkout of an older example suite. In a copy for each program, every cslc
line of its commands files is compiled as it is, all its sources are rewritten, and every line is
compiled again with --language=2.10: to the same bytes, line tables aside. Prints a line for each
that is not, and the counts. The exit code is 0 if all is well.
"""
import argparse
import dataclasses
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

import examples_compile


def run(cslc, compilation, more):
    """One run of cslc; its exit code and what it said."""
    done = subprocess.run(cslc + compilation.args + more, cwd=compilation.folder,
                          capture_output=True, text=True, errors="replace", check=False,
                          timeout=examples_compile.LIMIT_SECONDS)
    return done.returncode, done.stderr


def files_of(folder):
    """{path: bytes} of an artifact."""
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def compile_all(cslc, compilations, scratch, more):
    """{origin: (messages or None, files)}"""
    results = {}
    for compilation in compilations:
        output = scratch / "out"
        shutil.rmtree(output, ignore_errors=True)
        code, text = run(cslc, compilation, more + ["-g0", "-o", str(output)])
        results[compilation.origin] = (text or f"exit code {code}", {}) if code else (
            None, files_of(output))
    return results


def without_output(compilation):
    """The same compilation without -o, which is given for each run."""
    args = examples_compile.with_output(compilation.args, "out")[:-2]
    return examples_compile.Compilation(compilation.origin, args, compilation.folder)


def migrate_program(cslc, compilations, scratch, counts):
    """Compiles, rewrites and compiles the lines of one program; says what is wrong, and counts."""
    before = compile_all(cslc, compilations, scratch, [])
    for compilation in compilations:
        # The language, since what is rewritten for one line may be what another shows its age by.
        code, text = run(cslc, compilation, ["--fix", "--language=1.4"])
        if code:
            print(f"FAILED --fix {compilation.origin}\n{text}", end="")
    after = compile_all(cslc, compilations, scratch, ["--language=2.10"])
    for compilation in compilations:
        failure, files = before[compilation.origin]
        now, files_now = after[compilation.origin]
        counts["before"] += not failure
        counts["after"] += not now
        if failure:
            print(f"FAILED before {compilation.origin}\n{failure}", end="")
        elif now:
            print(f"FAILED after {compilation.origin}\n{now}", end="")
        elif files == files_now:
            counts["same"] += 1
        else:
            differ = [name for name in files | files_now
                      if files.get(name) != files_now.get(name)]
            print(f"DIFFERS {compilation.origin}: {', '.join(differ[:4])}")


def migrate(cslc, suite, copy, scratch, only):
    """Prints what is wrong; True if nothing is. Each program is rewritten in a copy of its own,
    since programs share files."""
    folders = {}
    for compilation in examples_compile.from_commands_files(suite):
        if only in compilation.origin:
            folders.setdefault(compilation.folder, []).append(compilation)
    counts = dict.fromkeys(("before", "after", "same"), 0)
    for folder, compilations in folders.items():
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(suite, copy, ignore=shutil.ignore_patterns(".git"))
        there = copy / folder.relative_to(suite)
        migrate_program(cslc, [without_output(dataclasses.replace(c, folder=there))
                               for c in compilations], scratch, counts)
    total = sum(map(len, folders.values()))
    print(f"{total} compilations: {counts['before']} passed before, {counts['after']} after, "
          f"{counts['same']} to the same bytes")
    return counts["same"] == total


def main():
    """See the top of the file."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("suite", type=pathlib.Path)
    parser.add_argument("--cslc", default="cslc")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        well = migrate(shlex.split(arguments.cslc), arguments.suite.resolve(),
                       pathlib.Path(scratch).resolve() / "suite", pathlib.Path(scratch),
                       arguments.only)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
