# SPDX-License-Identifier: Apache-2.0
"""A process dies at each named step: the job comes to a defined end, nothing is left, others run.

The steps are the two tables that the code passes through; each has one test here, and a test that
none is missing.
"""
import http.client
import sys

import pytest

from tests.harness import appliance
from tests.harness.appliance import Appliance, Refused

SERVICE = "appliance/domain/failure_points.def"
WORKER = "worker/executor/failure_points.def"

# Steps of a worker at which a job has had no effect yet: another attempt runs it.
COMPILE_AGAIN = ["worker.after_assign", "worker.before_extract", "worker.during_compile",
                 "worker.before_result", "worker.before_report"]
SESSION_AGAIN = ["worker.after_assign", "worker.before_extract", "worker.before_sandbox"]
# Steps at which a command may have run: its session is lost, and it never runs again.
COMMAND = ["worker.before_command", "worker.during_command"]
# Steps at which a submission is or is not written, and what a worker is or is not told.
SUBMIT = ["service.before_insert", "service.after_insert", "service.after_assign"]
REPORT = ["service.after_transition"]
DISPATCH = {  # how often the command runs: at most once whatever happens
    "service.after_command": ("exited", 1),
    "service.before_dispatch": ("exited", 1),
    "service.after_dispatch": ("exited", 1),
}


def test_every_point_of_the_tables_is_tested_here():
    tested = {*COMPILE_AGAIN, *SESSION_AGAIN, *COMMAND, *SUBMIT, *REPORT, *DISPATCH}
    assert tested == {*appliance.points_of(SERVICE), *appliance.points_of(WORKER)}


@pytest.mark.parametrize("point", COMPILE_AGAIN)
def test_a_compile_runs_again_on_the_next_worker(point):
    with Appliance() as it:
        first = it.start_worker(failure=point + ":kill")
        job = it.submit(it.compile_body())
        it.await_death(first)
        it.start_worker()
        done = it.await_end(job)
        assert done["state"] == "SUCCEEDED", it.all_logs()
        assert it.states(job).count("SCHEDULED") == 2
        it.await_clean()
        it.check_next_jobs_run()


def test_a_compile_that_ends_every_worker_fails_with_the_reason():
    with Appliance() as it:
        job = it.submit(it.compile_body())
        for _ in range(3):
            it.await_death(it.start_worker(failure="worker.during_compile:kill"))
        it.start_worker()
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("FAILED", "NodeLost")
        it.await_clean()
        it.check_next_jobs_run()


@pytest.mark.parametrize("point", SESSION_AGAIN)
def test_a_session_that_took_no_command_yet_starts_again(point):
    with Appliance() as it:
        first = it.start_worker(failure=point + ":kill")
        job = it.submit(it.launch_body())
        it.await_death(first)
        it.start_worker()
        it.await_state(job, "RUNNING")
        assert it.run(job, "cat readme")[1] == "hello\n"
        assert it.finish(job)["state"] == "SUCCEEDED"
        it.await_clean()
        it.check_next_jobs_run()


@pytest.mark.parametrize("point", COMMAND)
def test_a_session_is_lost_with_its_worker_and_its_command_never_runs_twice(point):
    with Appliance() as it:
        first = it.start_worker(failure=point + ":kill")
        job = it.session()
        # Outside of the sandbox nothing can be written: what the command does shows in its folder,
        # which is looked at before the next worker removes it.
        folder = it.folder_of(job)
        with pytest.raises((Refused, OSError)):
            it.start_command(job, "echo x >> count", key="once")
        it.await_death(first)
        appliance.wait_until(lambda: not it.strangers(), "the session's processes end")
        count = folder / "top" / "count"
        ran = count.read_text() if count.exists() else ""
        assert ran in ("", "x\n")
        it.start_worker()
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("LOST", "NodeLost")
        assert "one" in done["message"]
        assert it.command(job, 0)["state"] == "lost"
        with pytest.raises(Refused) as refused:  # a client that tries again
            it.start_command(job, "echo x >> count", key="once")
        assert "LOST" in refused.value.detail
        it.await_clean()
        it.check_next_jobs_run()


def restart_service(it, failed):
    it.await_death(failed)
    it.start_service()


@pytest.mark.parametrize("point", SUBMIT)
@pytest.mark.parametrize("kind", ["compile", "launch"])
def test_a_submission_that_is_repeated_makes_one_job(point, kind):
    with Appliance() as it:
        body = it.compile_body() if kind == "compile" else it.launch_body()
        it.start_worker()
        it.service.kill()
        it.service.wait()
        it.start_service(failure=point + ":kill")
        failed = it.service
        with pytest.raises((OSError, http.client.HTTPException)):
            it.submit(body, key="once")
        restart_service(it, failed)
        job = it.submit(body, key="once")
        assert it.submit(body, key="once") == job
        assert [one["id"] for one in it.get("/v1/jobs?all=1")["jobs"]] == [job]
        if kind == "launch":
            it.await_state(job, "RUNNING")
            it.finish(job)
        assert it.await_end(job)["state"] == "SUCCEEDED"
        it.await_clean()
        it.check_next_jobs_run()


@pytest.mark.parametrize("point", REPORT)
@pytest.mark.parametrize("nth", [1, 2, 3])  # STARTING, RUNNING, the end
def test_a_report_whose_answer_is_lost_is_repeated_without_harm(point, nth):
    with Appliance() as it:
        body = it.compile_body()
        it.service.kill()
        it.service.wait()
        it.start_service(failure=f"{point}:kill@{nth}")
        failed = it.service
        it.start_worker()
        job = it.submit(body)
        restart_service(it, failed)
        assert it.await_end(job)["state"] == "SUCCEEDED"
        assert it.states(job) == ["QUEUED", "SCHEDULED", "STARTING", "RUNNING", "SUCCEEDED"]
        it.await_clean()
        it.check_next_jobs_run()


@pytest.mark.parametrize("point", DISPATCH)
def test_a_command_on_its_way_runs_at_most_once(point):  # compat 54
    state, times = DISPATCH[point]
    with Appliance() as it:
        it.service.kill()
        it.service.wait()
        it.start_service(failure=point + ":kill")
        failed = it.service
        it.start_worker()
        job = it.session()
        with pytest.raises((OSError, http.client.HTTPException)):
            it.start_command(job, "echo x >> count", key="once")
        restart_service(it, failed)
        assert it.start_command(job, "echo x >> count", key="once") == 0
        assert it.command(job, 0, 20_000)["state"] == state
        assert it.run(job, "cat count 2>/dev/null")[1] == "x\n" * times
        assert it.finish(job)["state"] == "SUCCEEDED"
        it.await_clean()
        it.check_next_jobs_run()


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
