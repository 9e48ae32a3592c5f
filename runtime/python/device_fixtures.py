# SPDX-License-Identifier: Apache-2.0
"""Fixtures for tests of SdkRuntime, with a program assembled by hand.

The program (runtime/testing/test_program.h): on 4 x 3 PEs, A and B of 64 elements; add(u32) adds to
every element of A, mix(i16, f32) stores its arguments in A, stuck() never unblocks, spin() runs for
ever.
"""
import ctypes
import gc
import pathlib
import re
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).absolute().parent
sys.path.insert(0, str(HERE))
ROOT = HERE.parent.parent

import pytest

from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

COPY = {"streaming": False, "order": MemcpyOrder.ROW_MAJOR,
        "data_type": MemcpyDataType.MEMCPY_32BIT, "nonblock": False}


def end_with_parent():
    """In a child: have the kernel end it when the test does, however that ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


@pytest.fixture(name="out", scope="session")
def out_fixture(tmp_path_factory):
    out = tmp_path_factory.mktemp("program") / "out"
    subprocess.run([ROOT / "runtime/testing/write_test_program", out], check=True)
    return out


@pytest.fixture(name="cmaddr", scope="session")
def cmaddr_fixture():
    with subprocess.Popen([ROOT / "runtime/system/cs-system", "--listen", "127.0.0.1:0"],
                          stdout=subprocess.PIPE, text=True,
                          preexec_fn=end_with_parent) as system:
        line = system.stdout.readline()
        yield re.search(r"127\.0\.0\.1:\d+", line).group(0)
        system.terminate()
        assert system.wait(10) == 0


@pytest.fixture(name="folder", autouse=True)
def folder_fixture(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(name="where", params=["simulator", "system"])
def where_fixture(request, cmaddr):
    """The cmaddr of each kind of device."""
    return cmaddr if request.param == "system" else ""


@pytest.fixture(name="runner")
def runner_fixture(out, where):
    runner = SdkRuntime(out, cmaddr=where)
    runner.load()
    runner.run()
    yield runner
    del runner
    gc.collect()


def write_a(runner, array, x, y, w, h, n, **change):
    return runner.memcpy_h2d(runner.get_id("A"), array, x, y, w, h, n, **{**COPY, **change})


def read_a(runner, array, x, y, w, h, n, **change):
    return runner.memcpy_d2h(array, runner.get_id("A"), x, y, w, h, n, **{**COPY, **change})
