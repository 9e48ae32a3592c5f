# SPDX-License-Identifier: Apache-2.0
"""A network that is cut between client, service and worker, at each kind of request.

The rule: what can be repeated is, what runs commands runs them once, and a break that is shorter
than the leases is noticed by nobody.
"""
import hashlib
import http.client
import os
import random
import re
import signal
import sys
import threading

import pytest

from tests.harness.appliance import (ENDS, KEEP_NOTHING, Appliance, Refused, _UnixConnection,
                                     archive_of, descendants, wait_until)
from tests.harness.wire import CUTS, PASSING, STALLED, Wire

LONG_LEASE, SHORT_LEASE = "--worker-lease-ms=60000", "--worker-lease-ms=3000"
COUNTING = "echo x >> count; while [ ! -e go ]; do sleep 0.02; done; echo done"
BROKEN = (OSError, http.client.HTTPException, Refused)
# What a program says that nobody hears any more, and that many bytes of it.
LONG_SOURCE = {"top/noise": random.Random(5).randbytes(3 << 20).hex()}


class Wired(Appliance):
    """The worker `one` reaches the service over `up`, the service the worker over `down`, and a
    client the service over `near`."""

    def __init__(self, *options):
        super().__init__(*options)
        self.is_near = False

    def __enter__(self):
        super().__enter__()
        self.near = Wire(self.state / "near.sock", self.state / "api.sock")
        self.up = Wire(self.state / "up.sock", self.state / "api.sock")
        self.down = None
        return self

    def __exit__(self, *failure):
        for wire in (self.near, self.up, self.down):
            if wire is not None:
                wire.become(PASSING)
        super().__exit__(*failure)

    def service_url(self):
        return f"unix:{self.state}/up.sock"

    def start_wired_worker(self, failure=None, options=KEEP_NOTHING):
        process = self.start_worker("one", failure, options)
        self.move_worker()
        return process

    def move_worker(self):
        """Puts a wire where the worker listens. It has no session yet."""
        listens = self.state / "one.sock"
        listens.rename(self.state / "one-itself.sock")
        self.down = Wire(listens, self.state / "one-itself.sock")

    def connect_api(self):
        if self.is_near:
            return _UnixConnection(self.state / "near.sock")
        return super().connect_api()

    def from_client(self, work):
        """What `work()` gives where calls go over `near`."""
        self.is_near = True
        try:
            return work()
        finally:
            self.is_near = False


def scheduled(it, job):
    return it.states(job).count("SCHEDULED")


def is_lost(it, name):
    return any(worker["name"] == name and worker["state"] == "LOST" for worker in it.all_workers())


def running_command(it):
    job = it.session()
    index = it.start_command(job, COUNTING, key="once")
    count = it.folder_of(job) / "top" / "count"
    wait_until(count.exists, "the command runs")
    return job, index, count


def finish_counting(it, job, index, count):
    it.call("PUT", f"/v1/jobs/{job}/files/go", b"")
    record = it.command(job, index, 20_000)
    assert (record["state"], record["exit_code"]) == ("exited", 0)
    assert count.read_text() == "x\n"
    assert it.finish(job)["state"] == "SUCCEEDED"


# Between worker and service, for longer than any single call is repeated.

@pytest.mark.parametrize("how", CUTS)
def test_a_cut_within_the_lease_ends_no_job(how):
    """Longer than a call is repeated for, shorter than the worker's lease."""
    with Wired(LONG_LEASE) as it:
        it.start_wired_worker(failure="worker.before_result:delay=3000")
        compiled = it.submit(it.compile_body())
        wait_until(lambda: list(it.work_dir().glob(f"{compiled}-*/artifact.tar.gz")), "compiled")
        job, index, count = running_command(it)
        it.up.become(how)
        await_notice(it, compiled)
        assert it.job(compiled)["state"] == "RUNNING"
        it.up.become(PASSING)
        assert it.await_end(compiled)["state"] == "SUCCEEDED", it.all_logs()
        assert scheduled(it, compiled) == 1
        finish_counting(it, job, index, count)
        assert scheduled(it, job) == 1
        it.await_clean()
        it.check_next_jobs_run()


def await_notice(it, job):
    """Until the worker complains, or something it said of the job is held."""
    wait_until(lambda: f"job {job} waits for the service" in it.all_logs()
               or any(b"/attempts/" in piece for piece in it.up.held), "it is cut off")


@pytest.mark.parametrize("how", CUTS)
@pytest.mark.parametrize("kind", ["compile", "launch"])
def test_a_cut_while_a_job_starts_ends_no_job(how, kind):
    with Wired(LONG_LEASE) as it:
        it.start_wired_worker()
        broken = it.up.break_once(r"POST /v1/attempts/\d+/transition", 0, then=how)
        job = it.submit(it.compile_body() if kind == "compile" else it.launch_body())
        wait_until(broken.is_set, "its worker has it")
        await_notice(it, job)
        it.up.become(PASSING)
        if kind == "launch":
            it.await_state(job, "RUNNING")
            assert it.run(job, "cat readme")[1] == "hello\n"
            it.finish(job)
        assert it.await_end(job)["state"] == "SUCCEEDED", it.all_logs()
        assert scheduled(it, job) == 1
        it.await_clean()


@pytest.mark.parametrize("how", CUTS)
def test_a_cut_past_the_lease_gives_jobs_away_only_after_their_worker_ended_them(how):
    with Wired(SHORT_LEASE) as it:
        first = it.start_wired_worker(failure="worker.during_compile:delay=3000")
        compiled = it.submit(it.compile_body())
        it.await_state(compiled, "RUNNING")
        job, index, _ = running_command(it)
        it.up.become(how)
        wait_until(lambda: not descendants(first.pid), "the worker ends its jobs itself")
        wait_until(lambda: is_lost(it, "one"), "the lease ends")
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("LOST", "NodeLost")
        assert "one" in done["message"]
        assert it.command(job, index)["state"] == "lost"
        assert it.job(compiled)["state"] == "QUEUED"
        it.up.become(PASSING)  # it registers again, and gets the compilation once more
        assert it.await_end(compiled)["state"] == "SUCCEEDED"
        assert scheduled(it, compiled) == 2
        assert it.job(job) == done
        it.await_clean()
        it.check_next_jobs_run()


# Each kind of upload, cut in its middle and cut when its answer comes.

MOMENTS = pytest.mark.parametrize("after", [0, 400, 1_000_000, None])


@MOMENTS
def test_a_client_that_is_cut_off_while_it_uploads_a_blob_tries_again(after):
    with Wired() as it:
        data = archive_of(LONG_SOURCE)
        assert len(data) > 1_500_000
        broken = it.near.break_once("PUT /v1/blobs/", after)
        with pytest.raises(BROKEN):
            it.from_client(lambda: it.upload(data))
        assert broken.is_set()
        wait_until(lambda: not list((it.state / "blobs" / "incoming").iterdir()), "no half blob")
        digest = hashlib.sha256(data).hexdigest()
        if after is not None:
            with pytest.raises(Refused) as refused:
                it.call("GET", f"/v1/blobs/{digest}")
            assert refused.value.status == 404
        assert it.from_client(lambda: it.upload(data)) == digest
        assert it.call("GET", f"/v1/blobs/{digest}")[1] == data


@pytest.mark.parametrize("where", ["near", "down"])
@MOMENTS
def test_a_staged_file_that_is_cut_off_is_not_there_and_harms_no_other(where, after):
    with Wired() as it:
        it.start_wired_worker()
        job = it.session()
        path = f"/v1/jobs/{job}/files/data"
        it.call("PUT", path, b"before")
        data = random.Random(6).randbytes(2 << 20)
        wire = it.near if where == "near" else it.down
        broken = wire.break_once(r"PUT [^ ]*/files/data", after)
        with pytest.raises(BROKEN):
            it.from_client(lambda: it.call("PUT", path, data))
        assert broken.is_set()
        want = data if after is None else b"before"
        wait_until(lambda: it.call("GET", path)[1] == want, "the one or the other, whole")
        wait_until(lambda: it.run(job, "ls -A")[1].split() == ["data", "readme"], "no half file")
        it.from_client(lambda: it.call("PUT", path, data))
        assert it.call("GET", path)[1] == data
        assert it.finish(job)["state"] == "SUCCEEDED"
        it.await_clean()


@MOMENTS
def test_a_worker_that_is_cut_off_while_it_uploads_a_result_tries_again(after):
    with Wired() as it:
        it.start_wired_worker()
        broken = it.up.break_once(r"PUT /v1/attempts/\d+/blobs/", after and min(after, 2_000))
        job = it.submit(it.compile_body())
        done = it.await_end(job)
        assert done["state"] == "SUCCEEDED"
        assert broken.is_set() and scheduled(it, job) == 1
        data = it.call("GET", f"/v1/blobs/{done['artifact']}")[1]
        assert hashlib.sha256(data).hexdigest() == done["artifact"]
        it.await_clean()
        it.check_next_jobs_run()


@MOMENTS
def test_a_log_that_is_cut_off_is_whole_and_has_nothing_twice(after):
    with Wired() as it:
        it.start_wired_worker()
        job = it.session()
        broken = it.up.break_once(r"PUT /v1/attempts/\d+/log", after and min(after, 200_000))
        assert it.run(job, "seq 60000")[0] == 0
        assert it.run(job, "echo after")[0] == 0
        assert it.finish(job)["state"] == "SUCCEEDED"
        assert broken.is_set()
        numbers = "\n".join(map(str, range(1, 60_001)))
        assert it.call("GET", f"/v1/jobs/{job}/log")[1].decode() == (
            f"$ seq 60000\n{numbers}\n[exit code 0]\n$ echo after\nafter\n[exit code 0]\n")
        it.await_clean()


@pytest.mark.parametrize("nth", [0, 1, 2])
@pytest.mark.parametrize("after", [0, 200, None])
def test_a_report_that_is_cut_off_is_repeated(nth, after):
    """Of STARTING, of RUNNING and of the end."""
    with Wired() as it:
        it.start_wired_worker()
        for _ in range(nth):
            it.up.break_once("POST /v1/attempts/[0-9]+/transition", 1 << 40)  # passes
        broken = it.up.break_once("POST /v1/attempts/[0-9]+/transition", after)
        job = it.submit(it.compile_body())
        assert it.await_end(job)["state"] == "SUCCEEDED"
        assert broken.is_set()
        assert it.states(job) == ["QUEUED", "SCHEDULED", "STARTING", "RUNNING", "SUCCEEDED"]
        it.await_clean()


# Downloads.

def test_a_worker_that_is_cut_off_while_it_fetches_continues_where_it_was():
    with Wired() as it:
        it.start_wired_worker()
        artifact = it.upload(archive_of({f"top/{name}": text for name, text in
                                         [("noise", LONG_SOURCE["top/noise"])]}))
        broken = it.up.break_once(r"GET /v1/attempts/\d+/blobs/")
        job = it.submit({"kind": "launch", "launch": {"artifact": artifact, "simulator": True}})
        it.await_state(job, "RUNNING")
        assert broken.is_set() and scheduled(it, job) == 1
        digest = hashlib.sha256(LONG_SOURCE["top/noise"].encode()).hexdigest()
        assert it.run(job, "sha256sum noise")[1].split()[0] == digest
        assert it.finish(job)["state"] == "SUCCEEDED"
        it.await_clean()


# Commands: at most once, whatever breaks.

@pytest.mark.parametrize("where", ["near", "down"])
@pytest.mark.parametrize("after", [0, 30, None])
def test_a_command_whose_request_or_answer_is_cut_off_runs_once(where, after):
    with Wired() as it:
        it.start_wired_worker()
        job = it.session()
        wire = it.near if where == "near" else it.down
        broken = wire.break_once(r"POST [^ ]*/commands", after)

        def start():
            return it.start_command(job, "echo x >> count", key="once")
        if where == "near":
            with pytest.raises(BROKEN):
                it.from_client(start)
        index = it.from_client(start)
        assert it.from_client(start) == index == 0
        assert broken.is_set()
        assert it.command(job, index, 20_000)["exit_code"] == 0
        assert it.run(job, "cat count")[1] == "x\n"
        assert it.finish(job)["state"] == "SUCCEEDED"
        it.await_clean()


@pytest.mark.parametrize("how", CUTS)
def test_a_command_that_cannot_reach_its_worker_is_lost_and_never_sent_again(how):
    with Wired(LONG_LEASE) as it:
        it.start_wired_worker()
        job = it.session()
        it.run(job, "true")
        it.down.become(how)
        with pytest.raises(Refused) as refused:
            it.start_command(job, "echo x >> count", key="once")
        assert refused.value.status == 503, refused.value
        it.down.become(PASSING)
        assert it.start_command(job, "echo x >> count", key="once") == 1
        # What was held on its way may still come, and is then known again.
        record = it.command(job, 1, 20_000)
        assert record["state"] in ("lost", "exited"), record
        count = it.run(job, "cat count 2>/dev/null")[1]
        assert count in ("", "x\n") and (count or record["state"] == "lost")
        assert it.finish(job)["state"] == "SUCCEEDED"
        it.await_clean()


@pytest.mark.parametrize("how", CUTS)
def test_a_command_that_runs_while_its_worker_cannot_be_reached_is_found_again(how):
    with Wired(LONG_LEASE) as it:
        it.start_wired_worker()
        job, index, count = running_command(it)
        it.down.become(how)
        asked = []

        def ask():
            with pytest.raises(Refused) as refused:
                it.command(job, index, 100)
            asked.append(refused.value)
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
        assert asked and asked[0].status == 503
        it.down.become(PASSING)
        finish_counting(it, job, index, count)
        it.await_clean()


# Between client and service.

@pytest.mark.parametrize("after", [0, 60, None])
def test_a_submission_that_is_cut_off_and_repeated_makes_one_job(after):
    with Wired() as it:
        body = it.launch_body()
        broken = it.near.break_once("POST /v1/jobs ", after)
        with pytest.raises(BROKEN):
            it.from_client(lambda: it.submit(body, key="once"))
        assert broken.is_set()
        job = it.from_client(lambda: it.submit(body, key="once"))
        assert [one["id"] for one in it.get("/v1/jobs?all=1")["jobs"]] == [job]
        it.start_wired_worker()
        it.await_state(job, "RUNNING")
        assert it.finish(job)["state"] == "SUCCEEDED"
        it.await_clean()


@pytest.mark.parametrize("how", CUTS)
def test_a_client_that_is_cut_off_for_longer_than_its_lease_has_lost_its_job(how):
    with Wired() as it:
        it.start_wired_worker()
        job, index, _ = running_command(it)
        it.from_client(lambda: it.post(f"/v1/jobs/{job}/lease", {"ttl_ms": 1000}))
        it.near.become(how)
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("FAILED", "ClientLost")
        it.near.become(PASSING)
        with pytest.raises(Refused) as refused:
            it.from_client(lambda: it.start_command(job, COUNTING, key="once"))
        assert "FAILED" in refused.value.detail
        assert it.command(job, index)["state"] == "lost"
        it.await_clean()


def test_a_paused_worker_and_a_stalled_network_at_once():
    """What a worker that stood still says when all moves again is refused."""
    with Wired(SHORT_LEASE) as it:
        first = it.start_wired_worker()
        job, index, count = running_command(it)
        os.kill(first.pid, signal.SIGSTOP)
        it.up.become(STALLED)
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("LOST", "NodeLost")
        assert count.read_text() == "x\n"
        os.kill(first.pid, signal.SIGCONT)
        wait_until(lambda: not descendants(first.pid), "its own jobs end")
        it.up.become(PASSING)
        wait_until(lambda: [worker for worker in it.all_workers() if worker["name"] == "one"
                            and worker["state"] == "READY"], "it registers again")
        assert it.job(job) == done and it.command(job, index)["state"] == "lost"
        it.await_clean()
        it.check_next_jobs_run()


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
