#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""examples_compile.py SUITE [--cslc=PROGRAM] [--only=TEXT] [--show-errors] [--no-route-warnings]
[--jobs=N]

Compiles every program of a checkout of the public example suite and prints a line a compilation:
passed or failed, seconds, where its command comes from. Nothing is written into the checkout.
--only=TEXT keeps the compilations whose line contains TEXT. With --no-route-warnings a compilation
fails if a check of routes warns. The exit code is 0 if none failed.

Compiled are the `cslc` lines of all commands files, what the suite's Python scripts that only
compile run, and, through layout documents, the programs that no commands file compiles.
"""
import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

LIMIT_SECONDS = 300

# Scripts that do nothing but compile: folder they run in, script, arguments.
COMPILE_SCRIPTS = [
    ("benchmarks/row-col-broadcast", "compile.py",
     ["-m=5", "-n=5", "-k=5", "--latestlink=out", "--channels=2", "--arch=wse2"]),
    ("benchmarks/row-col-broadcast", "compile.py",
     ["-m=5", "-n=5", "-k=5", "--latestlink=out", "--channels=2", "--arch=wse3"]),
    ("benchmarks/single-tile-matvec/src", "../sweep.py", ["--name=out", "--dims=2,1"]),
]

# Programs for single PEs that the suite places with SdkLayout, or only shows: folder, then for
# each PE of a row its file and its parameters.
PLACED_PROGRAMS = {
    "tutorials/gemv-00-basic-syntax": [("code.csl", {})],
    "tutorials/sdklayout-01-introduction": [("gv.csl", {"value": 550})],
    "tutorials/sdklayout-02-routing": [
        ("send_receive.csl", {"select": 0, "c": 8}),
        ("send_receive.csl", {"select": 1, "c": 8}),
    ],
    "tutorials/sdklayout-03-ports-and-connections": [
        ("sender.csl", {"size": 10, "tx": 1}),
        ("sender.csl", {"size": 10, "tx": 2}),
        ("add2vec.csl", {"size": 10, "rx1": 1, "rx2": 2, "tx": 3}),
        ("receiver.csl", {"size": 10, "rx": 3}),
    ],
    "tutorials/sdklayout-04-h2d-d2h": [
        ("add2vec.csl", {"size": 10, "rx1": 1, "rx2": 2, "tx": 3}),
    ],
    "tutorials/sdklayout-05-gemv": [
        ("demux_adaptor.csl",
         {"batch_size": 4, "num_batches": 4, "in_color": 0, "out_color": 1}),
        ("demux.csl", {"size": 4, "in_color": 1, "out_color": 2, "entry_point": 40,
                       "has_sentinel": 1}),
        ("demux.csl", {"size": 8, "in_color": 3, "out_color": 4, "entry_point": 0,
                       "has_sentinel": 0}),
        ("gemv.csl", {"x_in": 2, "b_in": 4, "y_out": 5, "width": 4, "height": 8,
                      "control_ep": 40}),
        ("gemv.csl", {"x_in": 2, "b_in": 5, "y_out": 4, "width": 4, "height": 8,
                      "control_ep": 40}),
        ("mux.csl", {"size": 8, "in_color": 4, "out_color": 6}),
    ],
}


@dataclasses.dataclass
class Compilation:
    """One run of cslc: where the command stands, its arguments, the folder it runs in."""
    origin: str
    args: list
    folder: pathlib.Path
    passed: bool = False
    seconds: float = 0.0
    output: str = ""


def cslc_lines(text):
    """[(line number, arguments)] of the cslc commands of a shell script, continued lines joined."""
    found = []
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        first = at
        command = lines[at]
        while command.endswith("\\") and at + 1 < len(lines):
            at += 1
            command = command[:-1] + " " + lines[at]
        at += 1
        if command.split()[:1] == ["cslc"]:
            found.append((first + 1, shlex.split(command)[1:]))
    return found


def from_commands_files(suite):
    """The compilations of all commands_wse*.sh, and of the commands.sh of releases before 1.2."""
    found = []
    for path in sorted([*suite.rglob("commands_wse*.sh"), *suite.rglob("commands.sh")]):
        for line, args in cslc_lines(path.read_text(encoding="utf-8")):
            found.append(Compilation(f"{path.relative_to(suite)}:{line}", args, path.parent))
    return found


def record(script, args):
    """Runs a Python script whose child processes are printed, as JSON, instead of started."""
    import runpy  # pylint: disable=import-outside-toplevel
    recorded = []

    def instead(command, *_, **__):
        recorded.append(list(command))
        return 0

    subprocess.check_call = instead
    sys.argv = [script] + args
    sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
    sys.stdout = sys.stderr
    try:
        runpy.run_path(script, run_name="__main__")
    except RuntimeError:
        pass  # the script misses what the compiler would have written
    print(json.dumps(recorded), file=sys.__stdout__)


def from_compile_scripts(suite):
    """What the suite's compile scripts would run."""
    found = []
    for folder, script, args in COMPILE_SCRIPTS:
        where = suite / folder
        if not (where / script).exists():
            continue
        done = subprocess.run(
            [sys.executable, "-B", os.path.abspath(__file__), "--record", script] + args,
            cwd=where, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"cannot run {where / script}:\n{done.stderr}")
        commands = [c for c in json.loads(done.stdout) if pathlib.Path(c[0]).name == "cslc"]
        name = (where / script).resolve().relative_to(suite)
        found += [Compilation(f"{name}[{i}]", c[1:], where) for i, c in enumerate(commands)]
    return found


COLOR_PARAM = re.compile(r"^param (\w+): color\b", re.M)


def layout_document(folder, pes):
    """The layout document of a row of PEs; file names are absolute. A number is given as a color
    where the program declares one, as those of SDK 1.4.0 do."""
    lines = ["csl layout 1", f"rectangle {len(pes)} x 1"]
    for i, (file, params) in enumerate(pes):
        lines.append(f"program {i} {folder / file}")
        colors = COLOR_PARAM.findall((folder / file).read_text(encoding="utf-8"))
        lines += [f"  {name}: color = {value}" if name in colors else f"  {name} = {value}"
                  for name, value in params.items()]
    lines += [f"tiles {i}, 0: program {i}" for i in range(len(pes))]
    return "\n".join(lines) + "\n"


def from_placed_programs(suite, scratch):
    """The programs that only a layout document can compile, for both architectures."""
    found = []
    for name, pes in PLACED_PROGRAMS.items():
        folder = suite / name
        if not folder.is_dir():
            continue
        document = scratch / (folder.name + ".layout")
        document.write_text(layout_document(folder, pes), encoding="utf-8")
        for arch in ("wse2", "wse3"):
            args = [str(document), f"--arch={arch}", "--fabric-dims=20,10"]
            found.append(Compilation(f"{name} ({arch})", args, folder))
    return found


def with_output(args, output):
    """The arguments with another output folder."""
    kept = []
    skip = False
    for arg in args:
        if skip:
            skip = False
        elif arg == "-o":
            skip = True
        elif not arg.startswith("-o="):
            kept.append(arg)
    return kept + ["-o", str(output)]


# How the messages of route checks begin; no other warning names PEs first.
ROUTE_WARNING = re.compile(r": warning: PE\(\d")


def compile_one(compilation, cslc, output, no_route_warnings=False):
    """Runs the compilation and fills in its result."""
    begin = time.monotonic()
    try:
        done = subprocess.run(cslc + with_output(compilation.args, output),
                              cwd=compilation.folder, capture_output=True, text=True,
                              errors="replace", timeout=LIMIT_SECONDS, check=False)
        compilation.passed = done.returncode == 0
        if no_route_warnings and ROUTE_WARNING.search(done.stderr):
            compilation.passed = False
        compilation.output = done.stderr or f"exit code {done.returncode}\n"
    except subprocess.TimeoutExpired:
        compilation.output = f"still running after {LIMIT_SECONDS} s\n"
    compilation.seconds = time.monotonic() - begin


def result_line(compilation):
    """passed 0.12 s benchmarks/x/commands_wse2.sh:5, with the first error of a failed one."""
    state = "passed" if compilation.passed else "FAILED"
    line = f"{state} {compilation.seconds:7.2f} s  {compilation.origin}"
    if compilation.passed:
        return line
    output = [text for text in compilation.output.split("\n") if text]
    errors = ([text for text in output if "error:" in text or ROUTE_WARNING.search(text)]
              or output or ["no message"])
    return line + "\n" + " " * 18 + errors[0]


def main():
    """Reads the command line, compiles all, prints the lines and the sum."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("suite", type=pathlib.Path, help="checkout of the example suite")
    parser.add_argument("--cslc", default="cslc", help="the compiler (default: on PATH)")
    parser.add_argument("--only", default="", help="compilations whose line contains this")
    parser.add_argument("--show-errors", action="store_true", help="all messages, not the first")
    parser.add_argument("--no-route-warnings", action="store_true",
                        help="a warning of route checks is a failure")
    parser.add_argument("--jobs", type=int, default=1, help="at a time; 1 for honest times")
    options = parser.parse_args()
    suite = options.suite.resolve()
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        todo = (from_commands_files(suite) + from_compile_scripts(suite)
                + from_placed_programs(suite, scratch))
        todo = [c for c in todo if options.only in c.origin]
        if not todo:
            sys.exit(f"{suite} has no compilation with '{options.only}' in its line")

        def run(numbered):
            number, compilation = numbered
            compile_one(compilation, shlex.split(options.cslc), scratch / f"out{number}",
                        options.no_route_warnings)
            return compilation

        with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
            for done in pool.map(run, enumerate(todo)):
                print(result_line(done), flush=True)
                if options.show_errors and not done.passed:
                    print(done.output)
    passed = [c for c in todo if c.passed]
    slow = sum(1 for c in todo if c.seconds > 1)
    print(f"{len(passed)} passed, {len(todo) - len(passed)} failed; {slow} took over 1 s, the "
          f"slowest {max(c.seconds for c in todo):.2f} s")
    return 0 if len(passed) == len(todo) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--record"]:
        record(sys.argv[2], sys.argv[3:])
        sys.exit(0)
    sys.exit(main())
