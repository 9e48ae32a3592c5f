# SPDX-License-Identifier: Apache-2.0
"""cerebras.sdk.client.SdkRuntime: a program on an appliance, driven from the client."""
import os
import sys

import numpy as np
import pytest

from tests.e2e import appliance

WIDTH, ROWS, COLS = 4, 6, 10

user_fixture = appliance.user_fixture
artifact_fixture = appliance.artifact_fixture


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def copy(**change):
    from cerebras.appliance.pb.sdk.sdk_common_pb2 import MemcpyDataType, MemcpyOrder
    return {"streaming": False, "data_type": MemcpyDataType.MEMCPY_32BIT,
            "order": MemcpyOrder.ROW_MAJOR, "nonblock": False, **change}


def multiply(runner, nonblock):
    """y = A x + b on the device; returns what it is here and there."""
    rng = np.random.default_rng(2)
    a = rng.standard_normal((WIDTH * ROWS, COLS)).astype(np.float32)
    x = rng.standard_normal(COLS).astype(np.float32)
    b = rng.standard_normal(WIDTH * ROWS).astype(np.float32)
    how = copy(nonblock=nonblock)
    runner.memcpy_h2d(runner.get_id("A"), a.ravel(), 0, 0, WIDTH, 1, ROWS * COLS, **how)
    runner.memcpy_h2d_rowbcast(runner.get_id("x"), x, 0, 0, WIDTH, 1, COLS, **how)
    runner.memcpy_h2d(runner.get_id("y"), b, 0, 0, WIDTH, 1, ROWS, **how)
    runner.launch("multiply", nonblock=nonblock)
    y = np.zeros((WIDTH * ROWS, 1), np.float32)
    task = runner.memcpy_d2h(y, runner.get_id("y"), 0, 0, WIDTH, 1, ROWS, **how)
    return a.astype(np.float64) @ x + b, y, task


@pytest.mark.parametrize("simulator", [True, False])
def test_a_program_is_driven_from_here(artifact, simulator):  # compat 55, 56, 58
    from cerebras.sdk.client import SdkRuntime
    with SdkRuntime(artifact, simulator=simulator) as runner:
        expected, y, task = multiply(runner, nonblock=False)
        np.testing.assert_allclose(y[:, 0], expected, rtol=1e-5, atol=1e-5)
        assert runner.is_task_done(task)
        assert runner.is_simulator() is simulator
        assert runner.coord_logical_to_physical((1, 0)) == (5, 1)
        assert runner.get_symbol("y") == runner.get_id("y")
        runner.call("multiply", [], nonblock=False)
        assert runner.download_artifact("out/out.json", "got.json") == "got.json"
    assert os.path.exists("out.core") is simulator
    with pytest.raises(RuntimeError, match=r"after stop\(\)"):
        runner.launch("multiply", nonblock=False)
    with pytest.raises(RuntimeError, match=r"after stop\(\)"):
        runner.stop()


def test_nonblocking_copies_are_there_after_a_wait_or_stop(artifact):  # compat 57
    from cerebras.sdk.client import SdkRuntime
    runner = SdkRuntime(artifact, simulator=True)
    with pytest.raises(RuntimeError, match=r"get_id\(\) before start\(\)"):
        runner.get_id("y")
    with pytest.raises(RuntimeError, match=r"memcpy_h2d\(\) before start\(\)"):
        runner.memcpy_h2d(0, np.zeros(4, np.float32), 0, 0, 4, 1, 1, **copy())
    with pytest.raises(RuntimeError, match=r"memcpy_d2h\(\) before start\(\)"):
        runner.memcpy_d2h(np.zeros(4, np.float32), 0, 0, 0, 4, 1, 1, **copy())
    runner.start()
    expected, y, task = multiply(runner, nonblock=True)
    assert not y.any()
    runner.task_wait(task)
    np.testing.assert_allclose(y[:, 0], expected, rtol=1e-5, atol=1e-5)
    again = np.zeros(WIDTH * ROWS, np.float32)
    runner.memcpy_d2h(again, runner.get_id("y"), 0, 0, WIDTH, 1, ROWS, **copy(nonblock=True))
    large = np.zeros(WIDTH * ROWS * COLS, np.float32)
    tasks = [runner.memcpy_d2h(large, runner.get_id("A"), 0, 0, WIDTH, 1, ROWS * COLS,
                               **copy(nonblock=True)) for _ in range(3)]
    while not runner.is_task_done(tasks[1]):
        pass
    assert large.any()
    runner.stop()
    np.testing.assert_array_equal(again, y[:, 0])


def test_debug_util_reads_the_core_of_the_run(artifact):
    from cerebras.sdk.client import SdkRuntime
    from cerebras.sdk.client.debug_util import debug_util
    with SdkRuntime(artifact, simulator=True) as runner:
        _, y, _ = multiply(runner, nonblock=False)
    debug = debug_util(artifact)
    found = debug.get_symbol(4 + 2, 1, "y", np.float32)
    np.testing.assert_array_equal(found[:ROWS], y[2 * ROWS:3 * ROWS, 0])
    with pytest.raises(FileNotFoundError, match="gone.core"):
        debug_util(artifact, core_path="gone.core")
    with pytest.raises(FileNotFoundError, match="artifact = 'gone.tar.gz': there is no such file"):
        debug_util("gone.tar.gz")


@pytest.mark.parametrize("simulator", [True, False])
def test_cores_are_written_here_while_the_program_runs(artifact, simulator):
    from cerebras.sdk.client import SdkRuntime
    from cerebras.sdk.client.debug_util import debug_util
    with SdkRuntime(artifact, simulator=simulator) as runner:
        _, y, _ = multiply(runner, nonblock=False)
        runner.dump_core("mine.core")
        runner.dump_elf_core("mine.elf")
    found = debug_util(artifact, core_path="mine.core").get_symbol(4, 1, "y", np.float32)
    np.testing.assert_array_equal(found[:ROWS], y[:ROWS, 0])
    with open("mine.elf", "rb") as elf:
        assert elf.read(4) == b"\x7fELF"


def test_what_is_wrong_is_named(artifact):
    from cerebras.appliance import errors
    from cerebras.sdk.client import SdkRuntime
    with SdkRuntime(artifact, simulator=True) as runner:
        a = runner.get_id("A")
        words = np.zeros(4, np.float32)
        for error, text, call in [
                (LookupError, "did you mean 'multiply'", lambda: runner.get_id("multipl")),
                (TypeError, "'order' is missing",
                 lambda: runner.memcpy_h2d(a, words, 0, 0, 4, 1, 1, streaming=False, nonblock=False,
                                           data_type=copy()["data_type"])),
                (TypeError, "unknown keyword argument 'ordr'",
                 lambda: runner.memcpy_h2d(a, words, 0, 0, 4, 1, 1, **copy(ordr=1))),
                (TypeError, "float64; expected integers or floats of 4 bytes",
                 lambda: runner.memcpy_h2d(a, np.zeros(4), 0, 0, 4, 1, 1, **copy())),
                (ValueError, "C order",
                 lambda: runner.memcpy_d2h(np.zeros((4, 2), np.float32).T, a, 0, 0, 4, 1, 1,
                                           **copy())),
                (ValueError, "px = 4: the program's rectangle has 4 columns",
                 lambda: runner.memcpy_h2d(a, words, 4, 0, 1, 1, 4, **copy())),
                (TypeError, "1 argument given", lambda: runner.launch("multiply", 1,
                                                                      nonblock=False)),
                (TypeError, "'nonblock' is missing", lambda: runner.launch("multiply")),
                (TypeError, "expected a Task", lambda: runner.task_wait(3)),
        ]:
            with pytest.raises(error, match=text) as caught:
                call()
            assert isinstance(caught.value, errors.SdkError)
        multiply(runner, nonblock=False)  # the run continues


def test_a_session_that_ends_is_an_error_of_its_own(user, artifact):
    from cerebras.appliance import errors
    from cerebras.sdk.client import SdkRuntime
    runner = SdkRuntime(artifact, simulator=True)
    runner.start()
    job = runner._launcher.job_id  # pylint: disable=protected-access
    assert user.csctl("cancel", "job", job).returncode == 0
    with pytest.raises(errors.ClusterJobCancelledByCsctl):
        for _ in range(1000):
            runner.get_id("A")


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
