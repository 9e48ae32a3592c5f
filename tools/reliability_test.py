# SPDX-License-Identifier: Apache-2.0
"""tools/reliability.py: what it takes for a row, and what it refuses."""
import sys

import pytest

from tools import reliability

FILES = {"a_test.py": "def test_a():\n    pass\n\n\ndef test_b():\n    pass\n",
         "b.cc": "TEST_F(Suite, Name) {\n"}
PAGE = ("| fault | moment | tests |\n|---|---|---|\n"
        "| one | two | `a_test.py: test_a`, `test_b` |\n| three | four | `b.cc: Suite.Name` |\n")


def faults(page):
    return reliability.faults(page, FILES.get, ["a_test.py"])


def test_a_page_that_names_all_tests_is_right():
    assert not faults(PAGE)


@pytest.mark.parametrize("old, new, why", [
    ("`test_b`", "`test_c`", "line 3: 'a_test.py' has no test 'test_c'"),
    (", `test_b`", "", "no row names 'a_test.py: test_b'"),
    ("`b.cc: Suite.Name`", "none", "line 4 names no test"),
    ("`b.cc: Suite.Name`", "`Suite.Name`", "line 4 names no test"),
    ("b.cc", "c.cc", "line 4: 'c.cc' has no test 'Suite.Name'"),
])
def test_what_is_wrong_is_named(old, new, why):
    assert why in faults(PAGE.replace(old, new))


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
