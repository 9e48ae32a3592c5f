# SPDX-License-Identifier: Apache-2.0
"""./quickstart shows how far the build is, on a terminal and elsewhere."""
import os
import pathlib
import pty
import shutil
import subprocess
import sys

import pytest

QUICKSTART = pathlib.Path(__file__).resolve().parent.parent / "quickstart"


@pytest.fixture(name="tree")
def a_tree_whose_build_fails(tmp_path):
    """quickstart, with a Bazel that prints its arguments and fails."""
    shutil.copy(QUICKSTART, tmp_path / "quickstart")
    (tmp_path / "tools").mkdir()
    (tmp_path / "bin").mkdir()
    for name, text in (("tools/install_packages", "exit 0"), ("bin/bazel", 'echo "$@"; exit 37')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def run(tree, stderr):
    environment = {"PATH": f"{tree}/bin:/usr/bin:/bin", "TMPDIR": str(tree)}
    return subprocess.run([str(tree / "quickstart"), "place"], env=environment, cwd="/",
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr,
                          text=True, check=False, timeout=60)


def arguments(done):
    assert done.returncode == 37
    return done.stdout.splitlines()[-1].split()


def test_without_a_terminal_there_is_a_line_now_and_then(tree):
    found = arguments(run(tree, subprocess.PIPE))
    assert found[:5] == ["run", "--show_progress", "--curses=no", "--color=no",
                         "--show_progress_rate_limit=15"]
    assert found[-4:] == ["//:install", "--", "--prefix", f"{tree}/place"]


def test_on_a_terminal_progress_is_shown_in_place(tree):
    master, terminal = pty.openpty()
    try:
        found = arguments(run(tree, terminal))
    finally:
        os.close(master)
        os.close(terminal)
    assert "--show_progress" in found
    assert not [word for word in found if word.startswith(("--curses", "--noshow"))]


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
