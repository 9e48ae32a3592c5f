# SPDX-License-Identifier: Apache-2.0
"""Who may come in, what tokens open, and where they never show."""
import glob
import pathlib
import socket
import sqlite3
import stat
import sys

import pytest

from tests.harness.appliance import Appliance, Refused, archive_of, descendants


@pytest.fixture(scope="module", name="it")
def one_appliance():
    with Appliance() as appliance:
        appliance.start_worker()
        yield appliance


@pytest.fixture(scope="module", name="users")
def two_users(it):
    def token(user, namespace):
        return it.post("/v1/tokens", {"role": "user", "user": user,
                                      "namespaces": [namespace]})["token"]
    return {"ada": token("ada", "team-a"), "bob": token("bob", "team-b")}


def status(call, *args, **more):
    with pytest.raises(Refused) as failure:
        call(*args, **more)
    assert failure.value.problem["status"] == failure.value.status
    return failure.value.status


def test_no_token_or_a_wrong_one_opens_nothing(it):
    for token in ("", "cslt_" + "0" * 64, "x" * 4000):
        assert status(it.get, "/v1/jobs", token=token) == 401
        assert status(it.upload, b"x", token=token) == 401
    assert status(it.get, "/v1/jobs", headers={"Authorization": "Basic eDp4"}) == 401


def test_a_foreign_namespace_does_not_exist(it, users):
    body = {"kind": "launch", "namespace": "team-a", "launch": {
        "artifact": it.upload(archive_of({"top/x": "ada's"}), "team-a", token=users["ada"]),
        "simulator": True}}
    job = it.submit(body, token=users["ada"])
    it.await_state(job, "RUNNING")
    bob = {"token": users["bob"]}
    for method, path in (("GET", ""), ("GET", "/events"), ("GET", "/log"), ("GET", "/files/x"),
                         ("PUT", "/files/x"), ("POST", "/commands"), ("GET", "/commands/0"),
                         ("GET", "/commands/0/stdout"), ("POST", "/commands/0/kill"),
                         ("POST", "/cancel"), ("POST", "/lease"), ("POST", "/finish")):
        content = None if method == "GET" else b"{}"
        assert status(it.call, method, f"/v1/jobs/{job}{path}", content, **bob) == 404, path
    artifact = body["launch"]["artifact"]
    assert status(it.get, f"/v1/blobs/{artifact}", **bob) == 404
    assert status(it.submit, {**body, "namespace": "team-b"}, **bob) == 404
    assert status(it.submit, body, **bob) == 404
    assert status(it.upload, b"x", "team-a", **bob) == 404
    assert status(it.get, "/v1/jobs?namespace=team-a", **bob) == 404
    assert not it.get("/v1/jobs?all=1", **bob)["jobs"]
    # The job went on undisturbed.
    assert it.job(job)["state"] == "RUNNING"
    assert it.finish(job)["state"] == "SUCCEEDED"


def test_a_workers_token_opens_no_other_workers_job(it):
    worker = {"token": (it.state / "worker-token").read_text()}
    job = it.session()
    attempts = range(1, 50)
    for attempt in attempts:
        for fence in (1, attempt):
            assert status(it.call, "GET", f"/v1/attempts/{attempt}/blobs/{'0' * 64}?fence={fence}",
                          **worker) == 404
        assert status(it.post, f"/v1/attempts/{attempt}/transition",
                      {"fence": attempt, "to": "FAILED"}, **worker) == 404
    assert status(it.get, f"/v1/jobs/{job}", **worker) == 403
    assert status(it.get, "/v1/workers", **worker) == 403
    assert it.finish(job)["state"] == "SUCCEEDED"


def test_a_workers_token_is_good_for_that_worker_alone(it):
    thief = {"token": it.worker_token_file("thief").read_text()}
    victim = next(worker for worker in it.all_workers() if worker["name"] == "one")
    job = it.session()
    for call in ("poll", "leave"):
        path = f"/v1/workers/{victim['id']}/{call}"
        assert status(it.post, path, {"running": []}, **thief) == 404
    assert status(it.post, "/v1/workers/register",
                  {"name": "one", "cpu_milli": 1, "mem_bytes": 1, "systems": 0}, **thief) == 403
    assert status(it.post, "/v1/tokens", {"role": "worker"}) == 400
    assert it.run(job, "cat readme")[1] == "hello\n"
    assert it.finish(job)["state"] == "SUCCEEDED"


def test_a_key_opens_nobody_elses_job(it, users):
    eve = it.post("/v1/tokens", {"role": "user", "user": "eve", "namespaces": ["team-a"]})["token"]
    body = {"kind": "launch", "namespace": "team-a", "launch": {
        "artifact": it.upload(archive_of({"top/x": "ada's"}), "team-a", token=users["ada"]),
        "simulator": True}}
    job = it.submit(body, key="same", token=users["ada"])
    assert it.submit(body, key="same", token=users["ada"]) == job
    assert status(it.submit, body, key="same", token=eve) == 409
    assert status(it.submit, {**body, "name": "x"}, key="same", token=users["ada"]) == 409
    it.await_state(job, "RUNNING")
    own = {"token": users["ada"], "headers": {"Idempotency-Key": "c"}}
    path = f"/v1/jobs/{job}/commands"
    assert it.post(path, {"command": "echo 1"}, **own)["index"] == 0
    assert status(it.post, path, {"command": "echo 2"}, **own) == 409
    assert status(it.post, path, {"command": "echo 1"}, token=eve,
                  headers={"Idempotency-Key": "c"}) == 409
    assert it.finish(job)["state"] == "SUCCEEDED"


def test_a_key_is_one_that_can_be_told_from_others(it):
    body = it.launch_body()
    for headers in ({"Idempotency-Key": ""}, {"Idempotency-Key": " \t"}):
        assert status(it.post, "/v1/jobs", body, headers=headers) == 400
    same = [it.submit(body, key=key) for key in ("a b", "a%20b", "%00", "%00")]
    assert len(set(same)) == 3 and same[2] == same[3]
    for job in same:
        it.post(f"/v1/jobs/{job}/cancel")
    twice = (b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + it.token.encode() +
             b"\r\nConnection: close\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\n"
             b"Content-Length: 2\r\n\r\n{}")
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(str(it.state / "api.sock"))
        peer.sendall(twice)
        assert peer.recv(4096).startswith(b"HTTP/1.1 400")


def test_a_token_of_a_file_that_was_revoked_is_replaced_at_the_next_start():
    with Appliance() as it:
        old = it.token
        mine = next(one for one in it.get("/v1/tokens")["tokens"] if one["role"] == "admin")
        assert it.call("DELETE", f"/v1/tokens/{mine['id']}")
        assert status(it.get, "/v1/jobs") == 401
        it.service.terminate()
        it.service.wait()
        it.start_service()
        assert it.token != old and it.get("/v1/jobs")["jobs"] == []
        assert status(it.get, "/v1/jobs", token=old) == 401
        assert stat.S_IMODE((it.state / "token").stat().st_mode) == 0o600


def test_a_workers_own_listener_wants_its_ticket(it):
    job = it.session()
    for ticket in ("", "X-Ticket: 1.0\r\n", "X-Ticket: \r\n"):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(str(it.state / "one.sock"))
            peer.sendall(f"GET /w1/sessions/{job}/files/readme HTTP/1.1\r\nHost: x\r\n{ticket}"
                         "Connection: close\r\n\r\n".encode())
            assert peer.recv(4096).startswith(b"HTTP/1.1 401")
    assert it.finish(job)["state"] == "SUCCEEDED"


def test_tokens_show_nowhere(it, users):
    job = it.session()
    it.run(job, "env")
    it.submit(it.compile_body())
    secrets = [it.token, (it.state / "worker-token").read_text(), *users.values(),
               it.worker_token_file("one").read_text()]
    texts = {"logs": it.all_logs()}
    for process in [it.service, *it.workers.values()]:
        for pid in [process.pid, *descendants(process.pid)]:
            for name in ("environ", "cmdline"):
                try:
                    path = pathlib.Path(f"/proc/{pid}/{name}")
                    texts[f"{path}"] = path.read_text(errors="replace")
                except OSError:
                    pass
    for name in [*glob.glob(f"{it.state}/jobs.db*"), *glob.glob(f"{it.state}/logs/*"),
                 *glob.glob(f"{it.state}/work-*/**", recursive=True)]:
        if pathlib.Path(name).is_file():
            texts[name] = pathlib.Path(name).read_bytes().decode(errors="replace")
    with sqlite3.connect(f"file:{it.state}/jobs.db?mode=ro", uri=True) as database:
        texts["dump"] = "\n".join(database.iterdump())
    assert len(texts) > 8
    shown = [name for name, text in texts.items() if any(secret in text for secret in secrets)]
    assert not shown
    assert it.finish(job)["state"] == "SUCCEEDED"


def test_files_of_the_service_are_its_owners_alone(it):
    for name in ("token", "worker-token", "api.sock", "one.sock"):
        assert stat.S_IMODE((it.state / name).stat().st_mode) == 0o600, name
    for name in (".", "blobs", "logs", "work-one"):
        assert stat.S_IMODE((it.state / name).stat().st_mode) == 0o700, name


def test_processes_that_know_tokens_leave_no_core(it):
    for process in [it.service, *it.workers.values()]:
        # The owner of /proc/PID of a process that is not dumpable is root; as root, ask the kernel
        # through the file that only a dumpable process may have read by its own user.
        text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        assert "CoreDumping:\t0" in text
        assert pathlib.Path(f"/proc/{process.pid}/environ").stat().st_uid == 0


def test_requests_from_web_pages_and_foreign_names_are_refused(it):
    assert status(it.get, "/v1/version", headers={"Origin": "http://localhost"}) == 403


def test_control_characters_reach_no_log_raw(it):
    evil = "\x1b]0;pwn\x07"
    job = it.session()
    for call in (lambda: it.get(f"/v1/jobs/{job}/files/%1b%5d0;pwn%07"),
                 lambda: it.get("/v1/jobs?state=%1b%5d0;pwn%07"),
                 lambda: it.post(f"/v1/jobs/{job}/finish", {"outcome": evil})):
        with pytest.raises(Refused) as failure:
            call()
        assert failure.value.status in (400, 404)
        assert b"\x1b" not in failure.value.raw
    it.post(f"/v1/jobs/{job}/cancel", {"by": evil})
    done = it.await_end(job)
    assert evil not in it.all_logs()
    # In JSON they are escaped; who prints a message escapes them again.
    assert done["message"] == f"cancelled by {evil}"
    assert b"\x1b" not in it.call("GET", f"/v1/jobs/{job}")[1]


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
