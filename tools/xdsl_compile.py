#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""xdsl_compile.py CHECKOUT [--cslc=PROGRAM] [--keep=FOLDER]

Compiles the CSL that a checkout of xDSL says its backend prints: the expected output of
tests/filecheck/backend/csl, without edits by hand. Both printed files are compiled: the program,
which is one for WSE-2, under a layout of ours, and the layout over programs of ours; every printed
function is called, so that all are analysed. Modules that the text imports and does not have are
stand-ins with what it calls.

Printed is a test of the printer, not one program: pieces that are not CSL of any release are left
out, and named with the reason. Prints a line a compilation; the exit code is 0 if none failed.
"""
import argparse
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

FOLDER = "tests/filecheck/backend/csl"

# What makes a piece no CSL of any release, and the reason that is printed.
NOT_CSL = [
    (r": ui\d+", "a value with a type of MLIR behind it"),
    (r"\A[\w.]+\([^;]*\);\s*\Z", "a call outside of every block"),
    (r"\Aconst \w+ : f32 = param_import\.baz", "a call to a module that does not exist"),
]

# The modules that the text names.
STAND_INS = {
    "mod.csl": "param val: i16 = 0;\nconst f: i32 = 7;\n",
    "thing.csl": "const some_field = .{ .x = 1 };\n"
                 "fn some_func(from: i32, to: i32) i32 { return to - from; }\n",
}


def printed_files(text):
    """{name: text} of the files in the CHECK lines of a test."""
    files = {}
    lines = None
    for line in text.split("\n"):
        match = re.match(r"// CHECK(?:-NEXT)?:\s?(.*)", line)
        if not match:
            continue
        line = match.group(1)
        name = re.match(r"// FILE: (\S+)", line)
        if name:
            lines = files.setdefault(name.group(1), [])
        elif lines is not None and not line.startswith("// -----"):
            lines.append("" if line.strip() == "{{ *}}" else line)
    return {name: "\n".join(lines) + "\n" for name, lines in files.items()}


def pieces(text):
    """The declarations at the top of a file, as texts; each begins at the edge of a line."""
    found = []
    for line in text.split("\n"):
        if line and not line[0].isspace() and line[0] != "}":
            found.append([line])
        elif found:
            found[-1].append(line)
    return ["\n".join(lines).rstrip() for lines in found]


def without_fragments(name, text):
    """The text without the pieces that are not CSL, which are printed."""
    kept = []
    for piece in pieces(text):
        reason = next((why for what, why in NOT_CSL if re.search(what, piece)), None)
        if reason:
            first = piece.split("\n", maxsplit=1)[0]
            print(f"left out of {name}: {first} ({reason})")
        else:
            kept.append(piece)
    return "\n".join(kept) + "\n"


def calls_of_all(text):
    """A task that calls every function of the text that takes nothing and gives nothing."""
    names = re.findall(r"^fn (\w+)\(\) void", text, re.MULTILINE)
    others = re.findall(r"^fn (\w+)\(\) (?!void)\w+", text, re.MULTILINE)
    lines = [f"  {name}();" for name in names]
    lines += [f"  var of_{name} = {name}();" for name in others]
    return ("task all_of_it() void {\n" + "\n".join(lines) + "\n}\n"
            "comptime { @bind_local_task(all_of_it, @get_local_task_id(9)); }\n")


def layout_over(name, layout):
    """A layout of one tile that runs the program, with the exports of the printed layout."""
    exports = "\n".join(re.findall(r"^\s*@export_name.*$", layout, re.MULTILINE))
    return (f'layout {{\n  @set_rectangle(1, 1);\n  @set_tile_code(0, 0, "{name}");\n{exports}\n'
            "}\n")


def with_all_tiles(layout):
    """The printed layout, which has code for two tiles of its rectangle, with code for the rest."""
    rest = """  for (@range(i16, param_1)) |x_| {
    for (@range(i16, 6)) |y_| {
      if (y_ > 0 or x_ > 1) @set_tile_code(x_, y_, "file.csl");
    }
  }
"""
    end = layout.rindex("}")
    return layout[:end] + rest + layout[end:]


def program_under(text):
    """What the printed layout's tiles run: its parameters and its exports."""
    params = re.findall(r"^\s+\.(\w+) = ", text, re.MULTILINE)
    lines = [f"param {name} = 0;" for name in params]
    lines += ["var some: [10]f32;", "const other = [2]i32 { 1, 2 };",
              "var ptr_name: [*]f32 = &some;", "const another_ptr: [*]const i32 = &other;",
              "fn no_args_no_return() void {}", "fn args_no_return(a: i32, b: i32) void {}"]
    names = re.findall(r'@export_name\("(\w+)"', text)
    lines += [f'comptime {{ @export_symbol({name}, "{name}"); }}' for name in names]
    return "\n".join(lines) + "\n"


def compile_one(cslc, folder, root, more):
    """One line; True if it compiled."""
    done = subprocess.run(cslc + [root, "--fabric-dims=20,20", "--fabric-offsets=4,1",
                                  "--import-path=modules", "-o", "out"] + more,
                          cwd=folder, capture_output=True, text=True, check=False)
    print(f"{'FAILED' if done.returncode else 'passed'} {root} {' '.join(more)}")
    if done.returncode:
        print(done.stderr, end="")
    return done.returncode == 0


def compile_all(cslc, checkout, folder):
    """Lays out the files and compiles them; True if all is well."""
    tests = sorted((checkout / FOLDER).glob("*.mlir"))
    if not tests:
        sys.exit(f"{checkout} has no {FOLDER}/*.mlir")
    (folder / "modules").mkdir(exist_ok=True)
    for name, text in STAND_INS.items():
        (folder / "modules" / name).write_text(text, encoding="utf-8")
    well = True
    for test in tests:
        files = printed_files(test.read_text(encoding="utf-8"))
        layout = files.pop("layout.csl", "")
        for name, text in files.items():
            text = without_fragments(name, text)
            (folder / name).write_text(text + calls_of_all(text), encoding="utf-8")
            (folder / "over.csl").write_text(layout_over(name, layout), encoding="utf-8")
            # Data tasks by color and task ids below 8 are of WSE-2.
            well = compile_one(cslc, folder, "over.csl", ["--arch=wse2"]) and well
        if layout:
            (folder / "layout.csl").write_text(with_all_tiles(layout), encoding="utf-8")
            for name in re.findall(r'"(\w+\.csl)"', layout):
                (folder / name).write_text(program_under(layout if name == "program.csl" else
                                                         layout.replace(".hello", "")),
                                           encoding="utf-8")
            for arch in ("wse2", "wse3"):
                well = compile_one(cslc, folder, "layout.csl",
                                   [f"--arch={arch}", "--params=param_1:6"]) and well
    return well


def main():
    """See the top of the file."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("checkout", type=pathlib.Path)
    parser.add_argument("--cslc", default="cslc")
    parser.add_argument("--keep", type=pathlib.Path, help="where the files are left")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or pathlib.Path(scratch)
        folder.mkdir(exist_ok=True)
        well = compile_all(shlex.split(arguments.cslc), arguments.checkout.resolve(),
                           folder.resolve())
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
