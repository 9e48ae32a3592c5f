# SPDX-License-Identifier: Apache-2.0
"""Every declaration of the standard library that programs may use stands in its page, and the pages
name nothing else."""
import re
import sys

import pytest

from tests.harness import toolchain
from tests.library import declarations

ROOT = toolchain.runfiles_root()
LIBRARY = ROOT / "compiler/stdlib"
MODULES = {path.relative_to(LIBRARY).with_suffix("").as_posix(): path.read_text(encoding="utf-8")
           for path in sorted(LIBRARY.rglob("*.csl"))}
PAGES = {path.name: path.read_text(encoding="utf-8")
         for path in sorted((ROOT / "docs/library").glob("*.md"))}

SAMPLE = """
const time = @import_module("<time>");
param size: u16 = 3;
const limit = 7;
// A comment with a { in it; and more.
inline fn f(comptime T: type,
            x: [2]T) T {
  return x[0];
}
// ---- Internal ----
fn g() void {}
"""


def test_a_module_is_read():
    assert declarations.signatures(SAMPLE) == {
        "size": "param size: u16", "limit": "const limit",
        "f": "inline fn f(comptime T: type, x: [2]T) T"}


def test_a_page_is_read_and_its_errors_are_found():
    offered = declarations.signatures(SAMPLE)
    rows = [f"| `{signature}` | what it does |" for signature in offered.values()]
    page = "\n".join(["## `<a/b>`", "", *rows])
    assert declarations.differences("a/b", offered, declarations.documented(page)["a/b"]) == []
    for row in rows:
        for bad in ("", row.replace("what it does", "")):
            said = declarations.documented(page.replace(row, bad))["a/b"]
            assert "is not documented" in " ".join(declarations.differences("a/b", offered, said))
    said = declarations.documented(page.replace("x: [2]T", "x: T") + "\n| `fn h() void` | - |")
    wrong = " ".join(declarations.differences("a/b", offered, said["a/b"]))
    assert "it says" in wrong and "'h' is documented, but not declared" in wrong


def test_all_of_the_library_is_there():
    assert len(MODULES) > 50 and len(PAGES) > 20
    assert sum(len(declarations.signatures(text)) for text in MODULES.values()) > 350


@pytest.mark.parametrize("module", MODULES)
def test_module(module):
    offered = declarations.signatures(MODULES[module])
    said = [found[module] for found in map(declarations.documented, PAGES.values())
            if module in found]
    is_internal = MODULES[module].find(declarations.INTERNAL) >= 0 and not offered
    assert len(said) == (0 if is_internal else 1), "a module has one page; an internal one has none"
    wrong = declarations.differences(module, offered, said[0]) if said else []
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", PAGES)
def test_page(page):
    named = declarations.documented(PAGES[page])
    assert page == "README.md" or named
    assert not set(named) - set(MODULES), "modules that are not in the library"
    assert page == "README.md" or f"({page})" in PAGES["README.md"], "not linked from README.md"


def test_addresses_are_those_of_the_page():
    page = (ROOT / "docs/formats/configuration_words.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w*) *\| (\w*) *\|", page, re.M)
    enum = re.search(r"enum\(reg_type\) \{(.*?)\}", MODULES["tile_config/addresses"], re.S).group(1)
    stated = {}
    for name, value in re.findall(r"(\w+) = (.*?),\n", enum):
        by_arch = re.fullmatch(r"if \(is_wse3\) (\w+) else (\w+)", value)
        stated[name] = by_arch.group(2, 1) if by_arch else (value, value)
    assert len(rows) > 15 and {row[0] for row in rows} == set(stated)
    for name, wse2, wse3 in rows:
        byte_addresses = [f"{int(word, 16) * 2:#06x}" if word else "" for word in (wse2, wse3)]
        assert byte_addresses[1] == stated[name][1], name
        assert byte_addresses[0] in ("", stated[name][0]), name


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "--tb=short", "-p", "no:cacheprovider"]))
