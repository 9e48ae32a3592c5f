# SPDX-License-Identifier: Apache-2.0
"""cases_determinism_test FILE...: values and cycles depend on the program and its architecture
alone, not on the engine, its threads, what ran before in the same process, or line tables.
"""
import pathlib
import sys

import pytest

from tests.conformance.harness import case_file, case_runner
from tests.harness import toolchain

FILES = [toolchain.runfiles_root() / path for path in sys.argv[1:]]


def compiled(*options):
    programs = [program for file in map(pathlib.Path, FILES) for program in case_file.read(file)]
    return case_runner.Batch(programs, toolchain.scratch_folder("cases"), toolchain.installed(),
                             options)


@pytest.fixture(name="batch", scope="module")
def batch_fixture():
    return compiled()


def results(batch, **how):
    batch.run(**how)
    return {(job.program.name, job.arch): job.result for job in batch.jobs if job.runs()}


@pytest.fixture(name="reference", scope="module")
def reference_fixture(batch):
    return results(batch)


def test_the_reference_took_some_time(reference):
    cycles = [result["cycles"] for result in reference.values() if "cycles" in result]
    assert len(cycles) > 20 and len(set(cycles)) > len(cycles) / 4 and max(cycles) > 400


@pytest.mark.parametrize("how", [{}, {"threads": 2}, {"CS_SIMFAB_ENGINE": "reference"},
                                 {"threads": 2, "CS_SIMFAB_SHARDS": "3"}], ids=str)
def test_same_values_and_cycles(batch, reference, how):
    assert results(batch, **how) == reference


@pytest.mark.parametrize("option", ["-g0", "--max-parallelism=1"])
def test_same_with_other_options(reference, option):
    assert results(compiled(option)) == reference


def test_same_in_the_other_order(batch, reference):
    batch.jobs.reverse()
    assert results(batch) == reference


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "--tb=short", "-p", "no:cacheprovider"]))
