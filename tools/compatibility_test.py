# SPDX-License-Identifier: Apache-2.0
"""tools/compatibility.py: what it takes for a citation, and what it refuses."""
import sys

import pytest

from tools import compatibility

TABLE = "# what\n1 First.\n2 [lenient, strict] Second.\n"
GOOD = "def test_a():  # compat 1, 2 lenient\n    pass\n\n\ndef test_b():\n    # compat 2 strict\n"


def test_a_page_names_the_tests_of_each_row():
    text = compatibility.page(TABLE, [("a_test.py", GOOD)])
    assert "| 1 | First. | `a_test.py: test_a` |\n" in text
    assert ("| 2 | Second. | `a_test.py: test_a` (lenient)<br>`a_test.py: test_b` (strict) |\n"
            in text)


def test_tests_in_cpp_are_named_by_suite():
    text = compatibility.page("1 First.\n", [
        ("b.cc", "TEST_F(Suite, Name) {  // compat 1\n")])
    assert "`b.cc: Suite.Name`" in text


@pytest.mark.parametrize("table, text, why", [
    (TABLE, GOOD.replace("compat 1,", "compat"), "no test cites compat 1"),
    (TABLE, GOOD.replace("strict", "lenient"), "no test cites compat 2 strict"),
    (TABLE, GOOD.replace("compat 1", "compat 3"), "does not have"),
    (TABLE, GOOD.replace("strict", "loose"), "does not have"),
    (TABLE, GOOD.replace("1, 2", "1, two"), "'two lenient' is not a number"),
    (TABLE, "# compat 1\n" + GOOD, "not behind the start of a test"),
    (TABLE + "2 Again.\n", GOOD, "one twice"),
    ("First.\n", GOOD, "not a row"),
])
def test_what_is_wrong_is_named(table, text, why):
    with pytest.raises(compatibility.Wrong, match=why):
        compatibility.page(table, [("a_test.py", text)])


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
