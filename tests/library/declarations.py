# SPDX-License-Identifier: Apache-2.0
"""What library modules declare and what their pages say of it, both as signatures by name.

A module's declarations in front of the line `// ---- Internal ----` are for programs, but for its
imports. A signature is the text of a declaration without its value or body, in one line.
"""
import re

INTERNAL = "// ---- Internal ----"
_START = re.compile(r"(?:export )?(?:(?:inline|noinline) )?(fn|const|var|param) (\w+)")
_ROW = re.compile(r"\| `(.+?)` \| ?(.*) \|$")
_SECTION = re.compile(r"## `<(.+)>`$")


def signatures(source):
    """{name: signature} of what a module offers."""
    found = {}
    lines = source.split(INTERNAL)[0].splitlines()
    for number, line in enumerate(lines):
        start = _START.match(line)
        if start and "@import_module(" not in _statement(lines[number:]):
            found[start.group(2)] = _signature(start.group(1), _statement(lines[number:]))
    return found


def _statement(lines):
    """A declaration from its first line on: to its `;` or the brace that opens its body."""
    text, depth = "", 0
    for line in lines:
        for char in re.sub(r"//.*", "", line) + " ":
            depth += (char in "([") - (char in ")]")
            if depth == 0 and (char == ";" or char == "{"):
                return text
            text += char
    raise ValueError(f"no end of {lines[0]}")


def _signature(kind, statement):
    if kind == "const":
        return "const " + _START.match(statement).group(2)
    if kind != "fn":
        statement = statement.split(" =")[0]
    return re.sub(r"\s+", " ", statement).strip()


def documented(page):
    """{module: {name: signature}} of a page's text. Rows belong to the heading above them."""
    modules, module = {}, None
    for line in page.splitlines():
        section = _SECTION.match(line)
        if section:
            module = modules.setdefault(section.group(1), {})
        row = _ROW.match(line)
        start = row and _START.match(row.group(1))
        if start and module is not None and row.group(2):  # a row says something
            module[start.group(2)] = row.group(1)
    return modules


def differences(name, offered, said):
    """What is wrong with the documentation of a module, one text each."""
    wrong = [f"<{name}>: '{n}' is not documented: {offered[n]}" for n in offered if n not in said]
    wrong += [f"<{name}>: '{n}' is documented, but not declared" for n in said if n not in offered]
    wrong += [f"<{name}>: it says\n  {said[n]}\nand the module\n  {offered[n]}"
              for n in offered if n in said and said[n] != offered[n]]
    return wrong
