# SPDX-License-Identifier: Apache-2.0
"""kill -9 of worker, service, CS system, runner and client while a compile and a command run."""
import hashlib
import io
import os
import random
import signal
import sys
import tarfile
import time

import pytest

from tests.harness.appliance import (PATIENCE_S, Appliance, Refused, descendants, find_process,
                                     wait_until)

SLOW_COMPILE = "worker.during_compile:delay=3000"
COUNTING = "echo x >> count; while [ ! -e go ]; do sleep 0.02; done; echo done"


def kill(pid):
    os.kill(pid, signal.SIGKILL)


def kill_process(process):
    process.kill()
    process.wait()


# A compile runs.

def test_the_worker_of_a_compile():
    with Appliance() as it:
        worker = it.start_worker(failure=SLOW_COMPILE)
        job = it.submit(it.compile_body())
        it.await_state(job, "RUNNING")
        kill_process(worker)
        wait_until(lambda: not it.strangers(), "the compiler ends with its worker")
        it.start_worker()
        assert it.await_end(job)["state"] == "SUCCEEDED"
        it.await_clean()
        it.check_next_jobs_run()


def test_the_service_of_a_compile():  # compat 20
    with Appliance() as it:
        it.start_worker(failure=SLOW_COMPILE)
        job = it.submit(it.compile_body())
        it.await_state(job, "RUNNING")
        kill_process(it.service)
        it.start_service()
        assert it.await_end(job)["state"] == "SUCCEEDED"
        assert it.states(job).count("SCHEDULED") == 1, "the worker went on with it"
        it.await_clean()
        it.check_next_jobs_run()


def test_the_client_of_a_compile():  # compat 46
    with Appliance() as it:
        it.start_worker(failure=SLOW_COMPILE)
        job = it.submit(it.compile_body())
        it.await_state(job, "RUNNING")
        it.post(f"/v1/jobs/{job}/lease", {"ttl_ms": 200})
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("FAILED", "ClientLost")
        it.await_clean()
        it.check_next_jobs_run()


def test_the_client_of_a_job_that_waits():
    with Appliance() as it:
        job = it.submit(it.compile_body())
        it.post(f"/v1/jobs/{job}/lease", {"ttl_ms": 200})
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("FAILED", "ClientLost")
        it.start_worker()
        it.check_next_jobs_run()


def test_the_service_while_a_worker_fetches():
    """What is cut in the middle continues, and nothing that came twice is in it twice."""
    with Appliance() as it:
        out = io.BytesIO()
        data = random.Random(8).randbytes(96 << 20)
        with tarfile.open(fileobj=out, mode="w") as archive:
            info = tarfile.TarInfo("top/data")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        artifact = it.upload(out.getvalue())
        it.start_worker()
        job = it.submit({"kind": "launch", "launch": {"artifact": artifact, "simulator": True}})
        # On disk for a part of a second alone: looked for without a pause.
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            parts = [path for path in it.work_dir().glob(f"{job}-*/blob") if size_of(path) > 0]
            if parts or it.job(job)["state"] == "RUNNING":
                break
        kill_process(it.service)
        it.start_service()
        it.await_state(job, "RUNNING")
        digest = hashlib.sha256(data).hexdigest()
        assert it.run(job, "sha256sum data")[1].split()[0] == digest
        assert it.states(job).count("SCHEDULED") == 1
        assert it.finish(job)["state"] == "SUCCEEDED"
        it.await_clean()


def size_of(path):
    try:
        return path.stat().st_size
    except OSError:
        return 0


# A session's command runs.

def running_command(it, **more):
    job = it.session(**more)
    index = it.start_command(job, COUNTING, key="once")
    count = it.folder_of(job) / "top" / "count"
    wait_until(count.exists, "the command runs")
    return job, index, count


def test_the_worker_of_a_command():
    with Appliance() as it:
        worker = it.start_worker()
        job, index, count = running_command(it, simulator=False)
        kill_process(worker)
        wait_until(lambda: not it.strangers(), "the session ends with its worker")
        assert count.read_text() == "x\n"
        it.start_worker()
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("LOST", "NodeLost")
        assert it.command(job, index)["state"] == "lost"
        it.await_clean()
        it.check_next_jobs_run()


def test_a_worker_that_never_comes_back():
    with Appliance("--worker-lease-ms=1500") as it:
        worker = it.start_worker()
        job, _, _ = running_command(it)
        kill_process(worker)
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("LOST", "NodeLost")
        assert not it.strangers()
        it.start_worker()
        it.await_clean()
        it.check_next_jobs_run()


def test_the_service_of_a_command():
    with Appliance() as it:
        it.start_worker()
        job, index, count = running_command(it)
        kill_process(it.service)
        it.start_service()
        assert it.start_command(job, COUNTING, key="once") == index
        it.call("PUT", f"/v1/jobs/{job}/files/go", b"")
        record = it.command(job, index, 20_000)
        assert (record["state"], record["exit_code"]) == ("exited", 0)
        assert count.read_text() == "x\n"
        assert it.finish(job)["state"] == "SUCCEEDED"
        it.await_clean()
        it.check_next_jobs_run()


def test_a_service_that_stays_away():
    """Its worker ends the session itself; when the service is back, the job is lost."""
    with Appliance("--worker-lease-ms=1500") as it:
        worker = it.start_worker()
        job, _, count = running_command(it)
        kill_process(it.service)
        wait_until(lambda: not descendants(worker.pid), "the worker ends its session")
        wait_until(lambda: not count.exists(), "and removes it")
        it.start_service()
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("LOST", "NodeLost")
        it.check_next_jobs_run()


def test_the_cs_system_of_a_session():
    with Appliance() as it:
        worker = it.start_worker()
        job, index, count = running_command(it, simulator=False)
        system = find_process(worker.pid, "cs-system --listen-fd")
        kill(system)
        wait_until(lambda: find_process(worker.pid, "cs-system --listen-fd") != system,
                   "another one stands at its address")
        it.call("PUT", f"/v1/jobs/{job}/files/go", b"")
        assert it.command(job, index, 20_000)["exit_code"] == 0
        assert count.read_text() == "x\n"
        assert it.finish(job)["state"] == "SUCCEEDED"
        it.await_clean()
        it.check_next_jobs_run()


def test_the_runner_of_a_session():
    with Appliance() as it:
        worker = it.start_worker()
        job, index, _ = running_command(it)
        kill(find_process(worker.pid, "/bin/cs-runner"))
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("FAILED", "SessionLost")
        assert it.command(job, index)["state"] in ("lost", "exited")
        with pytest.raises(Refused):
            it.start_command(job, COUNTING, key="once")
        it.await_clean()
        it.check_next_jobs_run()


def test_the_client_of_a_command():  # compat 46
    with Appliance() as it:
        it.start_worker()
        job, _, _ = running_command(it, simulator=False)
        it.post(f"/v1/jobs/{job}/lease", {"ttl_ms": 200})
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("FAILED", "ClientLost")
        it.await_clean()
        it.check_next_jobs_run()


def test_a_command_itself():
    with Appliance() as it:
        it.start_worker()
        job = it.session()
        code, _, _ = it.run(job, "kill -9 $$")
        assert code == 137
        index = it.start_command(job, "(setsid sleep 1000 &) ; sleep 1000")
        it.post(f"/v1/jobs/{job}/commands/{index}/kill")  # compat 45
        assert it.command(job, index, 20_000)["signal"] == signal.SIGKILL
        assert it.run(job, "echo alive")[1] == "alive\n"
        assert it.finish(job)["state"] == "SUCCEEDED"
        it.await_clean()


def test_both_at_any_moment():
    """A worker or the service dies at a random moment of a compile or a session, many times."""
    chance = random.Random(3)
    with Appliance() as it:
        it.start_worker()
        body = it.compile_body()
        for _ in range(6):
            compile_job = it.submit(body)
            session = it.submit(it.launch_body())
            time.sleep(chance.uniform(0, 0.15))  # the moment is the test, not a wait for something
            if chance.random() < 0.5:
                kill_process(it.service)
                it.start_service()
            else:
                kill_process(it.workers["one"])
                it.start_worker()
            assert it.await_end(compile_job)["state"] == "SUCCEEDED", it.all_logs()
            now = it.await_state(session, "RUNNING", "LOST")
            if now["state"] == "RUNNING":
                assert it.run(session, "cat readme")[1] == "hello\n"
                assert it.finish(session)["state"] == "SUCCEEDED"
            it.await_clean()
        it.check_next_jobs_run()


def test_sigterm_of_a_worker_gives_its_jobs_back_at_once():
    with Appliance() as it:
        worker = it.start_worker(failure=SLOW_COMPILE)
        compile_job = it.submit(it.compile_body())
        it.await_state(compile_job, "RUNNING")
        session, _, _ = running_command(it)
        worker.terminate()
        it.await_death(worker, how=0)
        assert it.job(session)["state"] == "LOST"
        assert it.job(compile_job)["state"] == "QUEUED"
        it.await_clean()
        it.start_worker()
        assert it.await_end(compile_job)["state"] == "SUCCEEDED"
        it.check_next_jobs_run()


def test_sigterm_of_the_service_ends_its_local_worker():
    with Appliance("--local-worker") as it:
        wait_until(it.all_workers, "the local worker joins")
        session = it.session()
        it.start_command(session, "sleep 1000")
        it.service.terminate()
        it.await_death(it.service, how=0)
        assert not it.strangers()
        it.start_service()
        wait_until(lambda: [w for w in it.all_workers() if w["state"] == "READY"], "a new one")
        assert it.await_end(session)["state"] == "LOST"
        it.check_next_jobs_run()


@pytest.mark.parametrize("who", ["worker", "service"])
def test_a_killed_part_of_the_embedded_appliance_comes_back(who):
    with Appliance("--local-worker") as it:
        wait_until(it.all_workers, "the local worker joins")
        session = it.session()
        it.start_command(session, "sleep 1000")
        if who == "worker":
            kill(find_process(it.service.pid, "bin/cs-worker"))
        else:
            kill_process(it.service)
            wait_until(lambda: not it.strangers(), "the worker ends with its service")
            it.start_service()
        done = it.await_end(session)
        assert (done["state"], done["reason"]) == ("LOST", "NodeLost")
        it.check_next_jobs_run()


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
