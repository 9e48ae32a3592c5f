# SPDX-License-Identifier: Apache-2.0
"""csdb, played through a terminal as a user does: a run with breakpoints, steps and watches, and
the core that it leaves."""
import contextlib
import os
import pty
import re
import select
import subprocess
import time

import pytest

from tests.harness import toolchain

TOOLS = toolchain.installed()
PROMPT = re.compile(r"\(csdb P(\d+)\.(\d+)\) $")


class Terminal:
    """A program with a terminal of its own."""

    def __init__(self, folder, *command):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=slave, stdout=slave, stderr=slave, close_fds=True,
            env=TOOLS.environment(TERM="dumb"))
        os.close(slave)

    def read(self, until=None):
        """What the program says up to a prompt, or to its end."""
        text = ""
        end = time.monotonic() + toolchain.PROGRAM_TIMEOUT_S
        while time.monotonic() < end:
            ready, _, _ = select.select([self.master], [], [], 1)
            if not ready:
                continue
            try:
                data = os.read(self.master, 4096)
            except OSError:  # the other side is gone
                data = b""
            text += data.decode()
            if not data or (until and until.search(text)):
                return text.replace("\r\n", "\n")
        raise AssertionError(f"no prompt in time: {text}")

    def do(self, command):
        """The answer to a command, without its echo and the next prompt."""
        os.write(self.master, command.encode() + b"\n")
        text = self.read(PROMPT)
        self.prompt = PROMPT.search(text)
        return PROMPT.sub("", text.split("\n", 1)[1]).strip()

    def end(self, command):
        os.write(self.master, command.encode() + b"\n")
        text = self.read()
        self.process.wait(toolchain.PROGRAM_TIMEOUT_S)
        os.close(self.master)
        return text.split("\n", 1)[1]


def compiled(arch):
    folder = toolchain.copy_program("tests/e2e/programs/traced")
    TOOLS.compile(folder, "layout.csl", f"--arch={arch}", "--fabric-dims=9,3",
                  "--fabric-offsets=4,1", "--memcpy", "--channels=1", "-o", "out")
    return folder


def line_of(folder, name, text):
    lines = (folder / name).read_text().splitlines()
    return 1 + next(i for i, line in enumerate(lines) if text in line)


@contextlib.contextmanager
def cmaddr_of(device, folder):
    """The arguments with which a host script runs on a device."""
    if device == "simulator":
        yield []
    else:
        with TOOLS.system(folder) as address:
            yield ["--cmaddr", address]


@pytest.mark.parametrize("arch, device", [("wse2", "simulator"), ("wse3", "simulator"),
                                          ("wse3", "system")])
def test_a_run_and_its_core(arch, device):
    folder = compiled(arch)
    with cmaddr_of(device, folder) as where:
        play_a_run(arch, folder, where)
    play_its_core(folder)


def play_a_run(arch, folder, where):
    plain = toolchain.succeed(TOOLS.cs_python(folder, "run.py"))
    assert "SUCCESS" in plain.stdout
    log = (folder / "sim.log").read_text()
    send = line_of(folder, "left.csl", "@mov32")
    debug = Terminal(folder, "csdb", "run", "run.py", *where)
    assert "P4.1: the run begins" in debug.read(PROMPT)
    assert debug.do("info").splitlines()[0] == (
        f"{arch}, fabric 9 x 3, program 2 x 1: P4.1 to P5.1")
    assert debug.do("break task word") == "1: task word, 0 stops"
    assert debug.do(f"break left.csl:{send} P4.1") == f"2: line left.csl:{send} on P4.1, 0 stops"
    # Before the send the words are there, and none has arrived.
    stop = debug.do("continue")
    assert f"P4.1: breakpoint 2, line left.csl:{send} on P4.1, at left.csl:{send}:" in stop
    assert debug.do("print data") == "data = 0 3 6 9 12 15 18 21"
    assert debug.do("p total") == "total = 84"
    assert re.match(rf"task \d+: before 0x[0-9a-f]+ in start \(left\.csl:{send}:",
                    debug.do("where"))
    code = debug.do("disassemble")
    assert f"left.csl:{send}:" in code and re.search(r"^> 0x[0-9a-f]{4}  \S", code, re.M)
    assert re.search(r"^r0   0x[0-9a-f]{8}", debug.do("registers"), re.M)
    assert "start runs since cycle" in debug.do("tasks")
    assert debug.do("memory 0 32").startswith("0x0000: ")
    before = int(re.search(r"before (0x\w+)", debug.do("where"))[1], 16)
    debug.do("step")
    after = re.search(r"before (0x\w+)", debug.do("where"))
    assert after is None or int(after[1], 16) != before
    # The first word arrives.
    stop = debug.do("continue")
    assert "P5.1: breakpoint 1, task word, at right.csl:" in stop
    assert debug.prompt[1] == "5"
    assert debug.do("print total") == "total = 0"
    assert debug.do("watch total") == "3: watch total on P5.1, 0 stops"
    assert debug.do("delete 1") == ""
    stop = debug.do("continue")
    assert "P5.1: watch 3, total: byte 0 on was 00000000 and is 03000000" in stop
    assert debug.do("print total") == "total = 3"
    stop = debug.do("continue")
    assert "was 03000000 and is 09000000" in stop
    assert debug.do("breakpoints").splitlines() == [
        f"2: line left.csl:{send} on P4.1, 1 stop", "3: watch total on P5.1, 2 stops"]
    debug.do("delete 3")
    text = debug.end("continue")
    assert "SUCCESS" in text and "the host script has ended" in text
    assert debug.process.returncode == 0
    # Nothing that the program did or cost has changed.
    assert (folder / "sim.log").read_text() == log


def play_its_core(folder):
    core = Terminal(folder, "csdb", "out")
    assert "out.core: cycle " in core.read(PROMPT)
    assert core.do("pes").splitlines()[0].startswith("P4.1  left.csl  idle")
    assert core.do("print total") == "total = 84"
    assert core.do("pe P5.1") == ""
    assert core.do("print total") == "total = 84"
    assert "total: [1]u32" in core.do("symbols total")
    assert "input 2, color 4: 0 wavelets" in core.do("queues")
    assert "start" in core.do("functions")
    assert "right.csl:" in core.do("disassemble word")
    assert core.end("quit") == ""


def stuck():
    folder = toolchain.copy_program("tests/e2e/programs/stuck")
    TOOLS.compile(folder, "layout.csl", "--arch=wse3", "--fabric-dims=9,3", "--fabric-offsets=4,1",
                  "--memcpy", "--channels=1",
                  "--params=mistake:4,MEMCPYH2D_DATA_1_ID:6,MEMCPYD2H_DATA_1_ID:7", "-o", "out")
    return folder


DUMP = """
import sys
from cerebras.sdk.runtime.sdkruntimepybind import SdkRuntime
runner = SdkRuntime("out", cmaddr=sys.argv[1] if len(sys.argv) > 1 else None)
runner.load()
runner.run()
try:
    runner.launch("start", nonblock=False)
    runner.launch("start", nonblock=False)
except RuntimeError as error:
    assert "the program is stuck" in str(error)
    runner.dump_core("stuck.core")
"""


def test_the_core_of_a_stuck_program():
    folder = stuck()
    (folder / "dump.py").write_text(DUMP)
    toolchain.succeed(TOOLS.cs_python(folder, "dump.py"))
    core = (folder / "stuck.core").read_bytes()
    with TOOLS.system(folder) as address:
        toolchain.succeed(TOOLS.cs_python(folder, "dump.py", address))
    assert (folder / "stuck.core").read_bytes() == core
    debug = Terminal(folder, "csdb", "out", "--core", "stuck.core")
    debug.read(PROMPT)
    assert debug.do("pes").splitlines()[1] == "P5.1  pe.csl  running, task 1 start"
    debug.do("pe P5.1")
    assert re.search(r"main thread: 0 of 24 elements of start \(pe.csl:\d+", debug.do("where"))
    assert "a command of the host waits" in debug.do("tasks")
    debug.end("quit")
    shown = toolchain.succeed(TOOLS.run(["cs_readelf", "stuck.core"], folder)).stdout
    assert "program 2 x 1 at P4.1, with states" in shown
    assert re.search(r"^P5\.1: \d+ bytes not zero, in a task$", shown, re.M)


@pytest.mark.parametrize("device", ["simulator", "system"])
def test_a_stuck_program_stops(device):
    folder = stuck()
    with cmaddr_of(device, folder) as where:
        play_a_stuck_program(Terminal(folder, "csdb", "run", "run.py", *where))


def play_a_stuck_program(debug):
    debug.read(PROMPT)
    assert "the program is stuck at cycle" in debug.do("continue")
    debug.do("pe P5.1")
    where = debug.do("where")
    assert re.search(r"main thread: 0 of 24 elements of start \(pe.csl:\d+", where), where
    assert "task 1 start runs since cycle" in debug.do("tasks")
    assert "runs since" not in debug.do("pes")
    text = debug.end("continue")
    assert "the program is stuck" in text


def test_errors_name_what_is_wrong():
    folder = compiled("wse3")
    debug = Terminal(folder, "csdb", "run", "run.py")
    debug.read(PROMPT)
    for command, text in {
            "print totals": "error: 'left.csl' has no variable 'totals'; did you mean 'total'?",
            "pe P6.1": "error: PE 6.1: the program's PEs are P4.1 to P5.1",
            "pe here": "error: 'here' names no PE",
            "break none.csl:3": "error: no source file 'none.csl' in the program",
            "break left.csl:9999": "error: no code at or behind line 9999 of 'left.csl'",
            "break task nothing": "error: 'left.csl' has no function 'nothing'",
            "break task 64": "error: task 64: ids are 0 to 63",
            "watch nothing": "error: 'left.csl' has no variable 'nothing'",
            "delete 7": "error: there is no breakpoint 7",
            "memory 0xbfff 64": "error: 64 bytes at ",
            "explode": "error: 'explode' is not a command; 'help' lists them",
    }.items():
        assert debug.do(command).startswith(text), debug.do(command)
    assert "break FILE:LINE" in debug.do("help break")
    debug.end("quit")
    assert debug.process.returncode == 0


def test_wrong_calls():
    folder = compiled("wse3")
    done = TOOLS.run(["csdb", "out"], folder)
    assert done.returncode == 1 and "no core file here" in done.stderr
    done = TOOLS.run(["csdb", "nowhere"], folder)
    assert done.returncode == 1 and "'nowhere' holds no compiled program" in done.stderr


def test_a_system_is_free_again_after_quit():
    folder = compiled("wse3")
    with TOOLS.system(folder) as address:
        debug = Terminal(folder, "csdb", "run", "run.py", "--cmaddr", address)
        debug.read(PROMPT)
        assert "0 stops" in debug.do("break task word")
        debug.end("quit")
        done = toolchain.succeed(TOOLS.cs_python(folder, "run.py", "--cmaddr", address))
    assert "SUCCESS" in done.stdout
