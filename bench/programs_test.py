# SPDX-License-Identifier: Apache-2.0
"""The measured programs compute what they should, in a few rounds."""
import hashlib
import json
import sys

import numpy as np
import pytest

from tests.harness import toolchain

TOOLS = toolchain.installed()


@pytest.mark.parametrize("loop, answer", [
    ("sum_i32", 99500), ("gemv_f32", 90084), ("sort_i16", -98258)])
def test_loops(loop, answer):
    folder = toolchain.copy_program("bench/loops")
    TOOLS.compile(folder, "layout.csl", "--fabric-dims=8,3", "--fabric-offsets=4,1", "--memcpy",
                  "--channels=1")
    command = ["run.py", "--name", "out", "--loop", loop, "--rounds", "3"]
    done = toolchain.succeed(TOOLS.cs_python(folder, *command))
    assert json.loads(done.stdout)["answer"] == answer


def test_many_pes():
    folder = toolchain.copy_program("bench/many_pes")
    TOOLS.compile(folder, "layout.csl", "--params=width:6,height:4", "--fabric-dims=13,6",
                  "--fabric-offsets=4,1", "--memcpy", "--channels=1")
    command = ["run.py", "--name", "out", "--threads", "2", "--steps", "5", "--launches", "2"]
    done = toolchain.succeed(TOOLS.cs_python(folder, *command))
    state = np.arange(24, dtype=np.uint64)
    for _ in range(10):
        state = (state * 1664525 + 1013904223) % 2**32
    digest = hashlib.sha256(state.astype(np.uint32).tobytes()).hexdigest()
    assert json.loads(done.stdout)["digest"] == digest


def compile_layout(name, width, height, arch="wse2"):
    folder = toolchain.copy_program(f"bench/layouts/{name}")
    TOOLS.compile(folder, "layout.csl", f"--arch={arch}",
                  f"--params=width:{width},height:{height}",
                  f"--fabric-dims={width + 7},{height + 2}", "--fabric-offsets=4,1", "--memcpy",
                  "--channels=1")
    return folder


def test_every_pe_knows_its_place():
    folder = compile_layout("own_xy", 7, 6)
    artifact = json.loads((folder / "out/out.json").read_text())
    assert len(artifact["programs"]) + artifact["variants"] == 42
    assert len(artifact["programs"]) < 30
    toolchain.succeed(TOOLS.cs_python(folder, "run.py", "--name", "out"))


@pytest.mark.parametrize("arch", ["wse2", "wse3"])
def test_neighbours_exchange_numbers(arch):
    folder = compile_layout("neighbours", 7, 6, arch)
    artifact = json.loads((folder / "out/out.json").read_text())
    assert len(artifact["programs"]) + artifact["variants"] == 42
    toolchain.succeed(TOOLS.cs_python(folder, "run.py", "--name", "out"))


def test_a_wafer_has_two_programs():
    folder = compile_layout("wafer", 9, 8)
    artifact = json.loads((folder / "out/out.json").read_text())
    assert len(artifact["programs"]) == 2 and "variants" not in artifact


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
