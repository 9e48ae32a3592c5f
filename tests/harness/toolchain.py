# SPDX-License-Identifier: Apache-2.0
"""The installed tree as tests use it: its programs, run as a user runs them.

Nothing here knows where the tree was built: `installed()` finds it among the test's runfiles, and
`Toolchain(prefix)` takes any copy of it. Programs get a clean environment in which only the tree's
`bin` folder is added to the path.
"""
import contextlib
import os
import pathlib
import re
import select
import shutil
import subprocess
import tempfile
import time

# A program that takes longer hangs; the slowest one here needs a few seconds.
PROGRAM_TIMEOUT_S = 120
# How messages of route checks begin; no other warning names PEs first.
ROUTE_WARNING = re.compile(r"warning: PE\(\d")


def runfiles_root():
    """Where the files that a test declares as its data are found."""
    return pathlib.Path(os.environ["TEST_SRCDIR"]) / os.environ["TEST_WORKSPACE"]


def scratch_folder(prefix):
    """A new folder for this test alone; Bazel removes it."""
    return pathlib.Path(tempfile.mkdtemp(prefix=prefix + "-", dir=os.environ.get("TEST_TMPDIR")))


class Toolchain:
    """The programs below `prefix`. Calls return subprocess.CompletedProcess with text output."""

    def __init__(self, prefix):
        self.prefix = pathlib.Path(prefix).absolute()

    def environment(self, **more):
        return {"PATH": f"{self.prefix}/bin:/usr/bin:/bin", "HOME": "/nonexistent",
                "LANG": "C.UTF-8", **more}

    def run(self, command, cwd, **env):
        """Runs one command; standard input is empty, output is captured."""
        return subprocess.run([str(word) for word in command], cwd=cwd, check=False, text=True,
                              env=self.environment(**env), stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=PROGRAM_TIMEOUT_S)

    def cslc(self, cwd, *args, **env):
        return self.run(["cslc", *args], cwd, **env)

    def cs_python(self, cwd, *args, **env):
        return self.run(["cs_python", *args], cwd, **env)

    def compile(self, cwd, *args, routes_at_fault=False):
        """cslc that must succeed; the checks of routes warn of programs that are at fault alone."""
        done = succeed(self.cslc(cwd, *args))
        warns = ROUTE_WARNING.search(done.stderr) is not None
        if warns != routes_at_fault:
            raise AssertionError(f"routes_at_fault is {routes_at_fault}, but {describe(done)}")
        return done

    @contextlib.contextmanager
    def system(self, cwd, *args, listen="127.0.0.1:0"):
        """A CS system process for the length of a `with` block; yields its address."""
        with open(pathlib.Path(cwd) / "system.log", "w", encoding="utf-8") as log:
            process = subprocess.Popen(
                ["cs-system", "--listen", listen, *args], cwd=cwd, text=True,
                env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=log)
            try:
                yield _address_of(process)
            finally:
                process.terminate()
                process.wait(PROGRAM_TIMEOUT_S)
                process.stdout.close()


def _address_of(process):
    """The first IP:PORT that the process prints."""
    end = time.monotonic() + PROGRAM_TIMEOUT_S
    while time.monotonic() < end:
        readable, _, _ = select.select([process.stdout], [], [], 1)
        line = process.stdout.readline() if readable else ""
        match = re.search(r"\d+\.\d+\.\d+\.\d+:\d+", line)
        if match:
            return match.group()
        if readable and not line:
            raise AssertionError(f"cs-system ended with {process.wait()} and gave no address")
    raise AssertionError("cs-system gave no address")


def succeed(done):
    """`done`, which must have exited with 0; shows all it said when it did not."""
    assert done.returncode == 0, f"{describe(done)}\nexit code {done.returncode}, wanted 0"
    return done


def describe(done):
    return (f"$ {' '.join(done.args)}\n--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}")


def installed():
    """The toolchain under test."""
    return Toolchain(runfiles_root() / "installed_tree")


def copy_program(folder, name=None):
    """A copy of a program's folder (below the repository's root) that a test may write into, with
    what its host script may import."""
    target = scratch_folder(pathlib.Path(folder).name) / (name or "program")
    # The originals are links into the source tree, and may be read-only.
    shutil.copytree(runfiles_root() / folder, target, symlinks=False,
                    copy_function=shutil.copyfile)
    if (target / "run.py").exists():
        shutil.copyfile(runfiles_root() / "tests/harness/host.py", target / "host.py")
    return target
