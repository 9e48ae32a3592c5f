#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""reliability.py: holds docs/reliability.md to the tests that it names.

Each row of its tables ends in tests: `FILE: TEST`, and `TEST` for another one of the same file.
Exit code 1, with what is wrong, if a row names none, if one does not exist, or if a test of the
files in WHOLE stands in no row.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent  # behind the links of runfiles
PAGE = "docs/reliability.md"
# Every test of these is a fault and has its row.
WHOLE = ("tests/recovery/failure_points_test.py", "tests/recovery/fencing_test.py",
         "tests/recovery/killed_test.py", "tests/recovery/killed_at_stages_test.py",
         "tests/recovery/limits_test.py", "tests/recovery/network_test.py",
         "tests/recovery/clock_test.py", "tests/recovery/retention_test.py",
         "tests/e2e/embedded_faults_test.py")
_TEST = re.compile(r"^(?:def (test_\w+)|TEST(?:_F|_P)?\((\w+), *(\w+)\))", re.M)
_NAMED = re.compile(r"`([^`]+)`")


def tests_of(text):
    return {one or f"{suite}.{name}" for one, suite, name in _TEST.findall(text)}


def named(page):
    """(line, FILE, TEST) of each row; FILE and TEST are None where a row names no test."""
    for number, line in enumerate(page.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if not line.startswith("| ") or cells[-1].strip(" |") == "tests":
            continue
        file, found = None, False
        for text in _NAMED.findall(cells[-1]):
            file, test = text.split(": ") if ": " in text else (file, text)
            if file is None:
                break
            found = True
            yield number, file, test
        if not found:
            yield number, None, None


def faults(page, read, whole):
    """What is wrong with the page, as sentences. `read` gives a file's text, or None."""
    wrong, shown = [], {}
    for line, file, test in named(page):
        if file is None:
            wrong.append(f"line {line} names no test")
            continue
        text = read(file)
        if text is None or test not in tests_of(text):
            wrong.append(f"line {line}: '{file}' has no test '{test}'")
        shown.setdefault(file, set()).add(test)
    for file in whole:
        for test in sorted(tests_of(read(file) or "") - shown.get(file, set())):
            wrong.append(f"no row names '{file}: {test}'")
    return wrong


def read_file(name):
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.is_file() else None


def main():
    wrong = faults((ROOT / PAGE).read_text(encoding="utf-8"), read_file, WHOLE)
    for sentence in wrong:
        print(f"{PAGE}: {sentence}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
