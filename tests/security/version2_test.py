# SPDX-License-Identifier: Apache-2.0
"""Control groups of version 2: tests of worker kinds and of the sandbox, in a kernel that has no
other. That kernel runs as a process (User Mode Linux) on the files of this machine."""
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

import pytest

from tests.harness import toolchain

KERNEL = "/usr/bin/linux.uml"
BOOT_S = 1500  # a kernel in a process is slow, and other tests run beside it
INIT = """#!/bin/sh
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs -o mode=1777 none /tmp
mkdir /sys/fs/cgroup/test
echo $$ > /sys/fs/cgroup/test/cgroup.procs
grep -q memory /sys/fs/cgroup/cgroup.controllers && echo MARK controllers
cd {folder}
{command}
echo MARK ended $?
echo o > /proc/sysrq-trigger
sleep 60
"""


def boot(command, **variables):
    """Output of a shell command in that kernel, as its first process's child."""
    if os.geteuid() != 0:
        pytest.skip("only root owns the files that the kernel would change")
    if not os.path.exists(KERNEL):
        pytest.skip(f"no {KERNEL} (package user-mode-linux)")
    words = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    # Not below /tmp: that is another there.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        init = pathlib.Path(folder) / "init"
        init.write_text(INIT.format(folder=shlex.quote(os.getcwd()), command=words + command),
                        encoding="utf-8")
        init.chmod(0o755)
        done = subprocess.run(
            [KERNEL, "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw", "mem=1G",
             f"init={init}", "con=null", "con0=fd:0,fd:1", "quiet"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=BOOT_S, check=False,
            env={"PATH": "/usr/bin:/bin", "TMPDIR": folder, "HOME": folder})
    text = done.stdout.decode(errors="replace")
    if "MARK controllers" not in text:
        pytest.skip(f"{KERNEL} does not boot here, or has no control groups of version 2: {text}")
    return text


def test_groups_of_version_2_limit_end_and_remove_what_is_in_them():
    program = toolchain.runfiles_root() / "worker/sandbox/sandbox_test"
    text = boot(f"TEST_TMPDIR=/tmp {shlex.quote(str(program))} "
                "--gtest_filter='*Group*:*ControlGroup*:*Crashed*'")
    assert "MARK ended 0" in text, text
    assert "[  PASSED  ] 3 tests." in text.replace("\x1b", ""), text


@pytest.mark.parametrize("kind", ["root", "plain user with groups",
                                  "plain user with subordinate ids and groups"])
def test_a_worker_holds_limits_by_groups_of_version_2(kind):
    tests = pathlib.Path(__file__).with_name("worker_kinds_test.py")
    chosen = f"{tests}::test_memory_processes_and_cpu_are_limited_or_the_job_says_so[{kind}]"
    text = boot(f"{shlex.quote(sys.executable)} -m pytest -q -p no:cacheprovider "
                f"{shlex.quote(chosen)}", PYTHONPATH=os.pathsep.join(filter(None, sys.path)),
                CS_TEST_PATIENCE_S="300", **{name: value for name, value in os.environ.items()
                                             if name.startswith(("TEST_", "RUNFILES"))
                                             and name != "TEST_TMPDIR"})
    assert "1 passed" in text and "MARK ended 0" in text, text


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
