# SPDX-License-Identifier: Apache-2.0
"""kill -9 of each process at each stage of a job: a table of what the client sees then.

    bazel run //tests/recovery:killed_at_stages_test -- full

Without `full` it is those cells of the table that no other test here has. After each kill: what was
acknowledged before it is still there, nothing is left over, and the next jobs run.
"""
import contextlib
import http.client
import os
import signal
import sys
import threading

import pytest

from tests.harness.appliance import (ENDS, Appliance, Refused, archive_of, descendants,
                                     find_process, wait_until)

FULL = "full" in sys.argv[1:]
BLOB_BYTES = 8 << 20  # more than all buffers on its way
BROKEN = (Refused, OSError, http.client.HTTPException)
# A compilation that does not end by itself.
ENDLESS = ("layout {\n  @set_rectangle(1, 1);\n  var i: u64 = 0;\n"
           "  while (i < 1000000000000) : (i += 1) { }\n}\n")
NO_SPARES = ("--retention-s", "0", "--spare-sandboxes", "0")
COUNTING = "echo x >> count; while [ ! -e go ]; do sleep 0.02; done; echo done"
PROGRAMS = {"system": "cs-system --listen-fd", "compiler": "/bin/cslc"}

# What becomes of the job.
GOES_ON = "continues"            # in the same attempt; the client notices nothing
AGAIN = "again"                # another attempt runs it from the start
NODE_LOST = "LOST NodeLost"
SESSION_LOST = "FAILED SessionLost"
COMPILATION_FAILED = "FAILED CompilationFailed"
NOT_STARTED = "FAILED WorkerError"
AS_WANTED = "SUCCEEDED "       # the end that its client asked for before
COMMAND_KILLED = "command killed"  # exit code 137, and the session continues

# {stage: {process: its possible outcomes}}. A runner is the init of its sandbox; `sandbox` is the
# process outside that waits for it.
TABLE = {
    "queued": {"service": [GOES_ON], "worker": [GOES_ON]},
    "staging": {"service": [GOES_ON], "worker": [AGAIN]},
    "sandboxing": {"service": [GOES_ON], "worker": [AGAIN],
                   # Ended before or after it was ready.
                   "runner": [NOT_STARTED, SESSION_LOST],
                   "sandbox": [NOT_STARTED, SESSION_LOST],
                   # As soon as it is there: what it has just started may live on without it.
                   "new sandbox": [NOT_STARTED, SESSION_LOST]},
    "compiling": {"service": [GOES_ON], "worker": [AGAIN], "compiler": [COMPILATION_FAILED],
                  "sandbox": [COMPILATION_FAILED], "new sandbox": [COMPILATION_FAILED]},
    "idle": {"service": [GOES_ON], "worker": [NODE_LOST], "runner": [SESSION_LOST],
             "system": [GOES_ON], "sandbox": [SESSION_LOST]},
    "command": {"service": [GOES_ON], "worker": [NODE_LOST], "runner": [SESSION_LOST],
                "system": [GOES_ON], "sandbox": [SESSION_LOST], "command": [COMMAND_KILLED]},
    "upload": {"service": [GOES_ON], "worker": [NODE_LOST], "runner": [SESSION_LOST],
               "system": [GOES_ON], "sandbox": [SESSION_LOST], "command": [COMMAND_KILLED]},
    "download": {"service": [GOES_ON], "worker": [NODE_LOST], "runner": [SESSION_LOST],
                 "system": [GOES_ON], "sandbox": [SESSION_LOST], "command": [COMMAND_KILLED]},
    # Its end is accepted, and its worker has not been told.
    "stopping": {"service": [AS_WANTED], "worker": [AS_WANTED],
                 "runner": [AS_WANTED, SESSION_LOST], "system": [AS_WANTED],
                 "sandbox": [AS_WANTED, SESSION_LOST], "command": [AS_WANTED]},
}
# Elsewhere: killed_test.py and failure_points_test.py.
HAS_TESTS = {("staging", "worker"), ("sandboxing", "worker"), ("compiling", "service"),
             ("compiling", "worker"), ("command", "service"), ("command", "worker"),
             ("command", "runner"), ("command", "system"), ("command", "command")}
# As others, in another stage.
LIKE_OTHERS = {("idle", "service"), ("idle", "system"), ("idle", "worker"), ("idle", "runner"),
               ("staging", "service"), ("sandboxing", "sandbox"), ("compiling", "sandbox"),
               ("upload", "system"), ("upload", "command"), ("upload", "sandbox"),
               ("download", "system"), ("download", "command"), ("download", "sandbox"),
               ("download", "runner"), ("stopping", "system"), ("stopping", "sandbox"),
               ("stopping", "command"), ("command", "sandbox"), ("queued", "worker")}
CELLS = [(stage, process) for stage, row in TABLE.items() for process in row
         if FULL or (stage, process) not in HAS_TESTS | LIKE_OTHERS]


class Scene:
    """A job at a stage."""

    def __init__(self, it, stage):
        self.it, self.stage = it, stage
        self.job = self.index = self.blocker = None
        self.transfer = None  # a thread, with what became of it
        self.result = []
        self.resume = threading.Event()
        getattr(self, "enter_" + stage)()

    def start_worker(self, failure=None, options=("--retention-s", "0")):
        self.it.start_worker(failure=failure, options=options)

    def submit_session(self, **more):
        body = self.it.launch_body(simulator=False)
        self.job = self.it.submit({**body, **more}, key="session")

    def enter_queued(self):
        self.start_worker(options=("--retention-s", "0", "--cpu", "1000", "--mem", str(4 << 30),
                                   "--systems", "4"))
        self.blocker = self.it.session()
        self.submit_session()
        assert self.it.job(self.job)["state"] == "QUEUED"

    def enter_staging(self):
        self.start_worker("worker.before_extract:delay=1500")
        self.submit_session()
        self.it.await_state(self.job, "STARTING")

    def enter_sandboxing(self):
        # One that is made for the job: a spare one stands before it comes.
        self.start_worker("worker.before_sandbox:delay=300", NO_SPARES)
        self.submit_session()
        self.it.await_state(self.job, "STARTING")

    def enter_compiling(self):
        self.start_worker(options=NO_SPARES)
        source = self.it.upload(archive_of({"layout.csl": ENDLESS}))
        self.job = self.it.submit({"kind": "compile", "compile": {
            "source": source, "csl_main": "layout.csl",
            "args": ["--arch=wse3", "--fabric-dims=8,3", "--fabric-offsets=4,1",
                     "--comptime-step-limit=1000000000000"]}}, key="compile")
        self.it.await_state(self.job, "RUNNING")

    def enter_idle(self):
        self.start_worker()
        self.submit_session()
        self.it.await_state(self.job, "RUNNING")
        self.acknowledge()

    def enter_command(self):
        self.enter_idle()
        self.index = self.it.start_command(self.job, COUNTING, key="once")
        count = self.it.folder_of(self.job) / "top" / "count"
        wait_until(count.exists, "the command runs")

    def enter_upload(self):
        self.enter_command()
        self.start_transfer(self.upload)

    def enter_download(self):
        self.enter_command()
        self.it.call("PUT", f"/v1/jobs/{self.job}/files/big", os.urandom(BLOB_BYTES))
        self.start_transfer(self.download)

    def enter_stopping(self):
        self.enter_command()
        self.it.workers["one"].send_signal(signal.SIGSTOP)
        self.it.post(f"/v1/jobs/{self.job}/finish", {"outcome": "succeeded"})

    # What the client has been told of before the kill.

    def acknowledge(self):
        self.it.call("PUT", f"/v1/jobs/{self.job}/files/staged", b"as it was staged\n")
        assert self.it.run(self.job, "echo x >> done; cat staged")[1] == "as it was staged\n"

    def check_acknowledged(self, has_files):
        if self.stage in ("queued", "staging", "sandboxing", "compiling"):
            return
        first = self.it.command(self.job, 0)
        assert (first["state"], first["exit_code"]) == ("exited", 0), first
        if has_files:
            assert self.it.run(self.job, "cat staged done")[1] == "as it was staged\nx\n"

    # A transfer that is in its middle until it may continue.

    def start_transfer(self, work):
        middle = threading.Event()

        def run():
            try:
                self.result.append(work(middle))
            except BROKEN as failure:
                self.result.append(failure)
            middle.set()
        self.transfer = threading.Thread(target=run)
        self.transfer.start()
        assert middle.wait(30)

    def request(self, method, name, headers):
        connection = self.it.connect_api()
        connection.putrequest(method, f"/v1/jobs/{self.job}/files/{name}")
        for key, value in {"Authorization": "Bearer " + self.it.token, **headers}.items():
            connection.putheader(key, value)
        connection.endheaders()
        return connection

    def upload(self, middle):
        with contextlib.closing(self.request("PUT", "big", {"Content-Length": BLOB_BYTES})) as peer:
            peer.send(bytes(BLOB_BYTES // 2))
            middle.set()
            assert self.resume.wait(60)
            peer.send(bytes(BLOB_BYTES - BLOB_BYTES // 2))
            return peer.getresponse().status

    def download(self, middle):
        with contextlib.closing(self.request("GET", "big", {})) as peer:
            answer = peer.getresponse()
            got = len(answer.read(BLOB_BYTES // 8))
            middle.set()
            assert self.resume.wait(60)
            got += len(answer.read())
            return 200 if got == BLOB_BYTES else http.client.IncompleteRead(b"", BLOB_BYTES - got)

    def end_transfer(self):
        """Its result: 200, 4xx, 5xx, or why it broke. Complete or absent."""
        if self.transfer is None:
            return
        self.resume.set()
        self.transfer.join(60)
        assert self.result, "the transfer ends"

    def check_transfer(self, process):
        if self.transfer is None:
            return
        if process in ("system", "command"):
            assert self.result == [200], self.result
        if process == "service":
            assert self.result[0] != 200, "it passed through what was killed"
            if self.stage == "upload":
                assert self.it.run(self.job, "ls big .staging-* 2>/dev/null")[1] == ""
                self.it.call("PUT", f"/v1/jobs/{self.job}/files/big", bytes(BLOB_BYTES))
            assert len(self.it.call("GET", f"/v1/jobs/{self.job}/files/big")[1]) == BLOB_BYTES

    # Processes.

    def find(self, process):
        worker = self.it.workers["one"].pid
        if process == "command":  # not a copy of it that is about to become its sleep
            return wait_until(lambda: [pid for pid, line in descendants(worker).items()
                                       if "while [ ! -e go ]" in line], "the command runs")[0]
        if process in PROGRAMS:
            return find_process(worker, PROGRAMS[process])

        def those_with(text):
            return [pid for pid, line in descendants(worker).items()
                    if text in line.split(" ")[0] and "cs-system" not in line] or None
        if process == "runner" or (process, self.stage) == ("sandbox", "sandboxing"):
            runner = wait_until(lambda: those_with("cs-runner"), "a runner")[-1]
            if process == "runner":
                return runner
        return wait_until(lambda: those_with("bwrap"), "a sandbox")[0]

    def kill(self, process):
        it = self.it
        if self.stage == "compiling" and process != "new sandbox":
            self.find("compiler")
        if process == "service":
            it.service.kill()
            it.service.wait()
            it.start_service()
        elif process == "worker":
            it.workers["one"].kill()
            it.workers["one"].wait()
            wait_until(lambda: not it.strangers(), "what it started ends with it")
        else:
            os.kill(self.find(process), signal.SIGKILL)
        if self.stage == "stopping" and process != "worker":
            it.workers["one"].send_signal(signal.SIGCONT)

    # The outcome.

    def outcome(self, process):
        it = self.it
        if process == "worker":
            self.end_transfer()
            self.start_worker()
        if process == "command" and self.stage != "stopping":
            record = it.command(self.job, self.index, 20_000)
            assert (record["state"], record["exit_code"]) == ("exited", 137), record
            return COMMAND_KILLED
        may_end = any(word.split(" ")[0] in ENDS for word in TABLE[self.stage][process])
        if self.stage == "queued":
            with contextlib.suppress(Refused):  # lost with its worker
                it.finish(self.blocker)
        now = it.await_end(self.job) if may_end else it.await_state(self.job, "RUNNING")
        if now["state"] in ENDS:
            return f"{now['state']} {now['reason']}"
        return GOES_ON if it.states(self.job).count("SCHEDULED") == 1 else AGAIN

    def end(self):
        """Ends a job that still runs as its client would."""
        it = self.it
        if it.job(self.job)["state"] in ENDS:
            return
        if self.stage == "compiling":
            self.find("compiler")
            it.post(f"/v1/jobs/{self.job}/cancel")
            assert it.await_end(self.job)["state"] == "CANCELLED"
            return
        if self.index is not None:
            it.call("PUT", f"/v1/jobs/{self.job}/files/go", b"")
            record = it.command(self.job, self.index, 20_000)
            assert record["exit_code"] in (0, 137), record
            assert it.run(self.job, "cat count")[1] == "x\n", "it ran once"
        assert it.finish(self.job)["state"] == "SUCCEEDED"


@pytest.mark.parametrize(("stage", "process"), CELLS)
def test_a_kill(stage, process):
    with Appliance() as it:
        scene = Scene(it, stage)
        try:
            scene.kill(process)
            outcome = scene.outcome(process)
        finally:
            scene.end_transfer()
        assert outcome in TABLE[stage][process], it.all_logs()
        runs = it.job(scene.job)["state"] == "RUNNING"
        scene.check_acknowledged(has_files=runs)
        scene.check_transfer(process)
        if scene.index is not None and not runs and stage != "stopping":
            assert it.command(scene.job, scene.index)["state"] in ("lost", "exited")
        scene.end()
        it.await_clean()
        if FULL:
            it.check_next_jobs_run()


def test_what_a_cell_leaves_out_is_in_the_table():
    assert HAS_TESTS | LIKE_OTHERS <= {(stage, process) for stage, row in TABLE.items()
                                       for process in row}


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider",
                          *[one for one in sys.argv[1:] if one != "full"]]))
