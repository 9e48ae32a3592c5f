# SPDX-License-Identifier: Apache-2.0
"""Tables about the checks of the fabric fit the code: the faults of fabric_faults.txt can be put
in, every row of the cost tables has a test in cycles (fabric/isa/cost_tests.txt), and every worked
trace has tests (fabric/reference/trace_tests.txt).
"""
import pathlib
import re
import sys

import pytest

from tools import fabric_faults

# Runfiles are links: behind them lies the source tree.
ROOT = pathlib.Path(__file__).resolve().parent.parent
COST_TABLES = {
    "fabric/isa/opcodes.def": r"^OPCODE\((\w+)",
    "fabric/isa/machine_costs.def": r"^MACHINE_COST\((\w+)",
    "fabric/io/io_timing.def": r"^IO_FIGURE\((\w+)",
}
GOOD = """\
# a comment
== a fault
file: fabric/x.cc
old: a + b: c
new: a - b
tests: routers differential
"""


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_table_of_faults_is_read():
    fault, = fabric_faults.read_table(GOOD)
    assert (fault.name, fault.file) == ("a fault", "fabric/x.cc")
    assert (fault.old, fault.new) == ("a + b: c", "a - b")
    assert fault.tests == ("routers", "differential")


@pytest.mark.parametrize("change, message", [
    (("old: a + b: c\n", ""), "has no 'old'"),
    (("routers", "rooters"), "no test 'rooters'"),
    (("== a fault\n", ""), "line 2: expected '== NAME'"),
    (("file:", "place:"), "line 3: expected '== NAME'"),
    (("new: a - b\n", "new: a\nnew: b\n"), "'new' stands twice"),
    (("# a comment\n", GOOD), "'a fault' stands twice"),
])
def test_malformed_table_is_an_error(change, message):
    with pytest.raises(fabric_faults.BadTable, match=re.escape(message)):
        fabric_faults.read_table(GOOD.replace(*change))


@pytest.mark.parametrize("code, count", [("", 0), ("a + b: c, a + b: c", 2)])
def test_text_that_is_not_there_once_does_not_fit(tmp_path, code, count):
    (tmp_path / "fabric").mkdir()
    faults = fabric_faults.read_table(GOOD)
    assert list(fabric_faults.misfits(faults, tmp_path)) == ["'a fault': no file fabric/x.cc"]
    (tmp_path / "fabric/x.cc").write_text(code, encoding="utf-8")
    message, = fabric_faults.misfits(faults, tmp_path)
    assert f"{count} times, expected once" in message


def test_every_fault_fits_the_code():
    faults = fabric_faults.read_table(text(fabric_faults.TABLE))
    assert len(faults) >= 30
    assert not list(fabric_faults.misfits(faults, ROOT))


def test_page_lists_every_fault():
    page = text(fabric_faults.PAGE)
    faults = fabric_faults.read_table(text(fabric_faults.TABLE))
    missing = [f.name for f in faults if f"| {f.name} | `{f.file}` | `fabric/" not in page]
    assert not missing, "tools/fabric_faults.py --write renews the page"
    assert page.count("\n| ") - 1 == len(faults)


def rows_of(name):
    """{what stands before a colon: [words behind it]}"""
    rows = {}
    for line in text(name).splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.partition(": ")
            assert key not in rows, f"{key} stands twice"
            rows[key] = value.split()
    return rows


def cost_tests():
    """{(table, row): [file, test] or ["unread"]}"""
    return {tuple(key.split()): value
            for key, value in rows_of("fabric/isa/cost_tests.txt").items()}


def expect_tests(file, *tests):
    code = text(file)
    for test in tests:
        assert re.search(rf"TEST\w*\(\w+, {test}\)", code), f"{file} has no test {test}"


def table_rows():
    return [(table, row) for table, pattern in COST_TABLES.items()
            for row in re.findall(pattern, text(table), re.M)]


def test_every_row_of_the_cost_tables_has_a_test():
    listed = cost_tests()
    rows = table_rows()
    assert len(rows) > 200
    assert not [row for row in rows if row not in listed and (row[0], "*") not in listed]
    assert not [row for row in listed if row[1] != "*" and row not in rows]


@pytest.mark.parametrize("key", cost_tests())
def test_test_of_a_row_is_there(key):
    value = cost_tests()[key]
    if value == ["unread"]:
        code = [p for room in ("fabric", "runtime", "compiler")
                for p in (ROOT / room).rglob("*") if p.suffix in (".cc", ".h")]
        assert not [p for p in code if key[1] in p.read_text(encoding="utf-8")]
        return
    expect_tests(*value)


def test_tests_of_every_trace_are_there():
    traces = rows_of("fabric/reference/trace_tests.txt")
    assert len(traces) >= 12
    for tests in traces.values():
        assert len(tests) > 1
        expect_tests(*tests)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
