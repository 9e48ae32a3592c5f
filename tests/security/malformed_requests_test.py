# SPDX-License-Identifier: Apache-2.0
"""Requests that two readers could understand differently (RFC 9112), against the service, a worker
and the pair; long texts; requests that end early. No answer goes to anybody but who asked."""
import re
import socket
import sys
import threading

import pytest

from tests.harness.appliance import Appliance

NEXT = b"GET /v1/version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
# Fields of a PUT with a body of five bytes.
FIELDS = [b"Content-Length: 5\r\nTransfer-Encoding: chunked",
          b"Transfer-Encoding: chunked\r\nContent-Length: 5", b"Content-Length: 0x5",
          b"Content-Length: +5", b"Content-Length: -5", b"Content-Length: 5, 5",
          b"Content-Length: 5\r\nContent-Length: 5", b"Content-Length: 5\r\nContent-Length: 6",
          b"Content-Length : 5", b" Content-Length: 5", b"Content-Length: 5\r\n folded: x",
          b"Content-Length: 5\nX: y", b"Content-Length: 5\rX: y", b"Content-Length: 5\x00",
          b"Transfer-Encoding: chunked", b"Transfer-Encoding: xchunked",
          b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
          b"Content-Length: 99999999999999999999", b"Content-Length:", b"Host: second",
          b"Content-Length: 5\r\nContent-Encoding: gzip", b"Expect: miracles"]
LINES = [b"GET  /v1/version HTTP/1.1", b"GET /v1/version", b"GET /v1/version HTTP/1.1 x",
         b"GET http://x/v1/version HTTP/1.1", b"get\x00 / HTTP/1.1", b"GET /\xff HTTP/1.1",
         b"GET /v1/jobs?state=%zz HTTP/1.1", b"GET /v1/jobs/%u0041 HTTP/1.1",
         b"GET /v1/version HTTP/9.9", b"PRI * HTTP/2.0"]


@pytest.fixture(scope="module", name="it")
def one_appliance():
    with Appliance() as appliance:
        appliance.start_worker()
        yield appliance


def ask(path, data, end=False):
    """All that comes back until the other side closes."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(20)
        peer.connect(str(path))
        answer = b""
        try:
            peer.sendall(data)
            if end:
                peer.shutdown(socket.SHUT_WR)
            while True:
                piece = peer.recv(65536)
                if not piece:
                    return answer
                answer += piece
        except (BrokenPipeError, ConnectionResetError):
            return answer


@pytest.mark.parametrize("who", ["api.sock", "one.sock"])
@pytest.mark.parametrize("field", FIELDS)
def test_a_malformed_field_is_refused_and_ends_the_connection(it, who, field):
    token = it.token.encode()
    data = (b"PUT /v1/blobs/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + b"\r\n" +
            field + b"\r\n\r\nhello" + NEXT)
    answer = ask(it.state / who, data)
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")), answer
    assert len(re.findall(rb"HTTP/1.1 [0-9]", answer)) == 1, answer


@pytest.mark.parametrize("who", ["api.sock", "one.sock"])
@pytest.mark.parametrize("line", LINES)
def test_a_malformed_request_line_is_refused(it, who, line):
    answer = ask(it.state / who, line + b"\r\nHost: x\r\n\r\n" + NEXT)
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")), answer
    assert len(re.findall(rb"HTTP/1.1 [0-9]", answer)) == 1, answer


@pytest.mark.parametrize("who", ["api.sock", "one.sock"])
def test_a_tls_handshake_where_no_tls_is_spoken_ends_the_connection(it, who):
    assert ask(it.state / who, b"\x16\x03\x01\x02\r\nHost: x\r\n\r\n" + NEXT) == b""


def test_a_body_that_nobody_reads_is_not_a_request(it):
    smuggled = b"GET /v1/version HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + \
        it.token.encode() + b"\r\n\r\n"
    for line in (b"PUT /v1/blobs/x HTTP/1.1", b"POST /v1/nothing HTTP/1.1",
                 b"GET /v1/version HTTP/1.1", b"DELETE /v1/jobs HTTP/1.1"):
        for token in (b"", b"Authorization: Bearer " + it.token.encode() + b"\r\n"):
            head = line + b"\r\nHost: x\r\n" + token + b"Content-Length: %d\r\n\r\n"
            answer = ask(it.state / "api.sock", head % len(smuggled) + smuggled, end=True)
            assert b"service_version" not in answer.split(b"\r\n\r\n", 2)[-1] or \
                answer.count(b"HTTP/1.1 ") == 1, answer


def test_a_stranger_is_answered_before_a_body_is_read(it):
    for line in (b"PUT /v1/blobs/x HTTP/1.1", b"POST /v1/nothing HTTP/1.1",
                 b"POST /v1/jobs HTTP/1.1"):
        answer = ask(it.state / "api.sock",
                     line + b"\r\nHost: x\r\nContent-Length: 400000000\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 401"), answer


def test_long_commands_reach_their_session_and_no_answer_goes_astray(it):
    """Two users, long commands and files at once over the service's pooled connections."""
    jobs = [it.session(files={"top/mine": f"of-{name}"}) for name in ("ada", "bob")]
    wrong = []

    def use(job, name):
        for size in (10, 7_000, 9_000, 20_000, 60_000, 100_000) * 4:
            text = f"echo {name}-{size} # " + "x" * size
            code, out, _ = it.run(job, text)
            data = it.call("GET", f"/v1/jobs/{job}/files/mine")[1]
            if (code, out, data) != (0, f"{name}-{size}\n", f"of-{name}".encode()):
                wrong.append((name, size, code, out, data))
    users = [threading.Thread(target=use, args=pair) for pair in zip(jobs, ("ada", "bob"))]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert not wrong, wrong
    for job in jobs:
        assert it.finish(job)["state"] == "SUCCEEDED"


def test_an_upload_that_ends_early_leaves_nothing(it):
    job = it.session()
    head = (f"PUT /v1/jobs/{job}/files/half HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            f"{it.token}\r\nContent-Length: 200000\r\n\r\n").encode()
    ask(it.state / "api.sock", head + b"x" * 100_000, end=True)
    assert it.run(job, "ls -A")[1] == "readme\n"
    assert it.finish(job)["state"] == "SUCCEEDED"


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
