# SPDX-License-Identifier: Apache-2.0
"""Holds dependencies between folders, in BUILD files and #include lines, to arrows.txt."""
import ast
import pathlib
import re

from tools.checks.tree import Finding

TABLE = pathlib.Path(__file__).with_name("arrows.txt")
INCLUDE = re.compile(r'\s*#\s*include\s+"([^"]+)"')
# Attributes of a target that name what it is made of or linked with.
EDGES = ("deps", "implementation_deps", "srcs", "hdrs", "textual_hdrs", "data")


def read_table(text):
    """{folder: tuple of folders it may use}."""
    rows = {}
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if line:
            folder, _, used = line.partition(":")
            rows[folder.strip()] = tuple(used.split())
    return rows


def _below(path, folder):
    return path == folder or path.startswith(folder + "/")


def folder_of(used):
    """The folder of "folder:target" or "folder/header.h"."""
    return used.split(":")[0] if ":" in used else used.rpartition("/")[0]


class Arrows:
    """Answers whether a folder may use another."""

    def __init__(self, rows):
        self._rows = rows

    def row_of(self, folder):
        rows = [row for row in self._rows if _below(folder, row)]
        return max(rows, key=len) if rows else None

    def allows(self, user, used, is_test):
        """`user` is a folder, "" for the root, which wires everything together; `used` says what of
        which folder is used: "folder:target" or "folder/header.h"."""
        row, exactly = self.row_of(user), used
        used = folder_of(used)
        if user == "" or row is None or _below(used, row) or exactly == ":VERSION":
            return True
        if is_test and (used == "docs" or "testing" in used.split("/")):
            return True
        return any(allowed == exactly or _below(used, allowed) for allowed in self._rows[row])


def _strings(node):
    values = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
    return [v for v in values if isinstance(v, str)]


def build_edges(text):
    """Yields (line, "folder:target", whether only tests use it) for each label of a BUILD file."""
    for call in ast.walk(ast.parse(text)):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        named = {k.arg: k.value for k in call.keywords}
        only_tests = "testonly" in named and getattr(named["testonly"], "value", 0)
        is_test = call.func.id.endswith(("_test", "_tests")) or bool(only_tests)
        for edge in EDGES:
            for label in _strings(named[edge]) if edge in named else ():
                if label.startswith("//"):
                    folder, _, target = label[2:].partition(":")
                    target = target or folder.rsplit("/", 1)[-1]
                    yield named[edge].lineno, f"{folder}:{target}", is_test


def _include_edges(file, folders):
    is_test = file.path.endswith(("_test.cc", "_test.h")) or "testing" in file.folder.split("/")
    for number, line in enumerate(file.lines, 1):
        match = INCLUDE.match(line)
        if match and "/" in match.group(1) and folder_of(match.group(1)) in folders:
            yield number, match.group(1), is_test


def violations(files, arrows=None):
    arrows = arrows or Arrows(read_table(TABLE.read_text()))
    folders = {f.folder for f in files}
    for file in files:
        if file.name == "BUILD":
            try:
                edges = list(build_edges(file.text))
            except SyntaxError as error:
                yield Finding(file.path, error.lineno or 0, f"not a BUILD file: {error.msg}")
                continue
        elif file.suffix in (".cc", ".h", ".def"):
            edges = _include_edges(file, folders)
        else:
            continue
        if file.folder and arrows.row_of(file.folder) is None:
            if file.name == "BUILD":
                yield Finding(file.path, 0, "no row for this folder in tools/checks/arrows.txt")
            continue
        for line, used, is_test in edges:
            if not arrows.allows(file.folder, used, is_test):
                row = arrows.row_of(file.folder)
                text = (f"{file.folder} must not use {folder_of(used) or used} "
                        f"(row '{row}' of arrows.txt)")
                yield Finding(file.path, line, text)
