#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""compatibility.py [--check]: prints docs/compatibility.md, the tests of each behaviour.

The behaviours are those of compatibility.txt. Tests, in Python or C++, cite their numbers in a
comment beside a test: "compat 7, 15" or, of a behaviour with forms, "compat 10 strict". Exit code
1, with the numbers, if one is not cited, or one is cited that is not in the table; with --check
also if the page is stale.
"""
import pathlib
import re
import sys

HEAD = """\
# What programs written for the documented client rely on

Each behaviour, and the tests that show it. This page is written by `tools/compatibility.py`, which
fails when a behaviour has no test.

| # | behaviour | tests |
|---|---|---|
"""
ROOT = pathlib.Path(__file__).resolve().parent.parent  # behind the links of runfiles
PAGE = "docs/compatibility.md"
TESTS = ("tests/**/*_test.py", "client/**/*_test.cc", "base/http/*_test.cc")
_ROW = re.compile(r"^(\d+) (?:\[([^\]]*)\] )?(.+)$")
_TEST = re.compile(r"^(?:def (test_\w+)|TEST(?:_F|_P)?\((\w+), *(\w+)\))", re.M)
_CITED = re.compile(r"(?:#|//) *compat ([0-9][^\n]*)")


class Wrong(Exception):
    """The table or a citation is wrong."""


def read_table(text):
    """number -> (forms, sentence)"""
    rows = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        match = _ROW.match(line)
        if not match or int(match[1]) in rows:
            raise Wrong(f"not a row, or one twice: {line!r}")
        forms = [form.strip() for form in match[2].split(",")] if match[2] else []
        rows[int(match[1])] = (forms, match[3])
    return rows


def citations(name, text):
    """(number, form or "", "FILE: TEST") of one file."""
    place = None
    for line in text.splitlines():
        test = _TEST.match(line)
        if test:
            place = test[1] or f"{test[2]}.{test[3]}"
        cited = _CITED.search(line)
        if not cited:
            continue
        if place is None:
            raise Wrong(f"{name}: {line.strip()!r} is not behind the start of a test")
        for entry in cited[1].split(","):
            words = entry.split()
            if not words or not words[0].isdigit():
                raise Wrong(f"{name}: {line.strip()!r}: {entry.strip()!r} is not a number")
            for form in words[1:] or [""]:
                yield int(words[0]), form, f"{name}: {place}"


def page(table, files):
    """The page, from the text of the table and (name, text) of the files."""
    rows = read_table(table)
    shown = {number: {} for number in rows}
    for name, text in files:
        for number, form, test in citations(name, text):
            if number not in rows or (form and form not in rows[number][0]):
                raise Wrong(f"{test} cites 'compat {number} {form}', which the table does not have")
            shown[number].setdefault(form, []).append(test)
    missing = [f"{number}" for number in rows if not shown[number]]
    missing += [f"{number} {form}" for number, (forms, _) in rows.items() for form in forms
                if form not in shown[number]]
    if missing:
        raise Wrong("no test cites compat " + ", ".join(missing))
    lines = []
    for number, (_, sentence) in sorted(rows.items()):
        tests = []
        for form, found in sorted(shown[number].items()):
            tests += [f"`{test}`" + (f" ({form})" if form else "") for test in dict.fromkeys(found)]
        lines.append(f"| {number} | {sentence} | {'<br>'.join(tests)} |\n")
    return HEAD + "".join(lines)


def main(arguments):
    names = sorted(name for pattern in TESTS for name in ROOT.glob(pattern))
    try:
        text = page((ROOT / "tools/compatibility.txt").read_text(encoding="utf-8"),
                    [(name.relative_to(ROOT).as_posix(), name.read_text(encoding="utf-8"))
                     for name in names])
    except Wrong as failure:
        print(f"compatibility.py: {failure}", file=sys.stderr)
        return 1
    if arguments != ["--check"]:
        sys.stdout.write(text)
    elif text != (ROOT / PAGE).read_text(encoding="utf-8"):
        print(f"{PAGE} is stale: tools/compatibility.py > {PAGE}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
