# SPDX-License-Identifier: Apache-2.0
"""coverage.txt names a case for every part of the language and every builtin of the compiler.

Its rows are `ITEM: CASE ...`. An item is a section with its part, a rung, or a builtin `@name`; a
case is a file below cases/ without its ending, or the folder of a program with a host script; of a
builtin that is not supported yet there is `none`.
"""
import functools
import pathlib
import re
import sys

import pytest

from tests.conformance.harness import case_file
from tests.harness import toolchain

HERE = toolchain.runfiles_root() / "tests/conformance"
SECTIONS = [*range(2, 24), 28, 29, 30]
RUNGS = [*range(1, 11), *range(12, 19), *range(20, 44)]  # others need SdkLayout
BUILTIN = re.compile(r"^BUILTIN\((\w+),", re.M)
PRIVATE = "sys_"  # what the library alone uses: its functions are tested instead


def table():
    """{item: [case]}"""
    rows = {}
    for line in (HERE / "coverage.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            item, cases = line.split(": ")
            assert item not in rows, f"{item} stands twice in coverage.txt"
            rows[item] = cases.split()
    return rows


ROWS = table()


def builtins():
    text = (toolchain.runfiles_root() / "compiler/lower/builtins.def").read_text(encoding="utf-8")
    return ["@" + name for name in BUILTIN.findall(text) if not name.startswith(PRIVATE)]


def calls(text):
    return set(re.findall(r"@\w+(?=\()", re.sub(r"//.*", "", text)))


@functools.cache
def called_in(case):
    """The builtins that programs of a case call which are accepted on some architecture."""
    called = set()
    if (HERE / case).is_dir():
        for file in (HERE / case).glob("**/*.csl"):
            called |= calls(file.read_text(encoding="utf-8"))
        return called
    for program in case_file.read(HERE / "cases" / f"{case}.csl"):
        if all(program.is_refused(arch) for arch in program.architectures()):
            continue
        called |= calls("".join(program.files.values()))
    return called


@pytest.mark.parametrize("builtin", builtins())
def test_builtin_has_a_case_that_calls_it(builtin):
    assert ROWS.get(builtin), f"coverage.txt has no row for {builtin}"
    if ROWS[builtin] == ["none"]:
        pytest.skip(f"{builtin} is not supported yet")
    for case in ROWS[builtin]:
        assert builtin in called_in(case), f"no program of {case} that compiles calls {builtin}"


def test_every_row_of_a_builtin_is_one():
    assert {item for item in ROWS if item.startswith("@")} == set(builtins())


@pytest.mark.parametrize("item", [item for item in ROWS if not item.startswith("@")])
def test_cases_of_an_item_are_there(item):
    for case in ROWS[item]:
        places = [HERE / "cases" / f"{case}.csl", HERE / case / "run.py"]
        assert any(place.is_file() for place in places), case


def test_every_section_and_rung_has_a_row():
    found = {item.split()[0] for item in ROWS}
    assert {str(section) for section in SECTIONS} <= found
    assert {f"rung-{rung}" for rung in RUNGS} <= found


def test_every_case_asserts_something():
    files = sorted((HERE / "cases").glob("*/*.csl"))
    assert len(files) > 50
    for file in files:
        assert all(program.is_asserting() for program in case_file.read(pathlib.Path(file)))


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
