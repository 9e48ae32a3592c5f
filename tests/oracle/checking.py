# SPDX-License-Identifier: Apache-2.0
"""Compiles and runs programs, and compares every result with exact arithmetic."""
import json

import numpy as np

from tests.harness import toolchain
from tests.oracle.program import LAYOUT

OPTIONS = ["layout.csl", "--fabric-dims=8,3", "--fabric-offsets=4,1", "--memcpy", "--channels=1"]
SHOWN = 30


def compile_program(tools, folder, program, *options):
    """Writes the program into the folder and compiles it there."""
    folder.mkdir(parents=True)
    (folder / "pe.csl").write_text(program.text(), encoding="utf-8")
    (folder / "layout.csl").write_text(LAYOUT, encoding="utf-8")
    (folder / "sizes.json").write_text(json.dumps(program.sizes), encoding="utf-8")
    done = tools.cslc(folder, *OPTIONS, *options)
    # Results that wrap are warned about, by the thousand.
    assert done.returncode == 0, f"{folder.name}\n{errors_only(done.stderr)}"


def errors_only(text):
    """The messages that are errors, each with the lines below it."""
    kept, shown = [], False
    for line in text.splitlines():
        if "error: " in line or "warning: " in line:
            shown = "error: " in line
        if shown:
            kept.append(line)
    return "\n".join(kept[:SHOWN]) or text[-2000:]


def differences(program, folder):
    """One line for each result that differs."""
    with np.load(folder / "results.npz") as results:
        arrays = {name: results[name].tolist() for name in program.sizes}
    for block in program.blocks:
        for what, start, wanted in block.cases():
            got = arrays[block.array][start:start + len(wanted)]
            if got != wanted:
                yield f"{what}: got {show(got)}, want {show(wanted)}"


def show(words):
    return " ".join(map(hex, words))


def check(programs, *options):
    """Programs by name, compiled with the options for both architectures; the number of cases."""
    tools = toolchain.installed()
    work = toolchain.scratch_folder("oracle")
    script = toolchain.runfiles_root() / "tests/oracle/run.py"
    folders = {}
    for name, program in programs.items():
        for arch in ("wse2", "wse3"):
            folders[work / f"{name}_{arch}"] = program
            compile_program(tools, work / f"{name}_{arch}", program, f"--arch={arch}", *options)
    toolchain.succeed(tools.cs_python(work, script, *folders))
    wrong = [f"{folder.name}: {line}" for folder, program in folders.items()
             for line in differences(program, folder)]
    assert not wrong, f"{len(wrong)} results differ\n" + "\n".join(wrong[:SHOWN])
    checked = sum(program.size() for program in folders.values())
    print(f"{checked} cases of {', '.join(programs)} agree")
    return checked
