# SPDX-License-Identifier: Apache-2.0
"""SdkRuntime from Python, on the simulator and over TCP: what it does."""
import gc
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from runtime.python.device_fixtures import (
    COPY, HERE, cmaddr_fixture, folder_fixture, out_fixture, read_a, runner_fixture, where_fixture,
    write_a)

from cerebras.appliance.pb.sdk import sdk_common_pb2
from cerebras.sdk import sdk_utils
from cerebras.sdk.runtime import sdkruntimepybind as sdk
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime


def stats():
    """sim_stats.json, but for what depends on the machine."""
    found = json.loads(pathlib.Path("sim_stats.json").read_text())
    for name in ("threads", "sim_time", "total_time", "cycles_per_second",
                 "tile_cycles_per_second"):
        del found[name]
    return found


def test_copies_in_both_orders_and_widths(runner):
    tensor = np.arange(3 * 4 * 5, dtype=np.float32).reshape(3, 4, 5)
    write_a(runner, tensor, 0, 0, 4, 3, 5)
    flat = np.zeros(60, np.float32)
    read_a(runner, flat, 0, 0, 4, 3, 5)
    np.testing.assert_array_equal(flat.reshape(3, 4, 5), tensor)
    read_a(runner, flat, 0, 0, 4, 3, 5, order=MemcpyOrder.COL_MAJOR)
    np.testing.assert_array_equal(flat.reshape((3, 4, 5), order="F"), tensor)
    # The low halves of the first two words of PE (1, 1).
    halves = np.full(4, 0xDEAD0000, np.uint32)
    read_a(runner, halves, 1, 1, 1, 1, 4, data_type=MemcpyDataType.MEMCPY_16BIT)
    assert halves.max() <= 0xFFFF
    expected = tensor[1, 1, :2].copy().view(np.uint16)
    np.testing.assert_array_equal(sdk_utils.memcpy_view(halves, np.uint16), expected)
    write_a(runner, np.array([0xABCD0007], np.uint32), 1, 1, 1, 1, 1,
            data_type=MemcpyDataType.MEMCPY_16BIT)
    read_a(runner, halves[:1], 1, 1, 1, 1, 1, data_type=MemcpyDataType.MEMCPY_16BIT)
    assert halves[0] == 7
    runner.stop()


def test_broadcasts_and_strides(runner):
    a = runner.get_id("A")
    rows = np.arange(1, 7, dtype=np.float32).reshape(3, 1, 2)
    runner.memcpy_h2d_rowbcast(a, rows.ravel(), 0, 0, 4, 3, 2, **COPY)
    back = np.zeros(24, np.float32)
    read_a(runner, back, 0, 0, 4, 3, 2)
    np.testing.assert_array_equal(back.reshape(3, 4, 2), np.broadcast_to(rows, (3, 4, 2)))
    columns = np.arange(1, 9, dtype=np.float32).reshape(1, 4, 2)
    runner.memcpy_h2d_colbcast(a, columns.ravel(order="F"), 0, 0, 4, 3, 2,
                               **{**COPY, "order": MemcpyOrder.COL_MAJOR, "nonblock": True})
    read_a(runner, back, 0, 0, 4, 3, 2)
    np.testing.assert_array_equal(back.reshape(3, 4, 2), np.broadcast_to(columns, (3, 4, 2)))
    strided = np.arange(101, 109, dtype=np.float32).reshape(2, 2, 2)  # columns, rows, elements
    runner.memcpy_h2d_stride(a, strided, 0, 0, 4, 3, 2, 3, 2, **COPY)
    read_a(runner, back, 0, 0, 4, 3, 2)
    tensor = back.reshape(3, 4, 2)
    np.testing.assert_array_equal(tensor[::2, ::3], strided.transpose(1, 0, 2))
    np.testing.assert_array_equal(tensor[1], columns[0])
    runner.stop()


def test_streams(runner):
    tensor = np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4)
    stream = {**COPY, "streaming": True, "nonblock": True}
    runner.memcpy_h2d(4, tensor, 1, 1, 3, 2, 4, **stream)
    back = np.zeros(24, np.float32)
    task = runner.memcpy_d2h(back, 5, 1, 1, 3, 2, 4, **{**stream, "order": MemcpyOrder.COL_MAJOR})
    runner.task_wait(task)
    np.testing.assert_array_equal(back.reshape((2, 3, 4), order="F"), tensor)
    runner.memcpy_h2d_rowbcast(4, tensor[:, 0], 1, 1, 3, 2, 4, **stream)
    runner.memcpy_d2h(back, 5, 1, 1, 3, 2, 4, **{**stream, "nonblock": False})
    np.testing.assert_array_equal(back.reshape(2, 3, 4),
                                  np.broadcast_to(tensor[:, :1], tensor.shape))
    runner.stop()


def test_source_arrays_that_are_not_in_c_order(runner):
    tensor = np.arange(24, dtype=np.int32).reshape(4, 6)
    write_a(runner, tensor.T[::2], 0, 0, 4, 1, 3)
    back = np.zeros(12, np.int32)
    read_a(runner, back, 0, 0, 4, 1, 3)
    np.testing.assert_array_equal(back, tensor.T[::2].ravel())


def test_launch_and_call(runner):
    runner.launch("add", 3, nonblock=False)
    runner.launch("add", np.uint32(4), nonblock=True)
    runner.call("add", [5], nonblock=True)
    task = runner.call("add", np.array([6], np.uint32), nonblock=False)
    assert runner.is_task_done(task)
    words = np.zeros(12 * 64, np.uint32)
    read_a(runner, words, 0, 0, 4, 3, 64)
    assert (words == 18).all()
    runner.launch("mix", np.int16(-2), np.float32(1.5), nonblock=False)
    read_a(runner, words[:2], 3, 2, 1, 1, 2)
    assert words[0] & 0xFFFF == 0xFFFE and words[1] == 0x3FC00000
    runner.stop()


def test_nonblocking_tasks(runner):
    data = np.full(12, 7, np.uint32)
    copies = [np.zeros(12, np.uint32) for _ in range(4)]
    write_a(runner, data, 0, 0, 4, 3, 1, nonblock=True)
    data[:] = 9  # too late: the copy has its own
    tasks = []
    for target in copies:
        tasks.append(read_a(runner, target, 0, 0, 4, 3, 1, nonblock=True))
        runner.launch("add", 1, nonblock=True)
    assert not runner.is_task_done(tasks[3])
    runner.task_wait(tasks[1])
    assert (copies[0] == 7).all() and (copies[1] == 8).all()
    while not runner.is_task_done(tasks[2]):
        pass
    assert (copies[2] == 9).all()
    runner.stop()
    assert (copies[3] == 10).all()
    assert runner.is_task_done(tasks[3])
    runner.task_wait(tasks[3])


def test_a_dropped_target_lives_until_its_copy_is_done(runner):
    for _ in range(20):
        read_a(runner, np.zeros(12 * 64, np.uint32), 0, 0, 4, 3, 64, nonblock=True)
    gc.collect()
    runner.stop()


def test_side_files(runner, folder, tmp_path_factory):
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    runner.launch("add", 3, nonblock=False)
    runner.stop()
    assert (folder / "sim.log").is_file()
    assert (folder / "simfab_traces").is_dir()
    os.chdir(folder)
    assert stats()["host_commands"] == 1
    assert (stats()["fabric_x"], stats()["fabric_y"]) == (11, 5)


def test_suppressed_traces(out, folder):
    SdkRuntime(out, suppress_simfab_trace=True).load()
    assert not (folder / "simfab_traces").exists()


def a_run(out, sleep=lambda: None, **options):
    """Copies, launches, tasks and polls; returns what the run left behind."""
    runner = SdkRuntime(out, **options)
    runner.load()
    runner.run()
    source = np.arange(12 * 64, dtype=np.uint32)
    sleep()
    write_a(runner, source, 0, 0, 4, 3, 64, nonblock=True)
    sleep()
    task = runner.launch("add", 5, nonblock=True)
    polls = 0
    while not runner.is_task_done(task):
        polls += 1
        sleep()
    target = np.zeros(12 * 64, np.uint32)
    runner.launch("add", 2, nonblock=True)
    sleep()
    read_a(runner, target, 0, 0, 4, 3, 64)
    sleep()
    runner.stop()
    np.testing.assert_array_equal(target, source + 7)
    return polls, stats(), pathlib.Path("sim.log").read_text()


def test_a_command_past_the_limit_of_cycles_ends_the_run_with_a_report(out, where, monkeypatch):
    monkeypatch.setenv("CS_SIMFAB_CYCLE_LIMIT", "1")
    runner = SdkRuntime(out, cmaddr=where)
    runner.load()
    runner.run()
    with pytest.raises(Exception) as caught:
        write_a(runner, np.zeros((3, 4, 5), np.float32), 0, 0, 4, 3, 5)
    text = str(caught.value)
    del caught, runner  # the CS system serves one client
    gc.collect()
    assert "is not done after 1 cycles (the limit set)\n" in text
    monkeypatch.setenv("CS_SIMFAB_CYCLE_LIMIT", "1k")
    with pytest.raises(Exception, match="CS_SIMFAB_CYCLE_LIMIT=1k: must be 0..10+"):
        SdkRuntime(out, cmaddr=where).load()
    gc.collect()


def test_runs_do_not_depend_on_host_threads_or_transport(out, cmaddr, monkeypatch):
    expected = a_run(out)
    assert expected[1]["cycle_count"] > 0
    for threads in (1, 2, 4, 8):
        assert a_run(out, simfab_numthreads=threads) == expected
    for shards in ("1", "2", "3"):
        monkeypatch.setenv("CS_SIMFAB_SHARDS", shards)
        assert a_run(out) == expected
        assert a_run(out, cmaddr=cmaddr) == expected
    monkeypatch.delenv("CS_SIMFAB_SHARDS")
    monkeypatch.setenv("CS_SIMFAB_ENGINE", "reference")
    assert a_run(out) == expected
    assert a_run(out, cmaddr=cmaddr) == expected
    monkeypatch.delenv("CS_SIMFAB_ENGINE")
    generator = random.Random(4)
    sleep = lambda: time.sleep(generator.random() / 100)
    assert a_run(out, sleep=sleep) == expected
    assert a_run(out, sleep=sleep, cmaddr=cmaddr) == expected


def test_constructor_forms(out, cmaddr):
    for cmaddr_none in (None, ""):
        assert SdkRuntime(str(out), cmaddr=cmaddr_none).get_id("A") == 0
    assert sdk.get_platform().is_simulation() and not sdk.get_platform("").is_system()
    config = sdk.SimfabConfig(num_threads=2, suppress_trace=True)
    platform = sdk.get_platform(None, config, sdk.SdkTarget.WSE2)
    runner = SdkRuntime(sdk.SdkCompileArtifacts(str(out)), platform, memcpy_required=False)
    runner.load()
    assert not pathlib.Path("simfab_traces").exists()
    assert sdk.get_simulator(config).is_simulation()
    system = sdk.get_system(cmaddr)
    assert system.is_system() and sdk.get_platform(cmaddr).is_system()
    SdkRuntime(out, system).load()
    assert os.fspath(sdk.SdkCompileArtifacts(out)) == str(out)


def test_documented_names_of_arguments(out):
    config = sdk.SimfabConfig(num_threads=1, core_path=pathlib.Path("a.core"), dump_core=True)
    assert config.core_path == "a.core" and config.dump_core
    artifacts = sdk.SdkCompileArtifacts(artifacts_path=out)
    runner = SdkRuntime(artifacts=artifacts, platform=sdk.get_simulator(config=config),
                        simfab_numthreads=2, msg_level="ERROR", suppress_simfab_trace=True)
    runner.load()
    runner.run()
    assert runner.get_id(symbol="A") == runner.get_id(name="A") == 0
    assert runner.coord_logical_to_physical(logical_coords=(0, 0)) == (4, 1)
    task = runner.launch("add", 1, nonblock=True)
    runner.task_wait(task_handle=task)
    assert runner.is_task_done(task_handle=task)
    runner.call(symbol="add", params=[1], nonblock=False)
    runner.stop()
    assert pathlib.Path("a.core").is_file()
    values = runner.read_symbol(x=4, y=1, symbol_name="A_array", dtype=np.dtype("uint32"))
    assert (values == 2).all()
    assert SdkRuntime(bindir=out, platform=None).get_id("A") == 0


def test_an_elf_core_is_read_by_readelf(runner, where):
    write_a(runner, np.array([0x11223344], np.uint32), 3, 2, 1, 1, 1)
    runner.dump_elf_core("run.elfcore")
    said = subprocess.run(["readelf", "-h", "-l", "-n", "run.elfcore"], check=True, text=True,
                          capture_output=True).stdout
    assert "CORE (Core file)" in said and said.count(" LOAD ") == 12
    place = f"0x{(1 + 2) << 32 | (4 + 3) << 16:016x}"
    line = next(line for line in said.splitlines() if place in line)
    offset = int(line.split()[1], 16)
    core = pathlib.Path("run.elfcore").read_bytes()
    runner.stop()
    size = pathlib.Path("out.core").stat().st_size
    assert (0x11223344).to_bytes(4, "little") in core[offset:offset + 48 * 1024] and size > 0
    if not where:
        runner.dump_elf_core("after.elfcore")
        runner.dump_core("after.core")
    else:
        with pytest.raises(RuntimeError, match=r"dump_elf_core\(\) after stop\(\)"):
            runner.dump_elf_core("after.elfcore")


def test_enums_are_the_plain_ones():
    assert MemcpyOrder is sdk_common_pb2.MemcpyOrder
    assert sdk.MemcpyDataType.MEMCPY_16BIT is sdk_common_pb2.MEMCPY_16BIT


def test_symbols(out):
    runner = SdkRuntime(out)
    assert runner.get_id("B") == runner.get_symbol("B") == 1
    with pytest.raises(LookupError, match="'ad' is not exported.*did you mean 'add'") as info:
        runner.get_id("ad")
    assert isinstance(info.value, RuntimeError)


def test_coordinates(out):
    runner = SdkRuntime(out)
    assert runner.coord_logical_to_physical((0, 0)) == (4, 1)
    assert runner.coord_logical_to_physical((np.int64(3), 2)) == (7, 3)
    with pytest.raises(ValueError, match=r"\(4, 0\).*4 columns and 3 rows"):
        runner.coord_logical_to_physical((4, 0))
    with pytest.raises(TypeError, match="pair"):
        runner.coord_logical_to_physical(4)


def test_ctrl_c_ends_the_wait(runner):
    threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        runner.launch("spin", nonblock=False)


def test_other_threads_run_while_a_call_waits(runner):
    counted = []
    stop = threading.Event()

    def count():
        while not stop.is_set():
            counted.append(1)
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        runner.launch("spin", nonblock=False)
    stop.set()
    thread.join()
    assert len(counted) > 50


def cycles_of_copies(out, where, order):
    runner = SdkRuntime(out, cmaddr=where)
    runner.load()
    runner.run()
    words = np.arange(12 * 64, dtype=np.uint32)
    write_a(runner, words, 0, 0, 4, 3, 64, order=order)
    back = np.zeros_like(words)
    read_a(runner, back, 0, 0, 4, 3, 64, order=order)
    assert (back == words).all()
    runner.stop()
    del runner
    gc.collect()
    return json.loads(pathlib.Path("sim_stats.json").read_text(encoding="utf-8"))["cycle_count"]


# docs/fabric/host_io.md: column-major commands move at 110 percent of the rate.
def test_a_column_major_copy_takes_its_own_cycles(out, where):
    rows, columns = (cycles_of_copies(out, where, order)
                     for order in (MemcpyOrder.ROW_MAJOR, MemcpyOrder.COL_MAJOR))
    saved = 768 * (1000 / 868 + 1000 / 298) * (1 - 100 / 110)
    assert 0.9 * saved < rows - columns < 1.1 * saved


def test_read_symbol(out, cmaddr):
    runner = SdkRuntime(out)
    runner.load()
    runner.run()
    write_a(runner, np.array([1.5, -2], np.float32), 1, 2, 1, 1, 2)
    runner.stop()
    values = runner.read_symbol(4 + 1, 1 + 2, "A_array", dtype="float32")
    assert values.shape == (64,) and values[0] == 1.5 and values[1] == -2
    assert runner.read_symbol(4, 1, "A_ptr").dtype == np.uint8
    with pytest.raises(LookupError, match="nope"):
        runner.read_symbol(4, 1, "nope")
    with pytest.raises(ValueError, match="outside the fabric"):
        runner.read_symbol(11, 0, "A_array")


def test_read_symbol_of_a_system_until_stop(out, cmaddr):
    runner = SdkRuntime(out, cmaddr=cmaddr)
    with pytest.raises(RuntimeError, match=r"read_symbol\(\) before load"):
        runner.read_symbol(4, 1, "A_array")
    runner.load()
    runner.run()
    assert not runner.read_symbol(4, 1, "A_array").any()
    write_a(runner, np.array([1.5, -2], np.float32), 1, 2, 1, 1, 2)
    task = runner.launch("add", 1, nonblock=True)
    values = runner.read_symbol(4 + 1, 1 + 2, "A_array", dtype="float32")
    assert values.shape == (64,) and values[0] == 1.5 and values[1] == -2
    with pytest.raises(LookupError, match="nope"):
        runner.read_symbol(4, 1, "nope")
    with pytest.raises(ValueError, match="outside the fabric"):
        runner.read_symbol(11, 0, "A_array")
    with pytest.raises(ValueError, match="outside"):
        runner.read_symbol(0, 0, "A_array")
    runner.task_wait(task)
    assert runner.read_symbol(4, 1, "A_array", dtype="uint32")[0] == 1
    runner.stop()
    with pytest.raises(RuntimeError, match=r"read_symbol\(\) after stop\(\): .*given back"):
        runner.read_symbol(4, 1, "A_array")


def test_nothing_is_printed_on_stdout(out, capfd):
    a_run(out)
    assert capfd.readouterr().out == ""


def test_cs_python_finds_the_packages_from_its_own_path(tmp_path):
    prefix = tmp_path / "a prefix"
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin/cs_python").write_bytes((HERE / "cs_python").read_bytes())
    (prefix / "bin/cs_python").chmod(0o755)
    (prefix / "python").symlink_to(HERE)
    link = tmp_path / "cs_python"
    link.symlink_to(prefix / "bin/cs_python")
    script = ("import sys, cerebras.sdk.runtime.sdkruntimepybind as m;"
              "print(m.__file__, sys.argv[1])")
    done = subprocess.run([link, "-c", script, "x y"], capture_output=True, text=True, check=True,
                          cwd="/", env={"PATH": "/usr/bin:/bin"})
    assert done.stdout == f"{prefix}/python/cerebras/sdk/runtime/sdkruntimepybind.so x y\n"


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
