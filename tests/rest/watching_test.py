# SPDX-License-Identifier: Apache-2.0
"""What those see who watch a service: health, readiness, metrics, events."""
import json
import re
import sys

import pytest

from tests.harness.appliance import Appliance, Refused, wait_until
from tests.rest import metrics_format


@pytest.fixture(scope="module", name="it")
def one_appliance():
    with Appliance() as appliance:
        yield appliance


@pytest.mark.parametrize("text", [
    "up 1", "# TYPE up gauge\nup 1\n", "# HELP up x\n# TYPE up gauge\nup one\n",
    "# HELP up x\n# TYPE up gauge\nup{a=\"\\x\"} 1\n", "# HELP up x\n# TYPE up gauge\nup 1\nup 1\n",
    "# HELP up x\n# TYPE up gauge\nup{a=\"1\",a=\"2\"} 1\n",
    "# HELP up x\n# TYPE up gauge\ndown 1\n",
    "# HELP t x\n# TYPE t histogram\nt_bucket{le=\"1\"} 1\nt_sum 1\nt_count 1\n",
    "# HELP t x\n# TYPE t histogram\nt_bucket{le=\"1\"} 2\nt_bucket{le=\"+Inf\"} 1\nt_sum 1\n"
    "t_count 1\n"])
def test_the_reader_refuses_what_prometheus_would(text):
    with pytest.raises(AssertionError):
        metrics_format.parse(text)


def test_readiness_follows_the_workers_and_health_does_not(it):
    assert it.get("/healthz", token="") == {"status": "ok"}

    def checks():
        try:
            return it.get("/readyz", token="")
        except Refused as refused:
            assert refused.status == 503
            return refused.problem
    wait_until(lambda: checks()["checks"] == {"store": "ok", "disk": "ok",
                                              "workers": "no worker polls"}, "it has looked")
    assert checks()["ready"] is False
    it.start_worker()
    wait_until(lambda: checks()["ready"], "the worker polls")
    assert set(checks()["checks"].values()) == {"ok"}


def test_metrics_are_what_prometheus_reads(it):
    watch = it.post("/v1/tokens", {"role": "monitor", "user": "prometheus"})["token"]
    job = it.session()
    assert it.run(job, "echo x")[0] == 0
    assert it.finish(job)["state"] == "SUCCEEDED"
    headers, raw = it.call("GET", "/metrics", token=watch)
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = metrics_format.parse(raw.decode())
    jobs = families["csl_jobs"][1]
    assert jobs["csl_jobs", (("state", "SUCCEEDED"),)] == 1
    assert families["csl_workers"][1]["csl_workers", (("state", "READY"),)] == 1
    waits = families["csl_job_queue_wait_seconds"][1]
    assert waits["csl_job_queue_wait_seconds_count", ()] == 1
    requests = families["csl_http_requests_total"][1]
    key = (("code", "201"), ("method", "POST"), ("route", "/v1/jobs/{id}/commands"))
    assert requests["csl_http_requests_total", key] == 1
    for name in ("process_threads", "process_open_fds", "process_resident_memory_bytes",
                 "csl_state_disk_free_bytes", "csl_http_sent_bytes_total"):
        assert families[name][1][name, ()] > 0, name
    # No id, name or address of anybody is in it.
    assert not re.search(rb"wsjob-|worker-[a-z0-9]{12}|prometheus", raw)
    for path in ("/v1/jobs", "/v1/workers", "/v1/events", "/v1/tokens"):
        with pytest.raises(Refused) as refused:
            it.get(path, token=watch)
        assert refused.value.status == 403, path


def test_a_stream_tells_of_a_job_to_its_end(it):
    job = it.session()
    connection = it.connect_api()
    connection.request("GET", f"/v1/jobs/{job}/events",
                       headers={"Authorization": "Bearer " + it.token,
                                "Accept": "text/event-stream"})
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "text/event-stream"
    first = answer.readline() + answer.readline() + answer.readline()
    assert re.match(rb"id: \d+\nevent: state\ndata: \{", first), first
    it.finish(job)
    text = answer.read().decode()
    assert text.endswith("event: end\ndata: {}\n\n")
    told = [json.loads(line[6:]) for line in text.split("\n") if line.startswith("data: {\"")]
    assert [event["to"] for event in told][-2:] == ["RUNNING", "SUCCEEDED"]
    assert {event["job"] for event in told} == {job}
    everything = it.get("/v1/events")["events"]
    assert [event["seq"] for event in everything] == sorted(event["seq"] for event in everything)
    assert told[-1] in everything


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
