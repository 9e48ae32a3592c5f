# SPDX-License-Identifier: Apache-2.0
"""debug_util, dump_core and the core file that stop() leaves, on the simulator and over TCP."""
import pathlib
import re
import sys

import numpy as np
import pytest

from runtime.python.device_fixtures import (
    cmaddr_fixture, folder_fixture, out_fixture, runner_fixture, where_fixture, write_a)

from cerebras.sdk.debug.debug_util import debug_util
from cerebras.sdk.runtime import sdkruntimepybind as sdk
from cerebras.sdk.runtime.sdkruntimepybind import SdkRuntime


def test_symbols_of_the_core_that_stop_left(out, runner, where):
    tensor = np.arange(3 * 4 * 64, dtype=np.float32).reshape(3, 4, 64)
    write_a(runner, tensor, 0, 0, 4, 3, 64)
    runner.stop()
    debug = debug_util(out, cmaddr=where)
    np.testing.assert_array_equal(debug.get_symbol(4 + 2, 1 + 1, "A_array", np.float32),
                                  tensor[1, 2])
    assert debug.get_symbol(4, 1, "A_array", "uint16").size == 128
    rect = debug.get_symbol_rect(((5, 1), (2, 3)), "A_array", np.float32)
    assert rect.shape == (2, 3, 64)
    np.testing.assert_array_equal(rect, tensor[:, 1:3].transpose(1, 0, 2))


def test_what_is_not_in_the_core_is_named(out, runner):
    runner.stop()
    debug = debug_util(str(out))
    with pytest.raises(LookupError, match=r"no variable 'A_arrey'.*did you mean 'A_array'\?"):
        debug.get_symbol(4, 1, "A_arrey", np.float32)
    with pytest.raises(LookupError, match=r"PE \(4, 1\) has no trace buffer 'steps': .* <debug>"):
        debug.read_trace(4, 1, "steps")
    with pytest.raises(LookupError) as caught:
        debug.get_symbol(4, 1, "something_else", np.float32)
    assert "'A_array'" in str(caught.value) and "'." not in str(caught.value)
    with pytest.raises(ValueError, match="column 8, row 1.*columns 4 to 7, rows 1 to 3"):
        debug.get_symbol(8, 1, "A_array", np.float32)
    with pytest.raises(ValueError, match="256 bytes, no multiple of the 3 bytes"):
        debug.get_symbol(4, 1, "A_array", "S3")
    with pytest.raises(ValueError, match="at least 1"):
        debug.get_symbol_rect(((4, 1), (0, 1)), "A_array", np.float32)


def test_dump_core_at_any_time(out, runner, tmp_path):
    write_a(runner, np.full(1, 7, np.uint32), 0, 0, 1, 1, 1)
    runner.dump_core("corefile.cs1")
    write_a(runner, np.full(1, 8, np.uint32), 0, 0, 1, 1, 1)
    runner.stop()
    early = debug_util(out, core_path=tmp_path / "corefile.cs1")
    assert early.get_symbol(4, 1, "A_array", np.uint32)[0] == 7
    assert debug_util(out).get_symbol(4, 1, "A_array", np.uint32)[0] == 8
    assert not list(tmp_path.glob("*.new"))


def test_both_devices_leave_the_same_core(out, cmaddr):
    cores = []
    for where in ("", cmaddr):
        runner = SdkRuntime(out, cmaddr=where)
        runner.load()
        runner.run()
        runner.launch("add", 3, nonblock=True)
        runner.stop()
        cores.append(pathlib.Path("out.core").read_bytes())
    assert cores[0] == cores[1]


def test_where_the_core_goes(out, tmp_path):
    config = sdk.SimfabConfig(dump_core=True, core_path="here.core")
    runner = SdkRuntime(out, sdk.get_platform(config=config))
    runner.load()
    runner.run()
    runner.stop()
    assert (tmp_path / "here.core").exists() and not (tmp_path / "out.core").exists()
    runner = SdkRuntime(out, sdk.get_platform(
        config=sdk.SimfabConfig(dump_core=True, core_path="nowhere/here.core")))
    runner.load()
    runner.run()
    with pytest.raises(RuntimeError, match="cannot write the core file .*nowhere/here.core"):
        runner.stop()


def test_cores_that_cannot_be_read(out, tmp_path):
    with pytest.raises(FileNotFoundError, match="no core file 'out.core'.*stop\\(\\) leaves one"):
        debug_util(out)
    with pytest.raises(FileNotFoundError, match="nope"):
        debug_util("nope")
    (tmp_path / "out.core").write_bytes(b"not one")
    with pytest.raises(RuntimeError, match="'out.core' cannot be used: not a core file"):
        debug_util(out)
    runner = SdkRuntime(out)
    runner.load()
    assert not (tmp_path / "out.core").exists(), "that of an earlier run is removed"
    runner.run()
    runner.stop()
    core = bytearray((tmp_path / "out.core").read_bytes())
    core[8:72] = b"0" * 64
    (tmp_path / "out.core").write_bytes(core)
    with pytest.raises(RuntimeError, match=re.escape(f"of another program than '{out}'")):
        debug_util(out)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
