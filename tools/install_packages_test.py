# SPDX-License-Identifier: Apache-2.0
"""install_packages with stand-ins for dpkg-query, apt-get, id and sudo that note their calls."""
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
STAND_INS = {
    "dpkg-query": 'for p in $INSTALLED; do echo "installed $p"; done; exit 1',
    # Fails on `install` as long as the lists are old.
    "apt-get": 'echo "apt-get $*" >>"$CALLS"; case "$1" in update) touch "$CALLS.fresh";; '
               '*) [ -z "$STALE" ] || [ -e "$CALLS.fresh" ];; esac',
    "id": 'echo "$USER_ID"',
    "sudo": 'echo sudo >>"$CALLS"; "$@"',
}


def sections():
    """{section: packages} of the real list."""
    found, current = {}, None
    for line in (HERE / "packages.txt").read_text().splitlines():
        if line.startswith("["):
            current = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            current.append(line)
    return found


def run(tmp_path, *names, installed=(), user_id=0, stale="", without=()):
    """(exit code, calls made, standard error)."""
    for name, script in STAND_INS.items():
        if name not in without:
            (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
            (tmp_path / name).chmod(0o755)
    for tool in ("env", "sed", "tr", "grep", "dirname", "touch"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    calls = tmp_path / "calls"
    calls.touch()
    done = subprocess.run(
        ["/bin/sh", str(HERE / "install_packages"), *names], capture_output=True, text=True,
        check=False, env={"PATH": str(tmp_path), "INSTALLED": " ".join(installed),
                          "CALLS": str(calls), "USER_ID": str(user_id), "STALE": stale})
    return done.returncode, calls.read_text().splitlines(), done.stderr


def test_the_list_is_sorted_and_names_nothing_twice():
    packages = sections()
    assert list(packages) == ["build", "run", "test", "presubmit"]
    for names in packages.values():
        assert names == sorted(set(names))
    flat = sum(packages.values(), [])
    assert len(flat) == len(set(flat))


def test_nothing_is_done_when_all_is_installed(tmp_path):
    code, calls, _ = run(tmp_path, "run", installed=sections()["run"])
    assert (code, calls) == (0, [])


def test_only_what_is_missing_is_installed_and_no_list_fetched(tmp_path):
    names = sections()["run"]
    code, calls, _ = run(tmp_path, "run", installed=names[1:])
    assert code == 0 and len(calls) == 1
    assert calls[0].split()[-1] == names[0] and names[1] not in calls[0].split()


def test_lists_are_fetched_when_an_installation_needs_them(tmp_path):
    code, calls, _ = run(tmp_path, "run", "test", stale="yes")
    assert code == 0
    assert [call.split()[1] for call in calls] == ["install", "update", "install"]


def test_other_users_go_through_sudo(tmp_path):
    code, calls, _ = run(tmp_path, "test", user_id=1000)
    assert code == 0 and calls[0] == "sudo"


def test_without_root_and_sudo_it_says_what_an_administrator_must_run(tmp_path):
    code, calls, error = run(tmp_path, "test", user_id=1000, without=["sudo"])
    assert code != 0 and calls == [] and "apt-get install" in error


def test_an_unknown_section_is_named(tmp_path):
    code, calls, error = run(tmp_path, "bulid")
    assert code == 2 and calls == [] and "[bulid]" in error


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
