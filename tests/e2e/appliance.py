# SPDX-License-Identifier: Apache-2.0
"""An embedded appliance of a test's own: its home, state and processes, all gone at the end.

The test's process becomes a client of it: `open_here()` sets the environment and the import path as
a user of the installation has them.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from tests.harness import toolchain

# What must have happened after a kill; the promise is 30 s.
SETTLE_S = 30
_CLIENT_VARIABLES = ("CS_APPLIANCE_URL", "CS_APPLIANCE_TOKEN_FILE", "CS_APPLIANCE_CA_FILE",
                     "CS_APPLIANCE_PIN", "CS_APPLIANCE_COMPAT", "CS_FAILURE_POINT",
                     "XDG_CONFIG_HOME")

MATVEC_OPTIONS = ("--arch=wse3 --params=width:4,rows:6,cols:10 --fabric-dims=11,3"
                  " --fabric-offsets=4,1 --memcpy --channels=1 -o out")
MATVEC_RUN = "cs_python run.py --name out --cmaddr %CMADDR%"


class PrivateAppliance:
    """The folders of one user who has configured nothing."""

    def __init__(self):
        self.tools = toolchain.installed()
        # Short, as the name of a Unix socket must be.
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="csla-", dir="/tmp"))
        self.home = self.root / "home"
        self.state = self.root / "run" / f"csl-appliance-{os.geteuid()}"
        self.work = self.root / "cwd"
        for folder in (self.home, self.root / "run", self.work):
            folder.mkdir()

    def variables(self):
        return {"HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.root / "run")}

    # Programs of the user.

    def script(self, text, *args, **env):
        """A Python script of the user, run to its end in his folder."""
        return self.tools.run(["cs_python", "-c", text, *args], self.work,
                              **{**self.variables(), **env})

    def start_script(self, text, *args, **env):
        """The same, left running; output is piped."""
        return subprocess.Popen(
            ["cs_python", "-c", text, *map(str, args)], cwd=self.work, text=True,
            env=self.tools.environment(**{**self.variables(), **env}), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def csctl(self, *args, **env):
        return self.tools.run(["csctl", *args], self.work, **{**self.variables(), **env})

    def start_csctl(self, *args, stdin=subprocess.DEVNULL):
        """The same, left running; output is piped."""
        return subprocess.Popen(["csctl", *args], cwd=self.work, text=True, stdin=stdin,
                                env=self.tools.environment(**self.variables()),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    # Processes of the appliance.

    def processes(self, program=""):
        """Ids of the processes that belong to this appliance: their command line or environment
        names its folder. `program`: only those of this name."""
        mark = os.fsencode(str(self.root))
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                line = (entry / "cmdline").read_bytes()
                known = line + (entry / "environ").read_bytes()
                name = pathlib.PurePath(os.fsdecode(line.split(b"\0")[0])).name
                if mark in known and (not program or name == program):
                    found.append(int(entry.name))
        return found

    def kill(self, program):
        """SIGKILL to the appliance's process of this name; there must be one."""
        found = self.processes(program)
        assert found, f"no {program} runs"
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        return found

    def job_folders(self):
        """What jobs have left in the worker's folder."""
        work = self.state / "work"
        own = ("scratch", "blobs", ".lock", ".csl-worker")
        return sorted(str(path.relative_to(work)) for path in work.glob("*")
                      if path.name not in own and not path.name.startswith("spare-")
                      ) if work.exists() else []

    def orphan_folders(self):
        """Those that belong to no session that has ended: such a one's files are kept a while."""
        if not self.job_folders():
            return []
        jobs = json.loads(self.csctl("get", "jobs", "-a", "-o", "json").stdout)["jobs"]
        kept = {job["id"] for job in jobs
                if job["kind"] == "launch" and job["state"] != "LOST" and job["finished_ms"]}
        return [name for name in self.job_folders() if name.rsplit("-", 1)[0] not in kept]

    def close(self):
        """Ends the appliance, which must end all its processes and remove its jobs' folders."""
        for pid in self.processes("cs-appliance"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        try:
            wait_until(lambda: not self.processes(), "the appliance's processes are gone",
                       self.describe)
            assert not self.job_folders(), self.job_folders()
        finally:
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            shutil.rmtree(self.root, ignore_errors=True)

    def describe(self):
        lines = [f"{pid}: {_command_line(pid)}" for pid in self.processes()]
        log = self.state / "service.log"
        return "\n".join(lines + [log.read_text() if log.exists() else "no service.log"])


class Cluster(PrivateAppliance):
    """A service and a worker as an operator runs them, started again when they die; the first of
    each is armed with a failure point."""

    def __init__(self, failure_point):
        super().__init__()
        self.deaths = 0
        self._armed = {"CS_FAILURE_POINT": failure_point}
        self._running = {}

    def variables(self):
        return {**super().variables(), "CS_APPLIANCE_URL": f"unix:{self.root}/api.sock",
                "CS_APPLIANCE_TOKEN_FILE": str(self.state / "token")}

    def __enter__(self):
        for name in ("service", "worker"):
            self._start(name, **self._armed)
        return self

    def __exit__(self, *failure):
        for process in reversed(list(self._running.values())):
            process.terminate()
            process.wait(SETTLE_S)
        self.close()

    def _command(self, name):
        if name == "service":
            return ["cs-appliance", "serve", "--state-dir", self.state, "--listen",
                    f"unix:{self.root}/api.sock"]
        return ["cs-worker", "--service", f"unix:{self.root}/api.sock", "--token-file",
                self.state / "worker-token", "--work-dir", self.state / "work", "--listen",
                f"unix:{self.root}/worker.sock", "--name", "local", "--retention-s", "0"]

    def _start(self, name, **env):
        with open(self.root / f"{name}.log", "ab") as log:
            self._running[name] = subprocess.Popen(
                [str(word) for word in self._command(name)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=self.tools.environment(**{**self.variables(), **env}))
        if name == "service":
            wait_until(lambda: self.csctl("version").returncode == 0, "the service answers")

    def keep_running(self, until):
        """Starts what dies, unarmed, until that is so."""
        def step():
            for name, process in list(self._running.items()):
                if process.poll() is not None:
                    self.deaths += 1
                    self._start(name)
            return until()
        wait_until(step, "the client has ended", self.describe, 2 * SETTLE_S)

    def describe(self):
        return "\n".join([super().describe()]
                         + [path.read_text() for path in self.root.glob("*.log")])


def with_word(word):
    """Ids of all processes that have this argument."""
    return [int(entry.name) for entry in pathlib.Path("/proc").glob("[0-9]*")
            if word.encode() in words(entry.name)]


def of_jobs(jobs):
    """Ids of all processes that these jobs have started."""
    marks = {b"WSJOB_ID=" + job.encode() for job in jobs}
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if marks & set((entry / "environ").read_bytes().split(b"\0")):
                found.append(int(entry.name))
    return found


def words(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return [b""]


def _command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return "gone"


@contextlib.contextmanager
def open_here():
    """This process as a client of a private appliance, in an empty folder of its own."""
    appliance = PrivateAppliance()
    before, folder = dict(os.environ), os.getcwd()
    for name in _CLIENT_VARIABLES:
        os.environ.pop(name, None)
    os.environ.update(appliance.variables())
    os.chdir(appliance.work)
    path = str(appliance.tools.prefix / "python")
    sys.path.insert(0, path)
    try:
        yield appliance
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(before)
        sys.path.remove(path)
        appliance.close()


def wait_until(condition, what, explain=lambda: "", seconds=SETTLE_S):
    """Returns the first true value of `condition`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {seconds} s: {what}\n{explain()}"
        time.sleep(0.02)


def matvec(target):
    """A copy of the example program that tests may write into."""
    copy = toolchain.copy_program("examples/matvec")
    shutil.copytree(copy, target, dirs_exist_ok=True)
    return pathlib.Path(target)


# Fixtures, for test files that take them over by name.

@pytest.fixture(name="user", scope="module")
def user_fixture():
    """The client of a private appliance; one for all tests of a file."""
    with open_here() as private:
        yield private


@pytest.fixture(name="artifact", scope="module")
def artifact_fixture(user):
    """What a compilation of the example program has made."""
    from cerebras.sdk.client import SdkCompiler
    app = matvec(user.root / "app")
    return SdkCompiler().compile(app, "layout.csl", MATVEC_OPTIONS, user.root)
