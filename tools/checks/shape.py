# SPDX-License-Identifier: Apache-2.0
"""Columns, file and function lengths, names and headers of single files."""
import ast
import re

from tools.checks.tree import Finding

MAX_COLUMNS = 100
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 70
BANNED_WORDS = {"util", "utils", "helper", "helpers", "manager", "misc"}
# Names that users import, fixed by the documented interface.
DOCUMENTED_NAMES = {"sdk_utils.py", "debug_util.py", "data_utils.csl", "type_helpers.csl",
                    "data_utils.md"}
# Folders on one machine. Written in parts, so that this file does not find itself.
MACHINE_PATH = re.compile(r"(?<!\w)/(" + "|".join((
    "work/(main|shared)", "tmp/w/", "tmp/bz", "root/", "home/[a-z]")) + ")")


def columns(file):
    if file.is_generated() or not (file.is_source() or file.suffix == ".md"):
        return
    for number, line in enumerate(file.lines, 1):
        free = file.suffix == ".md" and (line.startswith("|") or "](" in line)
        if len(line) > MAX_COLUMNS and not free and "http" not in line:
            yield Finding(file.path, number, f"{len(line)} columns, at most {MAX_COLUMNS}")
        if line.rstrip() != line:
            yield Finding(file.path, number, "space at the end of the line")


def length(file):
    if file.is_source() and not file.is_generated() and len(file.lines) > MAX_FILE_LINES:
        yield Finding(file.path, 0, f"{len(file.lines)} lines, at most {MAX_FILE_LINES}")


def name(file):
    words = set(re.split(r"[_.\-]", file.name.lower()))
    bad = words & BANNED_WORDS
    if bad and file.name.replace("_test.", ".") not in DOCUMENTED_NAMES:
        yield Finding(file.path, 0, f"'{min(bad)}' in a file name says nothing; name what it does")


def header(file):
    """The licence line of every source, and what every C++ header says about itself."""
    if not file.is_source() or file.is_generated():
        return
    if not any("SPDX-License-Identifier: Apache-2.0" in line for line in file.lines[:3]):
        yield Finding(file.path, 1, "no 'SPDX-License-Identifier: Apache-2.0' in the first 3 lines")
    elif file.suffix in (".h", ".def") and not any(
            re.match(r"//\s*\S", line) for line in file.lines[1:3]):
        yield Finding(file.path, 2, "no comment that says what this header is for")
    if file.suffix == ".h":
        guard = file.path.replace("/", "_").replace(".", "_").upper() + "_"
        if f"#ifndef {guard}\n#define {guard}\n" not in file.text:
            yield Finding(file.path, 0, f"the include guard is not {guard}")


def machine_paths(file):
    for number, line in enumerate(file.lines, 1):
        if MACHINE_PATH.search(line):
            yield Finding(file.path, number, "a path of somebody's machine")


def blank(match):
    """As many blanks as the match is long, its line ends kept."""
    return re.sub(r"[^\n]", " ", match.group())


def blank_out(text):
    """C++ whose comments, strings and characters are blanks, so that only real braces are left."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"'
                         r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.DOTALL)
    return pattern.sub(blank, text)


_CONTAINER = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")


def cc_functions(text):
    """Yields (first line, last line) of what looks like a function body, outermost ones only."""
    directive = re.compile(r"(?m)^[ \t]*#.*(\\\n.*)*|\b(public|private|protected)\s*:")
    text = directive.sub(blank, blank_out(text))
    stack, after_last, depth_of_function = [], 0, None
    for match in re.finditer(r"[{};]", text):
        at, head = match.start(), text[after_last:match.start()]
        if match.group() == "{":
            starts = (depth_of_function is None and ")" in head
                      and not _CONTAINER.search(head.split("(")[0])
                      and not head.rstrip().endswith(("=", ",", "(", "return")))
            if starts:
                depth_of_function = len(stack)
            stack.append((after_last + len(head) - len(head.lstrip()), starts))
        elif match.group() == "}" and stack:
            first, started = stack.pop()
            if started:
                depth_of_function = None
                yield text.count("\n", 0, first) + 1, text.count("\n", 0, at) + 1
        after_last = at + 1


def _python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno


def functions(file):
    if file.is_generated():
        return
    if file.suffix in (".cc", ".h"):
        spans = cc_functions(file.text)
    elif file.suffix == ".py" or (file.is_script() and "python" in file.lines[0]):
        try:
            spans = list(_python_functions(file.text))
        except SyntaxError as error:
            yield Finding(file.path, error.lineno or 0, f"not Python: {error.msg}")
            return
    else:
        return
    for first, last in spans:
        if last - first + 1 > MAX_FUNCTION_LINES:
            yield Finding(file.path, first, f"a function of {last - first + 1} lines, "
                                            f"at most {MAX_FUNCTION_LINES}")


FILE_CHECKS = (columns, length, name, header, machine_paths, functions)
