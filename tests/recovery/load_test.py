# SPDX-License-Identifier: Apache-2.0
"""Everything at once: queued jobs, sessions, long polls, strangers who hold connections, transfers
that are read and written slowly, a worker that hangs. Nobody healthy is lost, and requests stay
quick.

    bazel run //tests/recovery:load_test -- full

runs all of it, on a machine that does nothing else: 10,000 queued jobs, 500 idle and 50 active
sessions, 1,000 strangers of each kind, 600 long polls, 200 slow transfers. Without `full` it is a
tenth, and seconds do not count: other tests run beside it.
"""
import http.client
import json
import os
import pathlib
import re
import resource
import signal
import socket
import sys
import threading
import time

import pytest

from tests.harness.appliance import Appliance, Refused, wait_until

FULL = "full" in sys.argv[1:]
SHARE = 1 if FULL else 10
QUEUED, IDLE, ACTIVE = 10_000 // SHARE, 500 // SHARE, 50 // SHARE
STRANGERS, POLLS, SLOW = 1_000 // SHARE, 600 // SHARE, 100 // SHARE
MAX_SUBMIT_S, MAX_GET_S, MAX_RUN_S = 0.05, 0.25, 1.0
BLOB = bytes(range(256)) * 65536  # more than sockets hold
MAX_BYTES, MAX_THREADS = 500 << 20, 200
SMALL = {"cpu_milli": 10, "mem_bytes": 16 << 20}


class Client:
    """One connection that is kept, as clients keep theirs."""

    def __init__(self, it, token=None):
        self.it, self.token = it, token or it.token
        self.connection = http.client.HTTPConnection("127.0.0.1", it.port, timeout=120)

    def call(self, method, path, body=None):
        headers = {"Authorization": "Bearer " + self.token}
        for last in (False, True):
            try:
                self.connection.request(method, path, body, headers)
                answer = self.connection.getresponse()
                content = answer.read()
                break
            except (OSError, http.client.HTTPException):
                self.connection.close()
                if last:
                    raise
        if answer.status >= 400:
            raise Refused(answer.status, content)
        return content


class TcpAppliance(Appliance):
    """One that strangers can reach."""

    def start_service(self, failure=None):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        command = ["cs-appliance", "serve", "--state-dir", self.state, "--listen",
                   f"127.0.0.1:{self.port}", *self.service_options]
        self.service = self._start(command, failure)
        wait_until(self._answers, "the service answers")

    def service_url(self):
        return f"http://127.0.0.1:{self.port}"

    def connect_api(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)


class Strangers:
    """Slow headers, bodies that never come, and silence, all from one address; and from a user,
    uploads that come slowly and downloads that nobody reads."""

    def __init__(self, it, token, digest):
        self.it, self.sockets, self.ending = it, [], False
        own = f"Host: localhost\r\nAuthorization: Bearer {token}\r\n"
        self.upload = (f"PUT /v1/blobs/{'0' * 64} HTTP/1.1\r\n{own}"
                       "Content-Length: 100000000\r\n\r\n").encode()
        self.download = f"GET /v1/blobs/{digest} HTTP/1.1\r\n{own}\r\n".encode()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _connect(self, data):
        peer = socket.socket()
        peer.settimeout(5)
        try:
            peer.connect(("127.0.0.1", self.it.port))
            peer.sendall(data)
        except OSError:
            pass
        return [peer, data]

    def _run(self):
        post = b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
        for _ in range(STRANGERS):
            self.sockets += [self._connect(b"GET /v1"), self._connect(post), self._connect(b"")]
        for _ in range(SLOW):
            self.sockets += [self._connect(self.upload), self._connect(self.download)]
        while not self.ending:
            for one in self.sockets:
                if self.ending:
                    return
                try:
                    one[0].sendall(b"/" if one[1] and one[1] != self.download else b"")
                except OSError:
                    one[0].close()
                    one[:] = self._connect(one[1])
            time.sleep(0.5)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.ending = True
        self.thread.join()
        for peer, _ in self.sockets:
            peer.close()


def status_of(process):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return {name: int(re.search(rf"^{name}:\s*(\d+)", text, re.M).group(1))
            for name in ("Threads", "VmRSS")}


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def p99(times):
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.99))]


def timed(action, times):
    begin = time.monotonic()
    result = action()
    times.append(time.monotonic() - begin)
    return result


def use_session(it, job, runs, failures):
    client = Client(it)
    try:
        for _ in range(20):
            def run():
                body = b'{"command": "true"}'
                index = re.search(rb'"index":(\d+)', client.call(
                    "POST", f"/v1/jobs/{job}/commands", body)).group(1).decode()
                while b'"exited"' not in client.call(
                        "GET", f"/v1/jobs/{job}/commands/{index}?wait_ms=1000"):
                    pass
            timed(run, runs)
            time.sleep(0.2)
    except (OSError, http.client.HTTPException, Refused) as failure:
        failures.append(repr(failure))


def test_a_busy_day():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with TcpAppliance() as it:
        size = ("--retention-s", "0", "--cpu", str(10 * (IDLE + ACTIVE + 8)), "--mem",
                str((IDLE + ACTIVE + 8) * (16 << 20)), "--systems", "0")
        it.start_worker(options=size)
        launch = {**it.launch_body(), **SMALL, "client_lease": False}
        sessions = [it.submit(launch) for _ in range(IDLE + ACTIVE)]
        for job in sessions:
            wait_until(lambda job=job: it.job(job)["state"] == "RUNNING", "it runs", 300)
        hung = it.start_worker("hung", options=("--cpu", "40", "--mem", str(1 << 30), "--systems",
                                                "1"))
        stuck = it.submit({**launch, "launch": {**launch["launch"], "worker": "hung"}})
        wait_until(lambda: it.job(stuck)["state"] == "RUNNING", "it runs there", 60)
        before = descriptors(it.service)
        submits, gets, runs, moves, failures = [], [], [], [], []
        os.kill(hung.pid, signal.SIGSTOP)
        poll_token = it.post("/v1/tokens", {"role": "user", "user": "poller",
                                            "namespaces": ["job-operator"]})["token"]

        def poll(path):
            try:
                Client(it, poll_token).call("GET", path)
            except (OSError, http.client.HTTPException, Refused):
                pass
        polls = [threading.Thread(target=poll, daemon=True, args=(
            f"/v1/jobs/{sessions[0]}/events?after=1000000&wait_ms=20000",)) for _ in range(POLLS)]
        polls += [threading.Thread(target=poll, daemon=True, args=(
            f"/v1/jobs/{stuck}/{what}",)) for what in ("files/readme", "commands/0?wait_ms=10000")
            for _ in range(130 // SHARE)]
        users = [threading.Thread(target=use_session, args=(it, job, runs, failures))
                 for job in sessions[-ACTIVE:]]
        client = Client(it)
        # More than is free: they wait.
        body = json.dumps({**launch, "cpu_milli": 10 * (IDLE + ACTIVE)}).encode()
        large, small = it.upload(BLOB), it.upload(b"small")
        with Strangers(it, poll_token, large):
            for thread in polls + users:
                thread.start()
            worst = {"Threads": 0, "VmRSS": 0}
            for number in range(QUEUED):
                timed(lambda: client.call("POST", "/v1/jobs", body), submits)
                if number % 10 == 0:
                    timed(lambda: client.call("GET", f"/v1/jobs/{sessions[0]}"), gets)
                    timed(lambda: client.call("GET", f"/v1/blobs/{small}"), moves)
                    worst = {name: max(worst[name], value)
                             for name, value in status_of(it.service).items()}
            for thread in users:
                thread.join()
            lost = [one["name"] for one in it.all_workers() if one["state"] == "LOST"]
        print(f"submission p99 {p99(submits) * 1000:.0f} ms, GET p99 {p99(gets) * 1000:.0f} ms, "
              f"run p99 {p99(runs) * 1000:.0f} ms, transfer p99 {p99(moves) * 1000:.0f} ms, "
              f"{worst['Threads']} threads, "
              f"{worst['VmRSS'] >> 10} MB, lost {lost}, failures {failures[:3]}", file=sys.stderr)
        os.kill(hung.pid, signal.SIGCONT)
        assert not failures
        assert set(lost) <= {"hung"}
        assert worst["Threads"] < MAX_THREADS and worst["VmRSS"] << 10 < MAX_BYTES
        if FULL:  # a tenth of the load runs beside other tests, where seconds say nothing
            assert p99(submits) < MAX_SUBMIT_S and p99(gets) < MAX_GET_S
            assert p99(runs) < MAX_RUN_S and p99(moves) < MAX_RUN_S
        assert all(it.job(job)["state"] == "RUNNING" for job in sessions)
        for thread in polls:
            thread.join(60)
        wait_until(lambda: descriptors(it.service) < before + 50, "descriptors fall back", 90)
        wait_until(lambda: status_of(it.service)["Threads"] < 60, "threads fall back", 90)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-s", "-p", "no:cacheprovider",
                          *[one for one in sys.argv[1:] if one != "full"]]))
