# SPDX-License-Identifier: Apache-2.0
"""Control groups of version 2: tests of worker kinds and of the sandbox, in a kernel that has no
other. That kernel runs as a process (User Mode Linux) on the files of this machine."""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import pytest

from tests.harness import toolchain

KERNEL = "/usr/bin/linux.uml"
MEMORY_BYTES = 1 << 30
CONTROLLERS = ("memory", "pids", "cpu")
# What the kernel says when this machine gives it no more memory or mappings (vm.max_map_count).
OUT_OF_MEMORY = "UML ran out of memory on the host side"
BOOT_S = 600  # a kernel in a process is slow, and other tests run beside it
INIT = """#!/bin/sh
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs -o mode=1777 none /mnt
for kept in {kept}; do mkdir "/mnt/$kept" && mount --bind "/tmp/$kept" "/mnt/$kept"; done
mount --move /mnt /tmp
echo MARK controllers $(cat /sys/fs/cgroup/cgroup.controllers)
echo "+memory +pids +cpu" > /sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/test
cd {folder}
# Alone in a group that passes nothing on yet, as a worker is that an init system starts.
sh -c 'echo $$ > /sys/fs/cgroup/test/cgroup.procs; exec "$@"' sh {command}
echo MARK ended $?
echo o > /proc/sysrq-trigger
sleep 60
"""


def free_bytes():
    """Memory that processes can still take, in bytes."""
    lines = pathlib.Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))


def kept_below_tmp():
    """Folders of /tmp that this test is made of, by their names."""
    parts = [pathlib.Path(path).resolve().parts for path in (__file__, os.getcwd())]
    return sorted({part[2] for part in parts if part[1] == "tmp"})


def boot(command, **variables):
    """Output of a program, given by its words, in that kernel, alone in a group."""
    if os.geteuid() != 0:
        pytest.skip("only root owns the files that the kernel would change")
    if not os.path.exists(KERNEL):
        pytest.skip(f"no {KERNEL} (package user-mode-linux)")
    free = free_bytes()
    if free < MEMORY_BYTES:
        pytest.skip(f"{free >> 20} MiB of memory are free; the kernel takes {MEMORY_BYTES >> 20}")
    words = ["env", *(f"{name}={value}" for name, value in variables.items()), *command]
    # Not below /tmp: that is another there.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        init = pathlib.Path(folder) / "init"
        init.write_text(INIT.format(folder=shlex.quote(os.getcwd()), command=shlex.join(words),
                                    kept=shlex.join(kept_below_tmp())), encoding="utf-8")
        init.chmod(0o755)
        done = subprocess.run(
            ["timeout", "--signal=KILL", str(BOOT_S), KERNEL, "root=/dev/root",
             "rootfstype=hostfs", "rootflags=/", "rw", f"mem={MEMORY_BYTES >> 20}M",
             f"init={init}", "con=null", "con0=fd:0,fd:1", "quiet"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            check=False,
            env={"PATH": "/usr/bin:/bin", "TMPDIR": folder, "HOME": folder})
    text = done.stdout.decode(errors="replace")
    offered = re.search(r"MARK controllers(.*)", text)
    if offered is None:
        pytest.skip(f"{KERNEL} does not boot here: {text}")
    missing = [name for name in CONTROLLERS if name not in offered.group(1).split()]
    if missing:
        pytest.skip(f"{KERNEL} has no control groups of version 2 for {', '.join(missing)}")
    # With an end the test judges: a limit that does not hold looks the same.
    if OUT_OF_MEMORY in text and "MARK ended" not in text:
        pytest.skip(f"this machine gave {KERNEL} too little memory or too few mappings: {text}")
    return text


def test_groups_of_version_2_limit_end_and_remove_what_is_in_them():
    program = toolchain.runfiles_root() / "worker/sandbox/sandbox_test"
    text = boot([str(program), "--gtest_color=no",
                 "--gtest_filter=*Group*:*ControlGroup*:*Crashed*"], TEST_TMPDIR="/tmp")
    assert "MARK ended 0" in text, text
    assert "[  PASSED  ] 3 tests." in text, text


@pytest.mark.parametrize("kind", ["root", "plain user with groups",
                                  "plain user with subordinate ids and groups"])
def test_a_worker_holds_limits_by_groups_of_version_2(kind):
    tests = pathlib.Path(__file__).with_name("worker_kinds_test.py")
    chosen = f"{tests}::test_memory_processes_and_cpu_are_limited_or_the_job_is_reported[{kind}]"
    text = boot([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", chosen],
                PYTHONPATH=os.pathsep.join(filter(None, sys.path)),
                CS_TEST_PATIENCE_S="300", **{name: value for name, value in os.environ.items()
                                             if name.startswith(("TEST_", "RUNFILES"))
                                             and name != "TEST_TMPDIR"})
    assert "1 passed" in text and "MARK ended 0" in text, text


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
