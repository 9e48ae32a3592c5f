# SPDX-License-Identifier: Apache-2.0
"""Pages are right: their commands run as typed and print what the page shows. See page.py.

    bazel run //tests/docs:pages_test -- --renew     # writes what is printed into the pages

`--renew` is for cycle counts that have changed for a good reason: read what it changed.
"""
import os
import pathlib
import re
import shutil
import sys

import pytest

from tests.docs import page
from tests.e2e.appliance import PrivateAppliance
from tests.harness import toolchain

ROOT = toolchain.runfiles_root()


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def names(pattern):
    return sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern))


TUTORIAL = names("docs/tutorial/[0-9]*.md")
EXAMPLES = names("examples/*/README.md")
# tests/recovery/site_test.py and two_machines_test.py run these.
ELSEWHERE = {"docs/operators.md", "docs/two_machines.md"}
# Every other page with a mark; its commands begin in a folder that has the examples.
OTHERS = [name for name in names("README.md") + names("docs/**/*.md") + names("examples/*.md")
          if name not in ELSEWHERE.union(TUTORIAL)
          and any(block.mark == "run" for block in page.blocks(read(name)))]
PAGES = TUTORIAL + EXAMPLES + OTHERS


def copy(folder, target):
    # The originals are links into the source tree, and may be read-only.
    shutil.copytree(ROOT / folder, target, symlinks=False, copy_function=shutil.copyfile)


def run(name, text):
    """Runs a page as a user who has configured nothing."""
    user = PrivateAppliance()
    try:
        work = user.work / "w"
        if name in EXAMPLES:
            copy(pathlib.Path(name).parent, work)
        else:
            work.mkdir()
        if name in OTHERS:
            copy("examples", work / "examples")
        scratch = user.root / "files"
        scratch.mkdir()
        return page.run(text, work, scratch, user.tools.environment(**user.variables()))
    finally:
        user.close()


def test_pages_that_must_run_are_among_those_that_do():
    assert len(TUTORIAL) == 5
    assert len(EXAMPLES) >= 6
    assert {"README.md", "docs/client.md", "docs/csdb.md", "docs/cslc.md", "docs/host_runtime.md",
            "examples/README.md"} <= set(OTHERS)


@pytest.mark.parametrize("name", PAGES)
def test_the_page_runs_and_prints_what_it_shows(name):
    assert any(block.mark == "run" for block in page.blocks(read(name))), "nothing to run"
    result = run(name, read(name))
    assert not result.problems, f"{name}: " + "\n".join(result.problems)


@pytest.mark.parametrize("name", TUTORIAL)
def test_every_block_of_the_tutorial_is_part_of_its_run(name):
    for block in page.blocks(read(name)):
        if block.language in ("csl", "python"):
            assert block.file, f"{name}:{block.first}: a listing without the name of its file"
        if block.language == "sh":
            assert block.mark == "run", f"{name}:{block.first}: commands that are not run"


@pytest.mark.parametrize("name", TUTORIAL)
def test_the_programs_of_the_tutorial_work_on_the_other_architecture(name):
    """Cycle counts differ there, and so may what the page shows; but every command succeeds."""
    text = read(name)
    assert "--arch=wse3" in text
    result = run(name, text.replace("--arch=wse3", "--arch=wse2"))
    assert not [problem for problem in result.problems if "exit code" in problem], result.problems
    assert any("SUCCESS" in printed for printed in result.printed.values())


@pytest.mark.parametrize("name", TUTORIAL)
def test_a_listing_that_is_broken_is_found(name):
    text = read(name)
    listing = [block for block in page.blocks(text) if block.language == "csl"][-1]
    broken = re.sub(r"@export_symbol|@bind_data_task", "@no_such_builtin", listing.text, count=1)
    assert broken != listing.text
    assert run(name, text.replace(listing.text, broken)).problems


@pytest.mark.parametrize("name", TUTORIAL)
def test_a_number_that_is_not_printed_is_found(name):
    text = read(name)
    shown = [block.text for block in page.blocks(text)
             if block.mark == "output" and re.search(r"\d", block.text)][-1]
    wrong = re.sub(r"\d", lambda digit: str((int(digit.group()) + 1) % 10), shown, count=1)
    assert wrong != shown
    assert run(name, text.replace(shown, wrong)).problems


def renew():
    for name in PAGES:
        text = read(name)
        result = run(name, text)
        new = page.with_output(text, result.printed)
        if new != text:
            pathlib.Path(os.path.realpath(ROOT / name)).write_text(new, encoding="utf-8")
            print(f"{name}: renewed")
        for problem in result.problems:
            if "but the commands print" not in problem:
                print(f"{name}: {problem}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--renew"]:
        renew()
    else:
        sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
