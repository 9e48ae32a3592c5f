# SPDX-License-Identifier: Apache-2.0
"""`csctl doctor` on a worker that holds what is promised, and on one that does not."""
import os
import sys

import pytest

from tests.harness.appliance import Appliance
from tests.harness.plain_user import PlainUser

CHECKS = ("files of the host", "what can be written", "sysctls", "ptrace", "pidfd_getfd on init",
          "socket families", "mounts", "namespaces", "keyrings, bpf, perf", "TIOCSTI",
          "control groups", "abstract sockets", "network", "privileges", "memory limit",
          "process limit", "cpu limit")


def doctor(it):
    return it.tools.run(["csctl", "doctor"], it.state, CS_APPLIANCE_URL=f"unix:{it.state}/api.sock",
                        CS_APPLIANCE_TOKEN_FILE=str(it.state / "token"))


def test_a_worker_that_holds_what_is_promised_passes_and_continues():
    with Appliance() as it:
        it.start_worker()
        done = doctor(it)
        assert done.returncode == 0, done.stdout + done.stderr
        for check in CHECKS:
            assert any(check in line and " ok " in line for line in done.stdout.splitlines()), check
        assert "FAILED" not in done.stdout
        assert it.all_workers()[0]["state"] == "READY"
        it.await_clean()
        it.check_next_jobs_run()


def test_a_worker_that_fails_gets_no_more_jobs():
    if os.geteuid() != 0:
        pytest.skip("only root can start workers of other users")
    user = PlainUser(with_groups=False)
    with Appliance() as it:
        it.start_worker(options=("--retention-s", "0", "--allow-no-sandbox"), user=user)
        done = doctor(it)
        assert done.returncode != 0
        assert any("memory limit" in line and "FAILED" in line
                   for line in done.stdout.splitlines()), done.stdout
        assert it.all_workers()[0]["state"] == "DRAINING"
        job = it.submit(it.launch_body())
        assert it.job(job)["state"] == "QUEUED"
    user.close()


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
