# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document: valid, and true of the service by a client that is generated from it.

The generator is OpenAPI::Client, a Debian package; it makes a method of each operation and checks
what it sends. generated_client.pl checks the document by the rules of OpenAPI 3, and each answer by
the document. All that is described of an operation is called here at least once.
"""
import hashlib
import json
import subprocess
import sys

import pytest

from tests.harness import toolchain
from tests.harness.appliance import Appliance, Refused, archive_of, wait_until

# A signing request, of a key that nobody has kept.
REQUEST = """-----BEGIN CERTIFICATE REQUEST-----
MIHHMG4CAQAwDDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BMXqUaFLBDRSRpHkGPEDENcA6QsOsoJ0U424vxdaWkg3cI5VYmDdBDweRqHPkQ4m
AV99yUFq6+qKa8G+hUzLUH6gADAKBggqhkjOPQQDAgNJADBGAiEAs2nrh88DtgHv
P+DneEfZfJ6NhUNcti7IYvn4UjwPCDkCIQCkr9CkXA3x8oX0YwvHPwP1b58R0fmH
U8TkELS+xczR/w==
-----END CERTIFICATE REQUEST-----
"""
DRIVER = toolchain.runfiles_root() / "tests/rest/generated_client.pl"


class Client:
    """The generated client as a process."""

    def __init__(self, it, document):
        path = it.state / "openapi.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        self.token = it.token
        self.called = set()
        self.process = subprocess.Popen(
            ["perl", str(DRIVER), str(path), str(it.state / "api.sock")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, encoding="utf-8",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def __call__(self, operation, status=200, token=None, **parameters):
        self.called.add(operation)
        named = {name.replace("_header_", "").replace("__", "-"): value
                 for name, value in parameters.items()}
        self.process.stdin.write(json.dumps({
            "operation": operation, "token": self.token if token is None else token,
            "parameters": named}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the generated client has ended"
        answer = json.loads(line)
        assert not answer["errors"], (operation, answer)
        assert int(answer["status"]) == status, (operation, answer)
        return answer["body"]


def is_ready(appliance):
    try:
        return appliance.get("/readyz", token="")["ready"]
    except Refused:
        return False


@pytest.fixture(scope="module", name="it")
def one_appliance():
    with Appliance() as appliance:
        appliance.start_worker()
        wait_until(lambda: is_ready(appliance), "the service has checked itself")
        yield appliance


@pytest.fixture(scope="module", name="document")
def the_document(it):
    headers, raw = it.call("GET", "/v1/openapi.json")
    assert headers["Content-Type"] == "application/json"
    return json.loads(raw)


@pytest.fixture(scope="module", name="call")
def a_client(it, document):
    client = Client(it, document)
    yield client
    client.close()


def upload(call, data):
    digest = hashlib.sha256(data.encode()).hexdigest()
    assert call("PutBlob", 201, digest=digest, bytes=data)["digest"] == digest
    return digest


def test_the_program_prints_what_the_service_serves(it, document):
    done = toolchain.succeed(it.tools.run(["cs-appliance", "openapi"], "/"))
    assert json.loads(done.stdout) == document


def test_references_lead_somewhere_and_schemas_are_used(document):
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text, f"nobody uses {name}"
    operations = [one for methods in document["paths"].values() for one in methods.values()]
    ids = [one["operationId"] for one in operations]
    assert len(ids) == len(set(ids))


def test_who_watches(call):
    call("GetVersion")
    assert call("GetOpenApi")["openapi"].startswith("3.")
    assert call("GetHealth", token="") == {"status": "ok"}
    assert call("GetReadiness", token="")["ready"]
    assert "csl_jobs" in call("GetMetrics")


def test_blobs_and_jobs(call):
    digest = upload(call, "not really an archive")
    assert call("GetBlob", digest=digest) == "not really an archive"
    later = hashlib.sha256(b"in two parts").hexdigest()
    parts = call("PutBlob", 202, digest=later, bytes="in two", offset=0, size=12)
    assert parts == call("GetParts", digest=later)
    assert parts["parts"] == [{"offset": 0, "size_bytes": 6}]
    call("PutBlob", 201, digest=later, bytes=" parts", offset=6, size=12)
    assert call("GetBlob", digest=later) == "in two parts"
    job = call("SubmitJob", 201, Idempotency__Key="k", body={
        "kind": "compile", "compile": {"source": digest, "csl_main": "layout.csl"},
        "labels": {"a": "b"}})
    assert job["labels"] == {"a": "b"}
    assert call("SetLabels", id=job["id"], body={"remove": ["a"]})["labels"] == {}
    call("SetPriority", 400, id=job["id"], body={"priority": 1000})
    assert call("SubmitJob", dry_run="true", body={"kind": "compile", "compile": {
        "source": digest, "csl_main": "layout.csl"}})["fits"]
    assert call("GetCluster")["workers"][0]["name"] == "one"
    assert any(one["id"] == job["id"] for one in call("ListJobs", all="1", limit=10)["jobs"])
    call("CancelJob", id=job["id"], body={"by": "me"})
    wait_until(lambda: call("GetJob", id=job["id"])["finished_ms"] > 0, "its end")
    events = call("GetEvents", id=job["id"], after=0, wait_ms=0)
    assert events["events"][0]["to"] == "QUEUED"
    assert call("GetAllEvents", after="0")["last"] >= events["last"]
    call("GetLog", id=job["id"], offset=0)
    call("GetJob", 404, id="wsjob-none")
    call("ListJobs", 401, token="cslt_none")


def test_a_session(call, it):
    job = it.submit(it.launch_body())
    it.await_state(job, "RUNNING")
    call("RenewLease", id=job, body={"ttl_ms": 60000})
    assert call("PutFile", id=job, path="sub/file", bytes="bytes")["size_bytes"] == 5
    assert call("GetFile", id=job, path="sub/file") == "bytes"
    made = call("RunCommand", 201, id=job, wait_ms=10000, body={"command": "echo x"})
    command = call("GetCommand", id=job, index=made["index"], wait_ms=10000)
    assert (command["state"], command["exit_code"]) == ("exited", 0)
    assert call("GetOutput", id=job, index=made["index"], stream="stdout") == "x\n"
    sleeps = call("RunCommand", 201, id=job, body={"command": "sleep 600"})
    call("KillCommand", id=job, index=sleeps["index"])
    call("FinishJob", id=job, body={"outcome": "succeeded"})
    assert it.await_end(job)["state"] == "SUCCEEDED"


def test_tokens(call):
    made = call("CreateToken", 201, body={"user": "u", "namespaces": ["a"], "expires_s": 60})
    assert made["token"].startswith("cslt_")
    assert made["id"] in [one["id"] for one in call("ListTokens", all="1")["tokens"]]
    assert call("RevokeToken", id=made["id"])["state"] == "revoked"
    call("GetVersion", 401, token=made["token"])


def test_quotas(call):
    bound = {"kind": "user", "name": "zoe"}
    assert call("SetQuota", body={"systems": 1}, **bound)["limits"] == {"systems": 1}
    call("SetQuota", 400, body={}, **bound)
    assert call("ListQuotas")["quotas"][0]["used"]["systems"] == 0
    call("RemoveQuota", **bound)
    assert call("ListQuotas")["quotas"] == []


def test_what_a_worker_says(call, it):
    own = call("CreateToken", 201, body={"role": "worker", "user": "played"})["token"]
    one = next(one for one in call("ListWorkers")["workers"] if one["name"] == "one")
    call("DrainWorker", id=one["id"])
    joined = call("RegisterWorker", 201, token=own, body={
        "name": "played", "cpu_milli": 1000, "mem_bytes": 1 << 30, "sandbox": {}})
    signed = call("CertifyWorker", 201, token=own, body={"request": REQUEST})
    assert signed["certificate"].count("BEGIN CERTIFICATE") == 2
    source = upload(call, "source")
    job = call("SubmitJob", 201, body={"kind": "compile", "cpu_milli": 1, "mem_bytes": 1, "compile":
                                       {"source": source, "csl_main": "layout.csl"}})
    poll = call("PollWorker", token=own, id=joined["worker_id"], body={"running": []})
    taken = next(taken for taken in poll["assignments"] if taken["job"]["id"] == job["id"])
    attempt, secret = str(taken["attempt"]), taken["ticket_secret"]
    proof = hashlib.sha256(f"{secret}:{attempt}".encode()).hexdigest()
    mine = {"token": own, "id": attempt, "X__Ticket": f"{attempt}.{proof}"}
    assert call("GetAttemptBlob", digest=source, fence=taken["fence"], **mine) == "source"
    for to in ("STARTING", "RUNNING"):
        call("ReportAttempt", body={"fence": taken["fence"], "to": to}, **mine)
    call("AppendLog", offset=0, fence=taken["fence"], bytes="text", **mine)
    digest = hashlib.sha256(b"out").hexdigest()
    call("PutAttemptBlob", 201, digest=digest, fence=taken["fence"], bytes="out", **mine)
    call("ReportAttempt", body={"fence": taken["fence"], "to": "SUCCEEDED",
                                "result": {"artifact": digest, "exit_code": 0}}, **mine)
    assert call("GetJob", id=job["id"])["artifact"] == digest
    call("LeaveWorker", token=own, id=joined["worker_id"])
    call("UncordonWorker", id=one["id"])


def test_every_operation_was_called(call, document):
    described = {operation["operationId"] for methods in document["paths"].values()
                 for operation in methods.values()}
    assert call.called == described


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
