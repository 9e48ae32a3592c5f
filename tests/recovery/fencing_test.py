# SPDX-License-Identifier: Apache-2.0
"""A worker that stands still past its lease: what it says afterwards is refused."""
import os
import signal
import sys

import pytest

from tests.harness.appliance import Appliance, descendants, wait_until

SHORT_LEASE = "--worker-lease-ms=1500"


def is_lost(it, name):
    return any(worker["name"] == name and worker["state"] == "LOST" for worker in it.all_workers())


def comes_back(it, name):
    wait_until(lambda: any(worker["name"] == name and worker["state"] == "READY"
                           for worker in it.all_workers()), f"worker {name} registers again")


def test_a_late_report_of_a_compile_is_refused():
    with Appliance(SHORT_LEASE) as it:
        # It stops with the result in its hands: all that is left to do is to upload and report it.
        first = it.start_worker(failure="worker.before_result:delay=300")
        job = it.submit(it.compile_body())
        it.await_state(job, "RUNNING")
        os.kill(first.pid, signal.SIGSTOP)
        wait_until(lambda: is_lost(it, "one"), "the lease ends")
        assert it.job(job)["state"] == "QUEUED"
        it.start_worker("two")
        done = it.await_end(job)
        assert (done["state"], done["worker"]) == ("SUCCEEDED", "two")
        states = it.states(job)
        os.kill(first.pid, signal.SIGCONT)
        comes_back(it, "one")
        assert it.job(job) == done
        assert it.states(job) == states
        it.await_clean()
        it.check_next_jobs_run()


def test_a_session_of_a_worker_that_stood_still_ends():
    with Appliance(SHORT_LEASE) as it:
        first = it.start_worker()
        job = it.session()
        it.start_command(job, "echo x >> count; sleep 1000")
        os.kill(first.pid, signal.SIGSTOP)
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("LOST", "NodeLost")
        os.kill(first.pid, signal.SIGCONT)
        wait_until(lambda: not descendants(first.pid), "its own jobs end")
        comes_back(it, "one")
        assert it.job(job)["state"] == "LOST"
        it.await_clean()
        it.check_next_jobs_run()


def test_a_pause_within_the_lease_harms_nothing():
    with Appliance("--worker-lease-ms=20000") as it:
        first = it.start_worker()
        job = it.session()
        os.kill(first.pid, signal.SIGSTOP)
        os.kill(first.pid, signal.SIGCONT)
        assert it.run(job, "cat readme")[1] == "hello\n"
        assert it.finish(job)["state"] == "SUCCEEDED"


def test_two_services_do_not_share_a_folder():
    with Appliance() as it:
        it.start_worker()
        command = [it.tools.prefix / "bin" / "cs-appliance", "serve", "--state-dir", it.state,
                   "--listen", f"unix:{it.state}/other.sock"]
        done = it.tools.run(command, it.state)
        assert done.returncode != 0
        assert "another process uses the folder" in done.stderr
        it.check_next_jobs_run()


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
