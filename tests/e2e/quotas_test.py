# SPDX-License-Identifier: Apache-2.0
"""Quotas as an administrator sets them with csctl, and what users notice of them."""
import json
import sys

import pytest

from tests.harness.appliance import Appliance, Refused


@pytest.fixture(scope="module", name="it")
def one_appliance():
    with Appliance() as appliance:
        appliance.start_worker()
        yield appliance


def csctl(it, *words):
    done = it.tools.run(["csctl", *words], it.state, CS_APPLIANCE_URL=f"unix:{it.state}/api.sock",
                        CS_APPLIANCE_TOKEN_FILE=str(it.state / "token"))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_quota_is_set_shown_and_holds(it):
    shown = csctl(it, "quota", "set", "user", "admin", "--running-jobs", "0")
    assert shown.split() == ["KIND", "NAME", "LIMIT", "MOST", "USED",
                             "user", "admin", "running_jobs", "0", "0"]
    with pytest.raises(Refused) as refused:
        it.session()
    assert refused.value.status == 429
    assert "user 'admin' may have 0 jobs that run at once" in refused.value.detail
    csctl(it, "quota", "set", "user", "admin", "--running-jobs", "1")
    first = it.session()
    second = it.submit(it.launch_body())
    held = it.job(second)
    assert (held["state"], held["position"]) == ("QUEUED", 1)
    assert held["waits_for"].startswith("waits for its quota: user 'admin' may have 1 jobs")
    quota = json.loads(csctl(it, "quota", "list", "--json"))["quotas"][0]
    assert quota["used"]["running_jobs"] == 1
    it.finish(first)
    it.await_state(second, "RUNNING")
    it.finish(second)
    csctl(it, "quota", "remove", "user", "admin")
    assert csctl(it, "quota", "list").split() == ["KIND", "NAME", "LIMIT", "MOST", "USED"]
    csctl(it, "quota", "set", "namespace", "job-operator", "--blob-bytes", "1")
    with pytest.raises(Refused) as refused:
        it.upload(b"more than a byte")
    assert refused.value.status == 429 and "bytes of blobs" in refused.value.detail
    csctl(it, "quota", "remove", "namespace", "job-operator")


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
