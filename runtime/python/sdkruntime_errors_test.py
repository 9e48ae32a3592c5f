# SPDX-License-Identifier: Apache-2.0
"""SdkRuntime from Python, on the simulator and over TCP: what it refuses, and in which words."""
import gc
import re
import sys

import numpy as np
import pytest

from runtime.python.device_fixtures import (
    COPY, cmaddr_fixture, folder_fixture, out_fixture, read_a, runner_fixture, where_fixture,
    write_a)

from cerebras.sdk.runtime import sdkruntimepybind as sdk
from cerebras.sdk.runtime.sdkruntimepybind import SdkRuntime


@pytest.mark.parametrize("change, error, text", [
    ({"cmaddr": "nowhere"}, ValueError, "nowhere"),
    ({"cmaddr": 9000}, TypeError, "9000"),
    ({"simfab_numthreads": 65}, ValueError, r"simfab_numthreads = 65: must be 1\.\.64"),
    ({"simfab_numthreads": 0}, ValueError, "= 0"),
    ({"msg_level": "LOUD"}, ValueError, "LOUD"),
    ({"platform": "127.0.0.1:1"}, TypeError, "SdkExecutionPlatform"),
    ({"colour": 1}, TypeError,
     r"SdkRuntime\(\): unknown keyword argument 'colour'; it takes 'bindir', 'cmaddr'"),
    ({"cmadr": ""}, TypeError, "unknown keyword argument 'cmadr'; did you mean 'cmaddr'"),
    ({"suppress_simfab_trace": 1}, TypeError,
     "suppress_simfab_trace = 1: must be True or False, not int"),
    ({"bindir": "x"}, TypeError, "'bindir' is given twice"),
])
def test_constructor_errors(out, change, error, text):
    with pytest.raises(error, match=text):
        SdkRuntime(out, **change)


@pytest.mark.parametrize("make", [
    lambda target: sdk.get_platform(target=target), lambda target: sdk.get_simulator(target=target),
    lambda target: sdk.get_system("127.0.0.1:1", target=target)])
def test_a_platform_of_another_architecture_is_refused(out, make):
    with pytest.raises(ValueError, match=re.escape(
            f"platform: its target is SdkTarget.WSE3, but the program in '{out}' was compiled for "
            "SdkTarget.WSE2 (--arch=wse2)")) as info:
        SdkRuntime(out, make(sdk.SdkTarget.WSE3))
    assert isinstance(info.value, sdk.SdkError)
    for target in (None, sdk.SdkTarget.WSE2):
        assert SdkRuntime(out, make(target)).get_id("A") == 0


def test_a_missing_program_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path / "nope"))) as info:
        SdkRuntime(tmp_path / "nope")
    assert isinstance(info.value, RuntimeError)
    with pytest.raises(FileNotFoundError, match="out.json is missing"):
        SdkRuntime(str(tmp_path))
    with pytest.raises(TypeError, match="bindir = 7"):
        SdkRuntime(7)


def test_a_bad_environment_variable_is_named(out, monkeypatch):
    monkeypatch.setenv("CS_SIMFAB_ENGINE", "warp")
    with pytest.raises(ValueError, match="CS_SIMFAB_ENGINE=warp"):
        SdkRuntime(out)


@pytest.mark.parametrize("missing", ["streaming", "order", "data_type", "nonblock"])
def test_copies_need_all_keywords(runner, missing):
    keywords = {name: value for name, value in COPY.items() if name != missing}
    for call in (lambda: runner.memcpy_h2d(0, np.zeros(1, np.int32), 0, 0, 1, 1, 1, **keywords),
                 lambda: runner.memcpy_d2h(np.zeros(1, np.int32), 0, 0, 0, 1, 1, 1, **keywords)):
        with pytest.raises(TypeError, match=missing):
            call()


@pytest.mark.parametrize("array, error, text", [
    (np.zeros(4, np.int16), TypeError, "2 bytes.*int16"),
    (np.zeros(4, np.float64), TypeError, "8 bytes.*float64"),
    (np.zeros(4, "S4"), TypeError, "S4"),
    (np.zeros(4, ">f4"), TypeError, "byte order"),
    ([1, 2, 3, 4], TypeError, "NumPy array.*list"),
    (np.zeros(3, np.int32), ValueError, r"3 elements.*1 \* 1 \* 4 = 4"),
])
def test_arrays_are_checked(runner, array, error, text):
    with pytest.raises(error, match=text):
        write_a(runner, array, 0, 0, 1, 1, 4)
    with pytest.raises(error, match=text):
        read_a(runner, array, 0, 0, 1, 1, 4)


def test_targets_must_be_writable_and_in_c_order(runner):
    frozen = np.zeros(4, np.int32)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="dest.*read-only"):
        read_a(runner, frozen, 0, 0, 1, 1, 4)
    with pytest.raises(ValueError, match="C order"):
        read_a(runner, np.zeros((4, 2), np.int32).T, 0, 0, 1, 1, 8)


@pytest.mark.parametrize("region, text", [
    ((4, 0, 1, 1), "px = 4: the program's rectangle has 4 columns; must be 0..3"),
    ((0, -1, 1, 1), "py = -1"),
    ((2, 0, 3, 1), "w = 3: .*4 columns.*px = 2"),
    ((0, 0, 1, 4), "h = 4: .*3 rows"),
])
def test_regions_are_checked(runner, region, text):
    with pytest.raises(ValueError, match=text):
        write_a(runner, np.zeros(16, np.int32), *region, 1)


def test_other_copy_errors(runner):
    with pytest.raises(ValueError, match="elem_per_pe = 0"):
        write_a(runner, np.zeros(1, np.int32), 0, 0, 1, 1, 0)
    with pytest.raises(TypeError, match="w = 1.0: must be an int"):
        write_a(runner, np.zeros(1, np.int32), 0, 0, 1.0, 1, 1)
    with pytest.raises(TypeError, match="order = .*MemcpyOrder"):
        write_a(runner, np.zeros(1, np.int32), 0, 0, 1, 1, 1, order=1)
    with pytest.raises(ValueError, match="dest = 24: with streaming=True it is a color, 0..23"):
        runner.memcpy_h2d(24, np.zeros(1, np.int32), 0, 0, 1, 1, 1, **{**COPY, "streaming": True})
    with pytest.raises(ValueError, match=r"memcpy_h2d_colbcast.*w \* elem_per_pe = 2 \* 3 = 6"):
        runner.memcpy_h2d_colbcast(runner.get_id("A"), np.zeros(5, np.int32), 0, 0, 2, 2, 3, **COPY)
    with pytest.raises(ValueError, match="row_stride = 0"):
        runner.memcpy_h2d_stride(runner.get_id("A"), np.zeros(5, np.int32), 0, 0, 2, 2, 3, 0, 1,
                                 **COPY)
    with pytest.raises(LookupError, match="id 77"):
        runner.memcpy_h2d(77, np.zeros(1, np.int32), 0, 0, 1, 1, 1, **COPY)
    with pytest.raises(ValueError, match="'add' is a function"):
        runner.memcpy_h2d(runner.get_id("add"), np.zeros(1, np.int32), 0, 0, 1, 1, 1, **COPY)
    with pytest.raises(ValueError, match="'B' is exported as immutable"):
        runner.memcpy_h2d(runner.get_id("B"), np.zeros(1, np.int32), 0, 0, 1, 1, 1, **COPY)


@pytest.mark.parametrize("arguments, error, text", [
    (("add",), TypeError, "0 arguments given"),
    (("add", 1, 2), TypeError, "2 arguments given"),
    (("add", np.int32(1)), TypeError, r"'value: u32'.*numpy.int32\(1\).*numpy.uint32"),
    (("add", -1), ValueError, r"= -1: u32 holds 0\.\.4294967295"),
    (("add", 1 << 70), ValueError, "u32 holds"),
    (("add", True), TypeError, "True"),
    (("add", 1.0), TypeError, "1.0"),
    (("mix", np.int16(1), np.int16(1)), TypeError, "argument 2 .*x: f32"),
    (("mix", 40000, 1.0), ValueError, "40000: i16 holds"),
    (("mix", 1, "x"), TypeError, "'x'"),
    (("A",), TypeError, "only functions"),
    (("nope",), LookupError, "nope"),
    ((3,), TypeError, "symbol = 3"),
])
def test_launch_errors(runner, arguments, error, text):
    with pytest.raises(error, match=text):
        runner.launch(*arguments, nonblock=False)


def test_launch_and_call_keywords(runner):
    with pytest.raises(TypeError, match="nonblock"):
        runner.launch("add", 1)
    with pytest.raises(TypeError, match="colour"):
        runner.launch("add", 1, nonblock=True, colour=2)
    with pytest.raises(TypeError, match="nonblock"):
        runner.call("add", [1])
    with pytest.raises(TypeError, match="2 words"):
        runner.call("add", [1, 2], nonblock=True)
    with pytest.raises(ValueError, match=r"params\[0\] = -1"):
        runner.call("add", [-1], nonblock=True)
    with pytest.raises(TypeError, match="list of 32-bit words"):
        runner.call("add", 5, nonblock=True)


def test_calls_out_of_order(out, where):
    runner = SdkRuntime(out, cmaddr=where)
    with pytest.raises(RuntimeError, match="before load"):
        runner.launch("add", 1, nonblock=True)
    with pytest.raises(RuntimeError, match="before load"):
        runner.run()
    runner.load()
    runner.load()
    with pytest.raises(RuntimeError, match="before run"):
        write_a(runner, np.zeros(1, np.int32), 0, 0, 1, 1, 1)
    runner.run()
    runner.stop()
    for call in (runner.stop, runner.run, runner.load,
                 lambda: runner.launch("add", 1, nonblock=True)):
        with pytest.raises(RuntimeError, match="after stop"):
            call()


def test_a_task_of_another_runtime(out, runner):
    other = SdkRuntime(out)
    other.load()
    other.run()
    task = other.launch("add", 1, nonblock=True)
    with pytest.raises(TypeError, match="another"):
        runner.task_wait(task)
    with pytest.raises(TypeError):
        runner.is_task_done(3)


def test_a_program_that_never_unblocks(runner):
    with pytest.raises(RuntimeError, match="stuck") as info:
        runner.launch("stuck", nonblock=False)
    first = str(info.value)
    with pytest.raises(RuntimeError, match=re.escape(first)):
        runner.launch("add", 1, nonblock=False)
    with pytest.raises(RuntimeError):
        runner.stop()


def test_a_second_client_is_refused(out, cmaddr):
    first = SdkRuntime(out, cmaddr=cmaddr)
    first.load()
    second = SdkRuntime(out, cmaddr=cmaddr)
    with pytest.raises(ConnectionError, match="in use") as info:
        second.load()
    assert isinstance(info.value, RuntimeError) and cmaddr in str(info.value)
    del first
    gc.collect()
    second.load()


def test_nobody_listens(out):
    with pytest.raises(RuntimeError, match="127.0.0.1:1"):
        SdkRuntime(out, cmaddr="127.0.0.1:1").load()


def test_a_core_file_that_cannot_be_written_says_why(runner):
    for dump in (runner.dump_core, runner.dump_elf_core):
        with pytest.raises(RuntimeError, match="write the core file 'nowhere/x': No such file"):
            dump("nowhere/x")


def test_coordinates_outside_of_the_rectangle_are_named(out):
    with pytest.raises(ValueError, match=r"^logical_coords = \(4, 3\): .* 4 columns and 3 rows"):
        SdkRuntime(out).coord_logical_to_physical((4, 3))


def test_what_is_not_supported_is_reported(out):
    runner = SdkRuntime(out)
    with pytest.raises(NotImplementedError, match="not supported yet: SdkLayout of a fabric file"):
        sdk.SdkLayout("fabric.json")
    for call in (runner.dump_core, runner.dump_elf_core):
        with pytest.raises(RuntimeError, match=r"core\(\) before load"):
            call("x.core")


@pytest.mark.parametrize("call, text", [
    (lambda r: r.get_id(), r"get_id\(\): the argument 'symbol' is missing"),
    (lambda r: r.get_id("A", "B"), r"get_id\(\): 2 positional arguments given, at most 1"),
    (lambda r: r.get_id("A", symbol="A"), "'symbol' is given twice"),
    (lambda r: r.get_id(symbl="A"), "unknown keyword argument 'symbl'; did you mean 'symbol'"),
    (lambda r: r.load(1), r"load\(\): 1 positional arguments given, at most 0"),
    (lambda r: r.memcpy_h2d(0, np.zeros(1, np.int32), 0, 0, 1, 1, **COPY),
     r"memcpy_h2d\(\): the argument 'elem_per_pe' is missing"),
    (lambda r: r.memcpy_h2d(0, np.zeros(1, np.int32), 0, 0, 1, 1, 1, True, **COPY),
     "8 positional arguments given, at most 7"),
    (lambda r: r.memcpy_h2d(0, np.zeros(1, np.int32), 0, 0, 1, 1, 1, nonblok=True, **COPY),
     "'nonblok'; did you mean 'nonblock'"),
    (lambda r: r.is_task_done(), "'task_handle' is missing"),
    (lambda r: r.read_symbol(4, 1, "A_array", "nope"), "dtype = 'nope'"),
    (lambda r: r.read_symbol(4, 1, "A_array", object), "dtype = .*not of objects"),
    (lambda r: sdk.SimfabConfig(threads=2), r"SimfabConfig\(\): .*'threads'.*'num_threads'"),
    (lambda r: sdk.get_system(), r"get_system\(\): the argument 'cmaddr' is missing"),
    (lambda r: sdk.get_platform(confg=None), "'confg'; did you mean 'config'"),
    (lambda r: sdk.SdkCompileArtifacts(), "'artifacts_path' is missing"),
])
def test_arguments_that_do_not_fit_are_named(out, call, text):
    with pytest.raises(TypeError, match=text) as info:
        call(SdkRuntime(out))
    assert isinstance(info.value, sdk.SdkError)


def test_a_copy_longer_than_its_array(out, where, monkeypatch, capfd):
    words = np.zeros(130, np.float32)
    runner = SdkRuntime(out, cmaddr=where)
    runner.load()
    runner.run()
    for _ in range(2):
        write_a(runner, words, 1, 0, 1, 1, 130)
    runner.stop()
    warning = "copy to 'A' overwrites 'B_array' on P5.1: it is 520 bytes long, 'A_array' has 256"
    assert capfd.readouterr().err.count(warning) == 1
    del runner
    gc.collect()
    monkeypatch.setenv("CS_STRICT", "1")
    runner = SdkRuntime(out, cmaddr=where)
    runner.load()
    runner.run()
    with pytest.raises(ValueError, match=re.escape(warning)):
        write_a(runner, words, 1, 0, 1, 1, 130)
    write_a(runner, words[:64], 1, 0, 1, 1, 64)
    runner.stop()
    del runner
    gc.collect()
    monkeypatch.setenv("CS_STRICT", "yes")
    with pytest.raises(ValueError, match=r"CS_STRICT=yes: must be 0\.\.1"):
        SdkRuntime(out)


def test_target_and_symbol_the_wrong_way_round_are_named(runner):
    words = np.zeros(4, np.float32)
    symbol = runner.get_id("A")
    with pytest.raises(sdk.SdkTypeError, match=r"src = array\(.*: must be an int, not numpy"):
        runner.memcpy_d2h(symbol, words, 0, 0, 1, 1, 4, **COPY)
    with pytest.raises(sdk.SdkTypeError, match=r"dest = array\(.*: must be an int, not numpy"):
        runner.memcpy_h2d(words, symbol, 0, 0, 1, 1, 4, **COPY)
    with pytest.raises(sdk.SdkTypeError, match=r"px = 0\.0: must be an int, not float"):
        runner.memcpy_h2d(symbol, words, 0.0, 0, 1, 1, 4, **COPY)


def test_a_program_without_ports_is_reported(out):
    runner = SdkRuntime(out)
    with pytest.raises(LookupError, match="port 'x': the program has no ports"):
        runner.get_port_id("x")
    with pytest.raises(LookupError, match="port 'x': the program has no ports"):
        runner.send("x", np.zeros(4, np.uint32), nonblock=True)
    with pytest.raises(LookupError, match="port 'x': the program has no ports"):
        runner.receive_tofile("x", "x.bin", nonblock=True)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
