#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""examples_appliance.py SUITE --bin=DIR: runs the appliance scripts of a checkout of the public
example suite, with the sizes of their commands files.

Each compiles in one process and runs in another, on a CS system of the appliance and with
--simulator. DIR is the bin folder of an installation; the appliance is the one that is configured,
else a private one. Ends with "N passed, N failed"; exit code 1 if one failed.
"""
import argparse
import pathlib
import shutil
import sys
import tempfile
import time

import bounded

_STENCIL = ["-m=5", "-n=5", "-k=5", "--latestlink", "out", "--channels=1", "--width-west-buf=0",
            "--width-east-buf=0", "--arch=wse3"]
_SPARSE = ["--num_pe_cols=4", "--num_pe_rows=4", "--latestlink", "out", "--channels=1",
           "--width-west-buf=0", "--width-east-buf=0", "--is_weight_one",
           "--infile_mtx=./data/rmat4.4x4.lb.mtx"]

# Folder below benchmarks/, arguments that compile, arguments that run.
CASES = [
    ("single-tile-matvec", ["compile.appliance.py"],
     ["run.appliance.py", "--name", "latest", "--verify", "--width=2", "--height=2", "--nb=25",
      "--iters=1"]),
    ("7pt-stencil-spmv", ["run.appliance.py", *_STENCIL, "--zDim=5", "--compile-only"],
     ["run.appliance.py", *_STENCIL, "--zDim=5", "--run-only"]),
    ("bandwidth-test", ["run.appliance.py", *_STENCIL, "--compile-only"],
     ["run.appliance.py", *_STENCIL, "--run-only", "--loop_count=1"]),
    ("bandwidth-test", ["run.appliance.py", *_STENCIL, "--compile-only"],
     ["run.appliance.py", *_STENCIL, "--run-only", "--loop_count=1", "--d2h"]),
    ("spmv-hypersparse", ["run.appliance.py", *_SPARSE, "--compile-only"],
     ["run.appliance.py", *_SPARSE, "--run-only"]),
]


def run_case(suite, case, flags, options):
    """Runs a case in a copy of its folder; returns what failed, or ""."""
    name, compiling, running = case
    with tempfile.TemporaryDirectory(prefix="csl-appliance-") as scratch:
        # With its neighbours, whose sources some import.
        shutil.copytree(suite / "benchmarks", pathlib.Path(scratch) / "benchmarks")
        folder = pathlib.Path(scratch) / "benchmarks" / name
        for words in (compiling, running + flags):
            command = [str(options.bin / "cs_python"), *words]
            code, output = bounded.run(command, folder, options.bin, options.timeout)
            if code != 0:
                return output
        # Every one of them that checks its result prints that it passed.
        checks = "SUCCESS" in (folder / running[0]).read_text()
        return output if checks and "SUCCESS" not in output else ""


def main():
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", type=pathlib.Path)
    parser.add_argument("--bin", type=lambda text: pathlib.Path(text).absolute(), required=True)
    parser.add_argument("--only", default="", help="cases whose folder's name has this in it")
    parser.add_argument("--timeout", type=float, default=600, help="seconds a process may take")
    options = parser.parse_args()
    failed = passed = 0
    for case in CASES:
        if options.only not in case[0]:
            continue
        for flags in ([], ["--simulator"]):
            begin = time.monotonic()
            failure = run_case(options.suite, case, flags, options)
            words = [word for word in case[2][1:] if word == "--d2h"] + flags
            print("{} {} {:.1f} s".format("FAILED" if failure else "passed",
                                          " ".join([case[0], *words]), time.monotonic() - begin),
                  flush=True)
            if failure:
                failed += 1
                print(failure)
            else:
                passed += 1
    print("{} passed, {} failed".format(passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
