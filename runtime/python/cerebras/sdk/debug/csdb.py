# SPDX-License-Identifier: Apache-2.0
"""csdb: inspects a core file of a program, or runs a host script and stops at breakpoints.

    csdb OUT [--core FILE]       OUT: the folder that cslc wrote
    csdb run SCRIPT [ARGS...]    the simulator runs in this process

docs/csdb.md shows a session.
"""
import argparse
import cmd
import json
import os
import pathlib
import re
import runpy
import sys
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from cerebras.sdk.debug.debug_util import _float16
from cerebras.sdk.runtime.sdkruntimepybind import (
    _ProgramCore, _ProgramInfo, _set_debugger)

try:
    import readline  # noqa: F401, the arrow keys  # pylint: disable=unused-import
except ImportError:
    pass

CORE_NAMES = ("out.core", "corefile.cs1")
NUMBERS = {"bool": np.uint8, "i8": np.int8, "u8": np.uint8, "i16": np.int16, "u16": np.uint16,
           "i32": np.int32, "u32": np.uint32, "i64": np.int64, "u64": np.uint64, "f32": np.float32}
HALVES = {"f16", "bf16", "cb16"}
SHOWN_ELEMENTS = 64
SHOWN_INSTRUCTIONS = 12
Pe = Tuple[int, int]


class CsdbError(Exception):
    """A command that cannot be done; what it says is shown."""


class Core:
    """What a core file knows, as csdb asks for it."""

    def __init__(self, folder: pathlib.Path, path: pathlib.Path) -> None:
        self.info = _ProgramInfo(folder)
        self._core = _ProgramCore(folder, path)
        self.path = path

    @property
    def cycle(self) -> int:
        return self._core.cycle

    def read_memory(self, pe: Pe, address: int, size: int) -> bytes:
        return self._core.read_memory(pe[0], pe[1], address, size)

    def state(self, pe: Pe) -> Optional[Dict[str, Any]]:
        """None where the core has none; {} where nothing happened."""
        text = self._core.state(pe[0], pe[1])
        return None if text is None else json.loads(text or "{}")


class Run:
    """The same of a run that stands still."""

    def __init__(self, stop: Any) -> None:
        self.info = stop.info
        self._stop = stop
        self.cycle = stop.cycle

    def read_memory(self, pe: Pe, address: int, size: int) -> bytes:
        return self._stop.read_memory(pe[0], pe[1], address, size)

    def state(self, pe: Pe) -> Dict[str, Any]:
        return json.loads(self._stop.state(pe[0], pe[1]) or "{}")


def values_of(raw: bytes, kind: str, half: str) -> List[Any]:
    """The elements of a variable of a type like "[8]f32", "u16" or "[2,4]f16"."""
    element = kind.rsplit("]", 1)[-1].strip()
    if element in HALVES:
        return [_float16(int(bits), half) for bits in np.frombuffer(raw, np.uint16)]
    known = NUMBERS.get(element)
    if known is not None and len(raw) % np.dtype(known).itemsize == 0:
        return np.frombuffer(raw, known).tolist()
    return [f"0x{int(word):04x}" for word in np.frombuffer(raw[:len(raw) & ~1], np.uint16)]


def shorten(values: List[Any]) -> str:
    shown = [format(v, ".7g") if isinstance(v, float) else str(v)
             for v in values[:SHOWN_ELEMENTS]]
    more = len(values) - SHOWN_ELEMENTS
    return " ".join(shown) + (f" ... {more} more" if more > 0 else "")


class Shell(cmd.Cmd):
    """The commands that a core and a run have in common. Each method says what it does as `help`
    shows it."""

    intro = ""

    def __init__(self, target: Any) -> None:
        super().__init__()
        self.target = target
        self.info = target.info
        self.pe: Pe = self.info.offset
        self.set_prompt()

    # ---- The machinery

    def set_prompt(self) -> None:
        self.prompt = f"(csdb P{self.pe[0]}.{self.pe[1]}) "

    def say(self, text: str) -> None:
        print(text, file=self.stdout, flush=True)

    def onecmd(self, line: str) -> bool:
        try:
            return bool(super().onecmd(line))
        except (CsdbError, ValueError, LookupError, RuntimeError) as error:
            text = error.args[0] if error.args else str(error)
            self.say(f"error: {text}")
            return False

    def emptyline(self) -> bool:
        return False

    def default(self, line: str) -> bool:
        if line == "EOF":
            self.say("")
            return self.onecmd("quit")
        raise CsdbError(f"'{line.split()[0]}' is not a command; 'help' lists them")

    def state(self) -> Dict[str, Any]:
        state = self.target.state(self.pe)
        if state is None:
            raise CsdbError("the core has the memory of its PEs, but not their states")
        return state

    def place(self, position: int) -> str:
        function = self.info.function_at(*self.pe, position)
        return f"{function} ({self.info.location(*self.pe, position)})"

    def parse_pe(self, text: str) -> Pe:
        match = re.fullmatch(r"[Pp]?(\d+)[.,](\d+)", text)
        if not match:
            raise CsdbError(f"'{text}' names no PE; P4.1 does: column and row of the fabric")
        pe = int(match[1]), int(match[2])
        self.info.image_name(*pe)  # whether the program has it
        return pe

    # ---- Commands

    def do_info(self, _: str) -> None:
        """info: the program, and the current cycle"""
        info = self.info
        (x, y), (width, height) = info.offset, info.size
        self.say(f"{info.arch}, fabric {info.fabric[0]} x {info.fabric[1]}, "
                 f"program {width} x {height}: P{x}.{y} to P{x + width - 1}.{y + height - 1}")
        self.say(f"cycle {self.target.cycle}")

    def do_pes(self, _: str) -> None:
        """pes: all PEs, their programs and states; the first 100"""
        (x0, y0), (width, height) = self.info.offset, self.info.size
        count = 0
        for y in range(y0, y0 + height):
            for x in range(x0, x0 + width):
                count += 1
                if count > 100:
                    self.say(f"... {width * height - 100} more")
                    return
                state = self.target.state((x, y))
                doing = "" if state is None else self.activity(state)
                self.say(f"P{x}.{y}  {self.info.image_name(x, y)}  {doing}".rstrip())

    @staticmethod
    def activity(state: Dict[str, Any]) -> str:
        if not state:
            return "nothing happened yet"
        text = state["phase"]
        if state["task"]:
            text += f", task {state['task']['id']} {state['task']['name']}"
        if state["microthreads"]:
            text += ", microthreads " + " ".join(sorted(state["microthreads"]))
        return text

    def do_pe(self, args: str) -> None:
        """pe P4.1: selects the PE for the other commands, by column and row of the fabric"""
        self.pe = self.parse_pe(args.strip())
        self.set_prompt()

    def do_symbols(self, args: str) -> None:
        """symbols [TEXT]: variables of the PE whose name contains TEXT"""
        for name, kind, address, size, type_ in self.info.symbols(*self.pe):
            if kind == "variable" and args.strip() in name:
                self.say(f"0x{address:04x} {size:6} bytes  {name}: {type_ or '?'}")

    def do_functions(self, args: str) -> None:
        """functions [TEXT]: functions of the PE's program whose name contains TEXT"""
        for name, first, count in self.info.functions(*self.pe):
            if args.strip() in name:
                self.say(f"0x{first:04x} {count:6} instructions  {name}  "
                         f"{self.info.location(*self.pe, first)}")

    def do_print(self, args: str) -> None:
        """print NAME: the value of a variable"""
        name = args.strip()
        if not name:
            raise CsdbError("print: expected the name of a variable; 'symbols' lists them")
        address, size, type_ = self.info.variable(*self.pe, name)
        raw = self.target.read_memory(self.pe, address, size)
        self.say(f"{name} = {shorten(values_of(raw, type_, self.info.fp16_format))}")

    do_p = do_print

    def complete_print(self, text: str, *_: Any) -> List[str]:
        return [name for name, kind, *_ in self.info.symbols(*self.pe)
                if kind == "variable" and name.startswith(text)]

    complete_p = complete_watch = complete_print

    def complete_disassemble(self, text: str, *_: Any) -> List[str]:
        return [name for name, *_ in self.info.functions(*self.pe) if name.startswith(text)]

    def do_memory(self, args: str) -> None:
        """memory ADDRESS [BYTES]: memory as 16-bit words; 64 bytes by default"""
        words = args.split()
        if not 1 <= len(words) <= 2:
            raise CsdbError("memory: expected an address and a number of bytes")
        address = int(words[0], 0)
        size = int(words[1], 0) if len(words) == 2 else 64
        raw = self.target.read_memory(self.pe, address, size)
        for at in range(0, size - 1, 16):
            line = np.frombuffer(raw[at:at + 16][:len(raw[at:at + 16]) & ~1], np.uint16)
            self.say(f"0x{address + at:04x}: " + " ".join(f"{int(word):04x}" for word in line))

    do_x = do_memory

    def do_registers(self, _: str) -> None:
        """registers: registers of the running task, and the data structure registers"""
        state = self.state()
        task = state.get("task") or {}
        registers = task.get("registers", [])
        for first in range(0, len(registers), 4):
            self.say("  ".join(f"r{first + i:<3} 0x{value:08x}"
                               for i, value in enumerate(registers[first:first + 4])))
        if not registers:
            self.say("no task computes, so that no register holds anything")
        for name, text in state.get("dsrs", {}).items():
            self.say(f"{name}: {text}")

    def do_tasks(self, _: str) -> None:
        """tasks: the running task, and those that are active or blocked"""
        state = self.state()
        if not state:
            self.say("nothing happened on this PE yet")
            return
        names = dict(self.info.tasks(*self.pe))
        task = state["task"]
        if task:
            self.say(f"task {task['id']} {task['name']} runs since cycle {task['since']}")
        for task_id in sorted(set(names) | set(state["active"])):
            words = [word for word in ("active", "blocked") if task_id in state[word]]
            self.say(f"{task_id:3} {names.get(task_id, '')}  {' '.join(words)}".rstrip())
        if state["stream_blocked"]:
            self.say("a function was launched, and unblock_cmd_stream was not called since")
        if state["command_waits"]:
            self.say("a command of the host waits")

    def do_queues(self, _: str) -> None:
        """queues: waiting wavelets in input and output queues"""
        state = self.state()
        for queue in state.get("inputs", []):
            words = " ".join(("control " if word["control"] else "") + f"0x{word['payload']:08x}"
                             for word in queue["words"])
            color = f"color {queue['color']}" if queue["color"] < 24 else "no color"
            name = f"input {queue['queue']}" if queue["queue"] < 8 else "channel"
            self.say(f"{name}, {color}: {len(queue['words'])} wavelets {words}".rstrip())
        for queue in state.get("outputs", []):
            color = f"color {queue['color']}" if queue["color"] < 24 else "no color"
            self.say(f"output {queue['queue']}, {color}: {queue['words']} of {queue['depth']} "
                     "wavelets")

    def do_where(self, _: str) -> None:
        """where: source lines of the task and of the microthreads' operations"""
        state = self.state()
        task = state.get("task")
        if task and "position" in task:
            self.say(f"task {task['id']}: before 0x{task['position']:04x} in "
                     f"{self.place(task['position'])}")
            for caller in task["callers"]:
                self.say(f"  called from {self.place(caller)}")
        elif task:
            self.say(f"task {task['id']} {task['name']}")
        else:
            self.say(state.get("phase", "nothing happened on this PE yet"))
        operations = dict(state.get("microthreads", {}))
        if state.get("operation"):
            operations["main"] = state["operation"]
        for name, operation in operations.items():
            length = "" if operation["length"] is None else f" of {operation['length']}"
            who = "main thread" if name == "main" else f"microthread {name}"
            self.say(f"{who}: {operation['done']}{length} elements of "
                     f"{self.place(operation['position'])}")
        if "fault" in state:
            self.say(f"fault: {state['fault']} in {self.place(state['fault_position'])}")

    def do_disassemble(self, args: str) -> None:
        """disassemble [FUNCTION | POSITION]: code; around the current position by default"""
        text = args.strip()
        task = {} if text else (self.state().get("task") or {})
        here = task.get("position", -1)
        if text and not re.fullmatch(r"0x[0-9a-fA-F]+|\d+", text):
            first, count = self.info.function(*self.pe, text)
        elif text:
            first, count = int(text, 0), SHOWN_INSTRUCTIONS
        elif here >= 0:
            first, count = max(0, here - 4), SHOWN_INSTRUCTIONS
        else:
            raise CsdbError("disassemble: no task computes; name a function or a position")
        last = ""
        for position, code, location in self.info.disassemble(*self.pe, first, count):
            line = location.rsplit(":", 1)[0]
            if line != last:
                self.say(f"{line}:")
            last = line
            self.say(f"{'>' if position == here else ' '} 0x{position:04x}  {code}")

    def do_quit(self, _: str) -> bool:
        """quit: ends csdb"""
        return True

    do_q = do_quit


class RunShell(Shell):
    """What a run has besides."""

    def __init__(self, stop: Any) -> None:
        super().__init__(Run(stop))
        self._debugger = stop

    def resume_at(self, stop: Any) -> None:
        self._debugger = stop
        self.target = Run(stop)
        if stop.reason != "that cycle is reached":
            self.pe = stop.pe
        self.set_prompt()
        self.say(f"cycle {stop.cycle}, P{stop.pe[0]}.{stop.pe[1]}: {stop.reason}")

    def do_break(self, args: str) -> None:
        """break FILE:LINE [PE] | break task NAME-OR-ID [PE]: stops there, on every PE or on one"""
        words = args.split()
        pe = None
        is_task = words[:1] == ["task"]
        if is_task:
            words = words[1:]
        if len(words) == 2:
            pe = self.parse_pe(words.pop())
        if len(words) != 1:
            raise CsdbError("break: expected FILE:LINE or task NAME, then at most one PE")
        if is_task:
            number = self._debugger.break_task(words[0], pe)
        else:
            match = re.fullmatch(r"(.+):(\d+)", words[0])
            if not match:
                raise CsdbError(f"break: '{words[0]}' is not FILE:LINE")
            number = self._debugger.break_line(match[1], int(match[2]), pe)
        self.show(number)

    do_b = do_break

    def do_watch(self, args: str) -> None:
        """watch NAME: stops when the variable of this PE changes"""
        self.show(self._debugger.watch(*self.pe, args.strip()))

    def show(self, number: int) -> None:
        for line in self._debugger.list():
            if line.startswith(f"{number}: "):
                self.say(line)

    def do_breakpoints(self, _: str) -> None:
        """breakpoints: lists breakpoints and watches"""
        for line in self._debugger.list():
            self.say(line)

    def do_delete(self, args: str) -> None:
        """delete NUMBER: deletes a breakpoint or watch"""
        number = int(args)
        if not self._debugger.delete(number):
            raise CsdbError(f"there is no breakpoint {number}")

    def do_continue(self, _: str) -> bool:
        """continue: runs until a breakpoint or watch"""
        return True

    do_c = do_continue

    def do_step(self, _: str) -> bool:
        """step: runs until this PE is about to execute its next instruction"""
        self._debugger.step(*self.pe, False)
        return True

    do_s = do_step

    def do_next(self, _: str) -> bool:
        """next: runs until this PE is about to execute code of another line"""
        self._debugger.step(*self.pe, True)
        return True

    do_n = do_next

    def do_until(self, args: str) -> bool:
        """until CYCLE: runs until the end of that cycle"""
        self._debugger.until(int(args, 0))
        return True

    def do_quit(self, _: str) -> bool:
        """quit: ends the run and the host script"""
        sys.stdout.flush()
        os._exit(0)

    do_q = do_quit


def program_folder(folder: pathlib.Path) -> pathlib.Path:
    """`folder`, or the one folder in it that holds a compiled program."""
    if (folder / "out.json").exists():
        return folder
    found = sorted(path.parent for path in folder.glob("*/out.json"))
    if len(found) == 1:
        return found[0]
    if not found:
        raise CsdbError(f"'{folder}' holds no compiled program (out.json); name the folder that "
                        "cslc -o wrote")
    raise CsdbError(f"'{folder}' holds several compiled programs: "
                    f"{', '.join(str(path) for path in found)}; name one")


def open_core(folder: pathlib.Path, core: Optional[str]) -> Core:
    folder = program_folder(folder)
    if core is None:
        core = next((name for name in CORE_NAMES if os.path.exists(name)), None)
    if core is None:
        raise CsdbError("no core file here: stop() leaves out.core, dump_core(FILE) writes one; "
                        "name it with --core")
    return Core(folder, pathlib.Path(core))


def debug_core(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser("csdb", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, metavar="OUT",
                        help="the folder that cslc wrote")
    parser.add_argument("--core", help="the core file; out.core by default")
    args = parser.parse_args(arguments)
    core = open_core(args.folder, args.core)
    shell = Shell(core)
    shell.say(f"{core.path}: cycle {core.cycle}; 'help' lists the commands")
    shell.cmdloop()
    return 0


def debug_run(arguments: List[str]) -> int:
    if not arguments:
        raise CsdbError("run: expected a host script")
    shells: List[RunShell] = []

    def prompt(stop: Any) -> None:
        if not shells:
            shells.append(RunShell(stop))
        shells[0].resume_at(stop)
        shells[0].cmdloop()

    _set_debugger(prompt)
    sys.argv = arguments
    sys.path.insert(0, str(pathlib.Path(arguments[0]).resolve().parent))
    try:
        runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0):
            raise
    print("the host script has ended", flush=True)
    return 0


def main() -> int:
    arguments = sys.argv[1:]
    try:
        if arguments[:1] == ["run"]:
            return debug_run(arguments[1:])
        return debug_core(arguments)
    except (CsdbError, FileNotFoundError, RuntimeError) as error:
        print(f"csdb: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
