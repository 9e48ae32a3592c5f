# SPDX-License-Identifier: Apache-2.0
"""Every function of the library has a test that runs it."""
import sys

import pytest

from tests.harness import toolchain
from tests.library import declarations, running

ROOT = toolchain.runfiles_root()
LIBRARY = ROOT / "compiler/stdlib"
MODULES = {path.relative_to(LIBRARY).with_suffix("").as_posix(): path.read_text(encoding="utf-8")
           for path in sorted(LIBRARY.rglob("*.csl"))}


def cases():
    return sorted([*(ROOT / "tests/conformance/cases").glob("*/*.csl"),
                   *(ROOT / "tests/library/cases").glob("*.csl")])


def called():
    texts = [*running.programs_of_cases(cases())]
    folders = {file.parent for room in ("tests/conformance", "tests/library")
               for file in (ROOT / room).glob("*/*.csl") if file.parent.name != "cases"}
    texts += running.programs_of_folders(sorted(folders))
    return set().union(*map(running.calls, texts))


CALLED = called()


def test_a_call_is_found():
    text = '''const m = @import_module("<a>"); // m.no(
const time = @import_module("<b/c>");
fn f() void { m.one(m.two[0].three (4)); f(time.four, m.five); }'''
    found = running.calls(text)
    names = ("one", "three", "four", "five")
    assert found == {(module, name) for module in ("a", "b/c") for name in names}
    assert running.is_called("a/part", "one", found) and running.is_called("b/c", "three", found)
    assert not running.is_called("a", "no", found) and not running.is_called("b", "one", found)
    assert not running.is_called("a", "f", found)


def test_programs_that_run_are_told_from_others(tmp_path):
    for header, is_run in (("// compiles:", False), ("// expect u16: x = 1", True),
                           ("// refused: no", False), ("var a: u16 = 1; // error: no", False)):
        case = tmp_path / "case.csl"
        case.write_text(header + "\n", encoding="utf-8")
        assert bool([*running.programs_of_cases([case])]) == is_run, header


@pytest.mark.parametrize("module", MODULES)
def test_module(module):
    names = running.functions(declarations.signatures(MODULES[module]))
    missing = [name for name in names if not running.is_called(module, name, CALLED)]
    assert not missing, f"no test runs these functions of <{module}>: {', '.join(missing)}"


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "--tb=short", "-p", "no:cacheprovider"]))
