#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""examples_migrate.py SUITE [--cslc=PROGRAM] [--only=TEXT] [--keep=FOLDER]

Holds `cslc --fix` to a checkout of an older example suite. In a copy of it, every cslc line of the
commands files is compiled as it is, all sources are rewritten, and every line is compiled again
with --language=2.10: to the same bytes, line tables aside, and but for input queues that --fix
binds in a file for PEs that never read from them. Prints a line for each that is not, and
the counts. The exit code is 0 if all is well. --keep=FOLDER leaves the rewritten copy there.
"""
import argparse
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


def config_and_code(cslc, compilation, more):
    """What `--dump` shows of the programs, without the input queues: [lines of config], asm."""
    dumps = []
    for stage in ("config", "asm"):
        done = subprocess.run(cslc + compilation.args + more + [f"--dump={stage}"],
                              cwd=compilation.folder, capture_output=True, text=True,
                              errors="replace", check=False,
                              timeout=examples_compile.LIMIT_SECONDS)
        dumps.append(done.stdout.split("\n"))
    queues = [line for line in dumps[0] if line.startswith("input_queue ")]
    return [line for line in dumps[0] if line not in queues], dumps[1], len(queues)


def binds_more_queues(before, after):
    """Whether two results of config_and_code differ in queues that only the second binds: where
    --fix binds a queue for every PE of a file, also for those that never read from it."""
    return before[:2] == after[:2] and before[2] < after[2]


def without_output(compilation):
    """The same compilation without -o, which is given for each run."""
    args = examples_compile.with_output(compilation.args, "out")[:-2]
    return examples_compile.Compilation(compilation.origin, args, compilation.folder)


def migrate(cslc, suite, scratch, only):
    """Prints what is wrong; True if nothing is."""
    compilations = [without_output(c) for c in examples_compile.from_commands_files(suite)
                    if only in c.origin]
    before = compile_all(cslc, compilations, scratch, [])
    dumps = {c.origin: config_and_code(cslc, c, []) for c in compilations}
    for compilation in compilations:
        code, text = run(cslc, compilation, ["--fix"])
        if code:
            print(f"FAILED --fix {compilation.origin}\n{text}", end="")
    after = compile_all(cslc, compilations, scratch, ["--language=2.10"])
    same = 0
    more_queues = 0
    for compilation in compilations:
        failure, files = before[compilation.origin]
        now, files_now = after[compilation.origin]
        if failure:
            print(f"FAILED before {compilation.origin}\n{failure}", end="")
        elif now:
            print(f"FAILED after {compilation.origin}\n{now}", end="")
        elif files == files_now:
            same += 1
        elif binds_more_queues(dumps[compilation.origin],
                               config_and_code(cslc, compilation, ["--language=2.10"])):
            more_queues += 1
        else:
            differ = [name for name in files | files_now
                      if files.get(name) != files_now.get(name)]
            print(f"DIFFERS {compilation.origin}: {', '.join(differ[:4])}")
    print(f"{len(compilations)} compilations: "
          f"{sum(not failure for failure, _ in before.values())} passed before, "
          f"{sum(not failure for failure, _ in after.values())} after, {same} to the same bytes, "
          f"{more_queues} but for queues that are bound on PEs that never read them")
    return same + more_queues == len(compilations)


def main():
    """See the top of the file."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("suite", type=pathlib.Path)
    parser.add_argument("--cslc", default="cslc")
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        copy = arguments.keep or pathlib.Path(scratch) / "suite"
        shutil.copytree(arguments.suite, copy, ignore=shutil.ignore_patterns(".git"))
        well = migrate(shlex.split(arguments.cslc), copy.resolve(), pathlib.Path(scratch),
                       arguments.only)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
