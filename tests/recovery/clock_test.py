# SPDX-License-Identifier: Apache-2.0
"""A machine whose clock is set: leases, time limits and waits do not notice, and the times of a job
that one service saw do not go back."""
import os
import sys
import time

import pytest

from tests.harness import toolchain
from tests.harness.appliance import Appliance, descendants, wait_until

DAY, YEAR = 24 * 3600, 365 * 24 * 3600
JUMPS = pytest.mark.parametrize("seconds", [DAY, -DAY, 12 * YEAR, -12 * YEAR])
LEASE = "--worker-lease-ms=4000"


class SetClock(Appliance):
    """Its service and workers have a clock that can be set."""

    def _start(self, command, failure, user=None):
        library = toolchain.runfiles_root() / "tests/recovery/set_clock.so"
        before = self.tools.environment
        self.tools.environment = lambda **more: before(
            LD_PRELOAD=str(library), CS_TEST_CLOCK=str(self.state / "clock"), **more)
        try:
            return super()._start(command, failure, user)
        finally:
            self.tools.environment = before

    def jump(self, seconds):
        (self.state / "clock.new").write_text(str(seconds))
        os.rename(self.state / "clock.new", self.state / "clock")


def moved(it, job):
    """By how many seconds the clock of the service differs from that of this test."""
    return it.job(job)["created_ms"] / 1000 - time.time()


@JUMPS
def test_a_clock_that_is_set_ends_no_job_and_no_lease(seconds):
    with SetClock(LEASE) as it:
        worker = it.start_worker(failure="worker.during_compile:delay=2000")
        compiled = it.submit({**it.compile_body(), "job_time_sec": 600})
        it.await_state(compiled, "RUNNING")
        job = it.session()
        it.post(f"/v1/jobs/{job}/lease", {"ttl_ms": 20_000})
        index = it.start_command(job, "while [ ! -e go ]; do sleep 0.01; done; echo done")
        it.jump(seconds)
        assert it.await_end(compiled)["state"] == "SUCCEEDED"
        it.call("PUT", f"/v1/jobs/{job}/files/go", b"")
        record = it.command(job, index, 20_000)
        assert (record["state"], record["exit_code"]) == ("exited", 0)
        assert it.finish(job)["state"] == "SUCCEEDED"
        assert it.states(compiled) == ["QUEUED", "SCHEDULED", "STARTING", "RUNNING", "SUCCEEDED"]
        for one in (compiled, job):
            now = it.job(one)
            times = [now[name] for name in ("created_ms", "scheduled_ms", "started_ms",
                                            "finished_ms")]
            assert times == sorted(times), now
        assert worker.poll() is None
        it.await_clean()
        if seconds > 0:  # a clock that went back stands still until it is there again
            after = it.submit(it.compile_body())
            assert abs(moved(it, after) - seconds) < 600
            it.await_end(after)
        it.check_next_jobs_run()


@JUMPS
def test_who_is_silent_is_found_after_a_clock_was_set(seconds):
    with SetClock(LEASE) as it:
        worker = it.start_worker()
        job, other = it.session(), it.session()
        it.jump(seconds)
        it.post(f"/v1/jobs/{other}/lease", {"ttl_ms": 300})
        done = it.await_end(other)
        assert (done["state"], done["reason"]) == ("FAILED", "ClientLost")
        worker.kill()
        worker.wait()
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("LOST", "NodeLost")
        it.start_worker()
        it.await_clean()
        it.check_next_jobs_run()


@JUMPS
def test_a_service_that_starts_after_its_clock_was_set_continues(seconds):
    with SetClock(LEASE) as it:
        it.start_worker()
        job = it.session()
        index = it.start_command(job, "while [ ! -e go ]; do sleep 0.01; done; echo done")
        it.service.kill()
        it.service.wait()
        it.jump(seconds)
        it.start_service()
        it.call("PUT", f"/v1/jobs/{job}/files/go", b"")
        assert it.command(job, index, 20_000)["exit_code"] == 0
        assert it.finish(job)["state"] == "SUCCEEDED"
        it.await_clean()
        it.check_next_jobs_run()


@JUMPS
def test_a_time_limit_counts_what_goes_by(seconds):
    with SetClock() as it:
        worker = it.start_worker()
        job = it.submit({**it.launch_body(), "job_time_sec": 2})
        it.await_state(job, "RUNNING")
        it.jump(seconds)
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("FAILED", "TimeLimit")
        wait_until(lambda: not descendants(worker.pid), "its processes end")
        it.await_clean()


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
