# SPDX-License-Identifier: Apache-2.0
"""Runs of pages find what a page has wrong."""
import sys

import pytest

from tests.docs import page

PAGE = """# A page

`greet.sh`:

```sh
echo "hello $1"
```

Run it:

```sh run
name=you
sh greet.sh $name
```

```text output
hello you
```

A picture, and commands that are not for this machine:

    sudo reboot

```sh
reboot
```

Variables last:

```sh run
echo "$name, again"; echo more; echo end
```

```text output
you, again
...
end
```
"""


def test_dots_stand_for_text():
    assert page.agree("job ...: done\n", "job 17: done\n")
    assert not page.agree("job ...: done\n", "job 17\n: done\n")


def problems(text, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "scratch").mkdir()
    environment = {"PATH": "/usr/bin:/bin"}
    return page.run(text, tmp_path / "work", tmp_path / "scratch", environment).problems


def test_a_right_page_has_no_problems(tmp_path):
    assert problems(PAGE, tmp_path) == []


@pytest.mark.parametrize("right, wrong, line", [
    ("hello you\n```", "hello me\n```", 17),          # output that is not printed
    ('echo "hello $1"', 'echo "hallo $1"', 17),       # a file that prints something else
    ('echo "hello $1"', "exit 3", 12),                # a file that fails
    ("sh greet.sh $name", "sh great.sh $name", 12),   # a command that fails
    ("sh greet.sh $name", "echo $nobody", 12),
    ("hello you\n```", "hello ...me\n```", 17),
    ("...\nend", "end", 35),                          # a line that is printed and not shown
    ("...\nend", "...\nmiddle\nend", 35)])
def test_what_is_wrong_is_named_with_its_line(right, wrong, line, tmp_path):
    assert right in PAGE
    found = problems(PAGE.replace(right, wrong), tmp_path)
    assert found and found[0].startswith(f"line {line}: "), found


@pytest.mark.parametrize("text, why", [
    ("```sh ran\n```\n", "mark 'ran'"),
    ("```sh run\n", "has no end"),
    ("```text output\n```\n", "output without commands"),
    ("```sh run\n```sh run\n```\n", "begins inside")])
def test_blocks_that_cannot_be_understood_are_errors(text, why):
    with pytest.raises(page.PageError, match=why):
        page.steps(text)


def test_a_block_may_be_empty():
    shown = "```sh run\ntrue\n```\n\n```text output\n```\n"
    assert [block.text for block in page.blocks(shown)] == ["true\n", ""]
    assert page.with_output(shown, {6: "a\n"}) == shown.replace("output\n", "output\na\n")


def test_output_is_renewed_where_it_is_shown_completely():
    renewed = page.with_output(PAGE, {17: "good day\nyou\n", 35: "lost\n"})
    assert "```text output\ngood day\nyou\n```" in renewed
    assert "you, again\n...\nend" in renewed


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
