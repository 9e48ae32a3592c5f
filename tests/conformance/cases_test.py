# SPDX-License-Identifier: Apache-2.0
"""cases_test FILE...: the programs of case files do what their comments say, on both architectures.

By hand, for one file: `bazel run //tests/conformance:run_cases -- $PWD/FILE`.
"""
import functools
import pathlib
import sys

import pytest

from tests.conformance.harness import case_file, case_runner
from tests.harness import toolchain

FILES = [path if path.is_absolute() else toolchain.runfiles_root() / path
         for path in map(pathlib.Path, sys.argv[1:])]
PROGRAMS = [program for file in FILES for program in case_file.read(file)]
IDS = [(program.name, arch) for program in PROGRAMS for arch in program.architectures()]


@functools.cache
def jobs():
    batch = case_runner.Batch(PROGRAMS, toolchain.scratch_folder("cases"), toolchain.installed())
    batch.run()
    return {(job.program.name, job.arch): job for job in batch.jobs}


def test_there_are_programs_with_names_of_their_own():
    assert IDS and len(set(IDS)) == len(IDS)


@pytest.mark.parametrize("name, arch", IDS)
def test_program(name, arch):
    found = case_runner.findings(jobs()[name, arch])
    if found:
        pytest.fail("\n".join(found), pytrace=False)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "--tb=short", "-p", "no:cacheprovider"]))
