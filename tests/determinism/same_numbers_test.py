# SPDX-License-Identifier: Apache-2.0
"""Results, poll counts, cycles and statistics depend on the program and its commands alone: not on
threads, shards, the engine, the kind of device, or how long the host takes between its calls.
"""
import json
import sys

import pytest

from tests.harness import toolchain

TOOLS = toolchain.installed()
# What a run took in real time, and with how many threads.
WALL_TIMES = {"sim_time", "total_time", "cycles_per_second", "tile_cycles_per_second", "threads"}
ARCHITECTURES = ["wse2", "wse3"]


@pytest.fixture(name="folders", scope="module")
def folders_fixture():
    folders = {}
    for arch in ARCHITECTURES:
        folders[arch] = toolchain.copy_program("tests/determinism/uneven_work")
        TOOLS.compile(folders[arch], "layout.csl", f"--arch={arch}", "--params=width:7,height:5",
                      "--fabric-dims=14,7", "--fabric-offsets=4,1", "--memcpy", "--channels=1")
    return folders


def run(folder, *args, **env):
    """(what the host script saw, the statistics that the run left)."""
    stats = folder / "sim_stats.json"
    stats.unlink(missing_ok=True)
    done = toolchain.succeed(TOOLS.cs_python(folder, "run.py", "--name", "out", *args, **env))
    numbers = json.loads(stats.read_text())
    return json.loads(done.stdout), {k: v for k, v in numbers.items() if k not in WALL_TIMES}


@pytest.fixture(name="reference", scope="module")
def reference_fixture(folders):
    """One thread, one shard."""
    return {arch: run(folders[arch], "--threads", "1", CS_SIMFAB_SHARDS="1")
            for arch in ARCHITECTURES}


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_the_reference_did_some_work(reference, arch):
    seen, stats = reference[arch]
    assert len(set(map(str, seen))) == len(seen), "each step left other results"
    assert stats["cycle_count"] > 10_000 and 0 <= stats["idle_ce_cycles"] < stats["cycle_count"]
    polls = [item for item in seen if isinstance(item, int)]
    assert min(polls) > 0 and len(polls) == 2


def test_the_architectures_differ_in_cycles_alone(reference):
    (seen2, stats2), (seen3, stats3) = reference["wse2"], reference["wse3"]
    assert [s for s in seen2 if isinstance(s, str)] == [s for s in seen3 if isinstance(s, str)]
    assert stats2["cycle_count"] != stats3["cycle_count"]


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("threads", [1, 2, 4, 8])
def test_any_number_of_threads(folders, reference, arch, threads):
    assert run(folders[arch], "--threads", str(threads)) == reference[arch]


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("threads, shards", [(1, 7), (2, 2), (2, 5), (4, 3), (8, 64)])
def test_any_number_of_shards_apart_from_threads(folders, reference, arch, threads, shards):
    args = ["--threads", str(threads)]
    assert run(folders[arch], *args, CS_SIMFAB_SHARDS=str(shards)) == reference[arch]


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_the_plain_engine(folders, reference, arch):
    assert run(folders[arch], CS_SIMFAB_ENGINE="reference") == reference[arch]


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_host_that_pauses_between_its_calls(folders, reference, arch, seed):
    assert run(folders[arch], "--sleep", str(seed)) == reference[arch]


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_system_over_tcp_even_with_pauses(folders, reference, arch):
    with TOOLS.system(folders[arch]) as address:
        assert run(folders[arch], "--cmaddr", address) == reference[arch]
        assert run(folders[arch], "--cmaddr", address, "--sleep", "3") == reference[arch]


def test_an_engine_that_is_not_there_is_an_error(folders):
    done = TOOLS.cs_python(folders["wse3"], "run.py", "--name", "out", CS_SIMFAB_ENGINE="steam")
    assert done.returncode != 0 and "steam" in done.stderr


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
