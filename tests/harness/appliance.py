# SPDX-License-Identifier: Apache-2.0
"""A service and its workers as processes of a test, at the level of REST.

`Appliance` starts `cs-appliance` and `cs-worker` separately, so that a test can kill either, starts
them again, and speaks to the service over its Unix socket. The test process becomes the parent of
every orphan, so that `strangers()` finds whatever outlives the process that should have ended it.
"""
import contextlib
import ctypes
import fcntl
import glob
import hashlib
import http.client
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import time

from tests.harness import toolchain

# After which no job may be without a defined end. More where the machine is an imitated one.
PATIENCE_S = float(os.environ.get("CS_TEST_PATIENCE_S", "30"))
KEEP_NOTHING = ("--retention-s", "0")
# In its work folder: what belongs to no job.
WORKERS_OWN = (".lock", ".csl-worker", "scratch", "blobs")
ENDS = ("SUCCEEDED", "FAILED", "CANCELLED", "LOST")
PR_SET_CHILD_SUBREAPER = 36
STATE_PREFIX, LIFE = "cst-", "test-lives"
JOB_ID = re.compile(r"wsjob-[0-9a-z]+")


class Refused(Exception):
    """An answer of 400 or above."""

    def __init__(self, status, raw, headers=()):
        try:
            problem = json.loads(raw)
        except ValueError:
            problem = raw
        super().__init__(f"{status}: {problem}")
        self.status = status
        self.raw = raw
        self.headers = headers
        self.problem = problem
        self.detail = problem.get("detail", "") if isinstance(problem, dict) else ""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=120)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def wait_until(condition, what, patience_s=PATIENCE_S):
    """The first true value of condition(); fails with `what` when it does not come."""
    end = time.monotonic() + patience_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {patience_s} s: {what}"
        time.sleep(0.01)


def archive_of(files):
    """A tar.gz with these regular files: {name: text}."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def points_of(table):
    """The names in a table of failure points."""
    text = (toolchain.runfiles_root() / table).read_text(encoding="utf-8")
    return re.findall(r'^FAILURE_POINT\("([^"]+)"', text, re.M)


class Appliance:
    """A state folder with a service and workers on it. Use as a context manager."""

    def __init__(self, *service_options):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        # `bazel run` gives the test children that copy its output.
        self.others = set(descendants(os.getpid()))
        self.tools = toolchain.installed()
        remove_dead_appliances()
        # Not below TEST_TMPDIR: a path of a Unix socket has 107 bytes at most.
        self.state = pathlib.Path(tempfile.mkdtemp(prefix=STATE_PREFIX, dir="/tmp"))
        # Locked before it has its name: nobody must find it without its owner.
        self.life = open(self.state / (LIFE + ".new"), "w", encoding="utf-8")
        fcntl.flock(self.life, fcntl.LOCK_EX)
        os.rename(self.life.name, self.state / LIFE)
        self.log = open(self.state / "all.log", "ab")
        self.service_options = service_options
        self.service = None
        self.workers = {}
        self.jobs = []
        self.token = None

    def __enter__(self):
        self.start_service()
        return self

    def __exit__(self, *_):
        for process in [*self.workers.values(), self.service]:
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
        self._await_death_of_strangers()
        self.log.close()
        remove_control_groups(self.state)
        shutil.rmtree(self.state)
        self.life.close()

    def _await_death_of_strangers(self):
        """The kernel takes a while to end hundreds of sessions: only a pause in which it ends none
        is a fault."""
        left = self.strangers()
        while left:
            wait_until(lambda before=len(left): len(self.strangers()) < before,
                       Lazy(self.strangers))
            left = self.strangers()

    # Processes

    def start_service(self, failure=None):
        command = ["cs-appliance", "serve", "--state-dir", self.state, "--listen",
                   f"unix:{self.state}/api.sock", *self.service_options]
        self.service = self._start(command, failure)
        wait_until(self._answers, "the service answers")
        self.token = (self.state / "token").read_text(encoding="utf-8")

    def _answers(self):
        assert self.service.poll() is None, self.all_logs()
        try:
            self.token = (self.state / "token").read_text(encoding="utf-8")
            self.get("/v1/version")
            return True
        except (OSError, http.client.HTTPException, Refused):
            return False

    def start_worker(self, name="one", failure=None, options=KEEP_NOTHING, user=None):
        """Starts it in the work folder of its name and waits until the service has it.

        It keeps nothing of sessions that ended, unless the options keep them. `user`: the PlainUser
        that it runs as.
        """
        before = {worker["id"] for worker in self.all_workers()}
        process = self.start_worker_process(name, failure, options, user)

        def joined():
            ended = process.poll() is not None  # a failure point may end it as soon as it joins
            new = {worker["id"] for worker in self.all_workers()} - before
            assert new or not ended, self.all_logs()
            return new
        wait_until(joined, f"worker {name} joins")
        return process

    def start_worker_process(self, name="one", failure=None, options=(), user=None):
        """The same without waiting."""
        size = [] if "--cpu" in options else ["--cpu", "4000", "--mem", str(4 << 30), "--systems",
                                              "4"]
        token = self.worker_token_file(name)
        listen = self.state / (name + ".sock")
        if user is not None:
            listen = self._open_to(user, name, token)
        command = ["cs-worker", "--service", self.service_url(), "--token-file", token,
                   "--work-dir", self.work_dir(name), "--listen", f"unix:{listen}", "--name", name,
                   *size, *options]
        self.workers[name] = self._start(command, failure, user)
        return self.workers[name]

    def worker_token_file(self, name):
        """The token of the worker of this name, made when it is first asked for."""
        path = self.state / f"token-of-{name}"
        if not path.exists():
            token = self.post("/v1/tokens", {"role": "worker", "user": name})["token"]
            path.write_text(token, encoding="utf-8")
            path.chmod(0o600)
        return path

    def _open_to(self, user, name, token):
        """Lets the user reach the service, and what is its own; where it can make a socket."""
        self.state.chmod(0o711)
        (self.state / "api.sock").chmod(0o666)
        own = self.state / ("own-" + name)
        for folder in (own, self.work_dir(name)):
            folder.mkdir(exist_ok=True)
        for path in (own, token, self.work_dir(name)):
            os.chown(path, user.uid, user.uid)
        return own / "w.sock"

    def _start(self, command, failure, user=None):
        env = self.tools.environment(CS_CANARY="canary-of-the-environment")
        if user is not None:
            tree = user.readable_copy(self.tools.prefix)
            env["PATH"] = f"{tree}/bin:/usr/bin:/bin"
        if failure:
            env["CS_FAILURE_POINT"] = failure
        return subprocess.Popen([str(word) for word in command], env=env, stdout=self.log,
                                stderr=self.log, stdin=subprocess.DEVNULL, cwd=self.state,
                                preexec_fn=user and user.preexec)

    def work_dir(self, name="one"):
        return self.state / ("work-" + name)

    def all_workers(self):
        return self.get("/v1/workers?all=1")["workers"]

    def await_death(self, process, how=-signal.SIGKILL):
        """Until a failure point or a signal has ended it."""
        wait_until(lambda: process.poll() is not None, "the process to end")
        assert process.returncode == how, self.all_logs()

    def all_logs(self):
        return (self.state / "all.log").read_text(errors="replace")

    # What is left

    def strangers(self):
        """Processes below the test that belong to no service or worker that runs."""
        while True:  # orphans that ended
            try:
                if os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                    break
            except ChildProcessError:
                break
            known = [process for process in [self.service, *self.workers.values()] if process]
            pid = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT).si_pid
            mine = [process for process in known if process.pid == pid]
            if mine:
                mine[0].poll()
            else:
                os.waitpid(pid, 0)
        alive = {process.pid for process in [self.service, *self.workers.values()]
                 if process is not None and process.poll() is None}
        return descendants(os.getpid(), stop_at=alive | self.others, with_spares=True)

    def leftovers(self):
        """Processes, folders, control groups and half blobs that belong to no running job."""
        found = [f"process {pid}: {name}" for pid, name in self.strangers().items()]
        for name, process in self.workers.items():
            if process.poll() is None:
                found += [f"process {pid} of {name}: {command}"
                          for pid, command in descendants(process.pid).items()]
        for work in self.state.glob("work-*"):
            found += [str(path) for path in work.iterdir()
                      if path.name not in WORKERS_OWN and not path.name.startswith("spare-")
                      or path.name == "scratch" and list(path.iterdir())]
        found += control_groups_of(self.jobs)
        found += [str(path) for path in (self.state / "blobs" / "incoming").iterdir()]
        return found

    def await_clean(self):
        wait_until(lambda: not self.leftovers(), Lazy(self.leftovers))

    # REST

    def service_url(self):
        return f"unix:{self.state}/api.sock"

    def connect_api(self):
        return _UnixConnection(self.state / "api.sock")

    def call(self, method, path, body=None, headers=None, token=None):
        """(headers, bytes) of the answer; raises Refused."""
        connection = self.connect_api()
        try:
            data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
            own = self.token if token is None else token
            connection.request(method, path, data,
                               {"Authorization": "Bearer " + own, **(headers or {})})
            answer = connection.getresponse()
            content = answer.read()
            if answer.status >= 400:
                raise Refused(answer.status, content, answer.headers)
            return answer.headers, content
        finally:
            connection.close()

    def get(self, path, **more):
        return json.loads(self.call("GET", path, **more)[1])

    def post(self, path, body=None, **more):
        return json.loads(self.call("POST", path, body or {}, **more)[1])

    def upload(self, data, namespace="job-operator", **more):
        digest = hashlib.sha256(data).hexdigest()
        self.call("PUT", f"/v1/blobs/{digest}?namespace={namespace}", data, **more)
        return digest

    def submit(self, body, key=None, **more):
        headers = {"Idempotency-Key": key} if key else None
        job = self.post("/v1/jobs", {"cpu_milli": 1000, "mem_bytes": 1 << 30, **body},
                        headers=headers, **more)
        self.jobs.append(job["id"])
        return job["id"]

    def compile_body(self, args=None):
        folder = toolchain.runfiles_root() / "tests/conformance/polynomial"
        source = self.upload(archive_of({name.name: name.read_text(encoding="utf-8")
                                         for name in sorted(folder.iterdir())}))
        args = args or ["--fabric-dims=8,3", "--fabric-offsets=4,1", "--memcpy", "--channels=1"]
        return {"kind": "compile", "compile": {"source": source, "csl_main": "layout.csl",
                                               "args": args}}

    def launch_body(self, simulator=True, files=None):
        artifact = self.upload(archive_of(files or {"top/readme": "hello\n"}))
        return {"kind": "launch", "launch": {"artifact": artifact, "simulator": simulator}}

    def job(self, job):
        return self.get(f"/v1/jobs/{job}")

    def states(self, job):
        return [event["to"] for event in self.get(f"/v1/jobs/{job}/events")["events"]]

    def await_state(self, job, *states):
        """The job once it is in one of `states`; fails when it ends in another."""
        def there():
            now = self.job(job)
            assert now["state"] in states or now["state"] not in ENDS, (now, self.all_logs())
            return now if now["state"] in states else None
        return wait_until(there, f"job in {states}")

    def await_end(self, job):
        return self.await_state(job, *ENDS)

    def session(self, **more):
        """A running session's job."""
        job = self.submit(self.launch_body(**more))
        self.await_state(job, "RUNNING")
        return job

    def start_command(self, job, text, key=None):
        headers = {"Idempotency-Key": key} if key else None
        return self.post(f"/v1/jobs/{job}/commands", {"command": text}, headers=headers)["index"]

    def command(self, job, index, wait_ms=0):
        return self.get(f"/v1/jobs/{job}/commands/{index}?wait_ms={wait_ms}")

    def run(self, job, text):
        """Runs it to its end: (exit code, stdout, stderr)."""
        index = self.start_command(job, text)
        record = self.command(job, index, 60_000)
        assert record["state"] == "exited", record
        out, err = (self.call("GET", f"/v1/jobs/{job}/commands/{index}/{stream}")[1].decode()
                    for stream in ("stdout", "stderr"))
        return record["exit_code"], out, err

    def finish(self, job):
        self.post(f"/v1/jobs/{job}/finish", {"outcome": "succeeded"})
        return self.await_end(job)

    def folder_of(self, job):
        """The session's folder on the host."""
        return next(self.state.glob(f"work-*/{job}-*/root"))

    def check_next_jobs_run(self):
        """A compile, and a session on what it made, as if nothing had happened."""
        compile_job = self.submit(self.compile_body())
        done = self.await_end(compile_job)
        assert done["state"] == "SUCCEEDED", (done, self.all_logs())
        session = self.submit({"kind": "launch", "launch": {"artifact": done["artifact"],
                                                            "simulator": True}})
        self.await_state(session, "RUNNING")
        assert self.run(session, "ls out/out.json")[0] == 0
        assert self.finish(session)["state"] == "SUCCEEDED"
        self.await_clean()


class TcpAppliance(Appliance):
    """One that strangers can reach."""

    def start_service(self, failure=None):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        command = ["cs-appliance", "serve", "--state-dir", self.state, "--listen",
                   f"127.0.0.1:{self.port}", *self.service_options]
        self.service = self._start(command, failure)
        wait_until(self._answers, "the service answers")

    def service_url(self):
        return f"http://127.0.0.1:{self.port}"

    def connect_api(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)


class Lazy:
    """A text that is made when it is shown."""

    def __init__(self, make):
        self.make = make

    def __str__(self):
        return str(self.make())


def control_groups_of(jobs):
    """The folders of these jobs' control groups, of both versions, in one walk."""
    jobs = set(jobs)
    return [os.path.join(top, name) for top, folders, _ in os.walk("/sys/fs/cgroup")
            for name in folders if JOB_ID.match(name) and JOB_ID.match(name).group() in jobs]


def remove_control_groups(state):
    """Those that killed workers left below a state folder; the next worker would have done it."""
    for record in state.glob("work-*/*/cgroups"):
        for folder in record.read_text(encoding="utf-8").splitlines():
            if os.path.isdir(folder):
                wait_until(lambda path=folder: removed(path), f"control group {folder} is empty")


def remove_dead_appliances():
    """What tests left that were killed themselves: thousands of groups make every look at the
    control groups slow."""
    for state in pathlib.Path("/tmp").glob(STATE_PREFIX + "*"):
        try:
            with contextlib.ExitStack() as locks:
                # Of the test, and of workers that outlived it.
                for path in [state / LIFE, *state.glob("work-*/.lock")]:
                    fcntl.flock(locks.enter_context(open(path, "rb")),
                                fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_control_groups(state)
                shutil.rmtree(state, ignore_errors=True)
        except (OSError, AssertionError):
            pass  # it lives, or is another user's, or another test removes it


def removed(group):
    """Whether a control group is gone now: the kernel keeps what a process is still leaving."""
    try:
        os.rmdir(group)
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True


def descendants(root, stop_at=(), with_spares=False):
    """{pid: command line} of all processes below `root` that run, without those in stop_at, and
    without the sandboxes that wait for a job."""
    children, parents = {}, {}
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            text = pathlib.Path(stat).read_text(errors="replace")
        except OSError:
            continue
        pid, state, parent = re.match(r"(\d+) \(.*\) (\S) (\d+)", text, re.S).groups()
        if state not in "ZX":
            children.setdefault(int(parent), []).append(int(pid))
            parents[int(pid)] = int(parent)
    found = {}
    left = [root]
    while left:
        for pid in children.get(left.pop(), []):
            if pid not in stop_at:
                found[pid] = _command_line(pid)
                left.append(pid)
    idle = [pid for pid, line in found.items()
            if "bwrap" not in line and "/cs-runner idle-" in line and not with_spares]
    for pid in idle:
        found.pop(pid, None)
        found.pop(parents[pid], None)
    return found


def _command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""


def find_process(below, text):
    """The deepest process below `below` whose command line holds `text`."""
    def found():
        return [pid for pid, line in descendants(below).items() if text in line] or None
    return wait_until(found, f"a process with {text}")[-1]
