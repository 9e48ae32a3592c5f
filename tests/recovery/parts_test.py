# SPDX-License-Identifier: Apache-2.0
"""Blobs that are uploaded in parts: cut, over several connections, by several clients, across a
restart of the service, with wrong bytes, beyond a quota."""
import hashlib
import random
import socket
import sys
import threading

import pytest

from tests.harness.appliance import Appliance, Refused, _UnixConnection, wait_until

SIZE = 3 << 20
THIRD = SIZE // 3


@pytest.fixture(scope="module", name="it")
def one_appliance():
    with Appliance() as appliance:
        yield appliance


@pytest.fixture(name="data")
def new_data(request):
    return random.Random(request.node.name).randbytes(SIZE)


def digest_of(data):
    return hashlib.sha256(data).hexdigest()


def put(it, data, offset, end, digest=None, size=None, **more):
    """Sends bytes of it; the answer's status and body."""
    path = f"/v1/blobs/{digest or digest_of(data)}?offset={offset}&size={size or len(data)}"
    return it.call("PUT", path, data[offset:end], **more)[1]


def parts(it, data, **more):
    answer = it.get(f"/v1/blobs/{digest_of(data)}/parts", **more)
    return [(part["offset"], part["offset"] + part["size_bytes"]) for part in answer["parts"]]


def cut_part(it, data, offset, end, sent):
    """A part whose connection breaks after `sent` bytes."""
    connection = _UnixConnection(it.state / "api.sock")
    connection.putrequest("PUT", f"/v1/blobs/{digest_of(data)}?offset={offset}&size={len(data)}")
    connection.putheader("Authorization", "Bearer " + it.token)
    connection.putheader("Content-Length", str(end - offset))
    connection.endheaders()
    connection.send(data[offset:offset + sent])
    connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()


def is_whole(it, data):
    return it.call("GET", f"/v1/blobs/{digest_of(data)}")[1] == data


def refusal(call):
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.status, refused.value.detail


def test_parts_in_any_order_make_the_blob(it, data):
    put(it, data, 2 * THIRD, SIZE)
    put(it, data, 0, THIRD)
    assert parts(it, data) == [(0, THIRD), (2 * THIRD, SIZE)]
    assert refusal(lambda: is_whole(it, data))[0] == 404
    put(it, data, THIRD, 2 * THIRD)
    assert is_whole(it, data)
    assert parts(it, data) == []


@pytest.mark.parametrize("sent", [0, 100_000, THIRD - 1])
def test_a_part_that_is_cut_continues_where_it_broke_off(it, data, sent):
    cut_part(it, data, 0, THIRD, sent)
    if sent:
        wait_until(lambda: parts(it, data), "the service notices the end")
    came = parts(it, data)[0][1] if sent else 0
    assert came <= sent
    put(it, data, came, SIZE)
    assert is_whole(it, data)


def test_the_next_service_continues_with_what_the_one_before_it_had(data):
    with Appliance() as it:
        put(it, data, 0, THIRD)
        it.service.kill()
        it.service.wait()
        it.start_service()
        assert parts(it, data) == [(0, THIRD)]
        put(it, data, THIRD, SIZE)
        assert is_whole(it, data)


def settled_file(it, data):
    return it.state / "blobs" / digest_of(data)[:2] / digest_of(data)


def test_a_blob_survives_a_kill_of_the_service_right_after_its_upload(data):
    with Appliance() as it:
        it.call("PUT", f"/v1/blobs/{digest_of(data)}", data)
        it.service.kill()
        it.service.wait()
        it.start_service()
        assert is_whole(it, data)
        wait_until(settled_file(it, data).exists, "the blob is on the disk")


@pytest.mark.parametrize("left", [0, SIZE // 2, SIZE])
def test_a_blob_damaged_by_a_power_cut_is_refused_and_can_be_uploaded_again(data, left):
    """After a power cut a file may lack bytes or hold zeros."""
    job = {"kind": "compile", "namespace": "job-operator", "client_lease": False,
           "compile": {"source": digest_of(data), "csl_main": "layout.csl", "args": []}}
    with Appliance() as it:
        it.call("PUT", f"/v1/blobs/{digest_of(data)}", data)
        wait_until(settled_file(it, data).exists, "the blob is on the disk")
        it.service.kill()
        it.service.wait()
        settled_file(it, data).unlink()
        torn = it.state / "blobs/fresh" / digest_of(data)
        torn.write_bytes((data[:left] + bytes(SIZE))[:left or SIZE])
        it.start_service()
        if left == SIZE:
            assert is_whole(it, data)
        else:
            status, why = refusal(lambda: it.post("/v1/jobs", job))
            assert status == 404 and "upload it again" in why
            assert refusal(lambda: is_whole(it, data))[0] == 404
            assert not torn.exists()
            it.call("PUT", f"/v1/blobs/{digest_of(data)}", data)
            assert is_whole(it, data)
        assert it.post("/v1/jobs", job)["id"]
        assert settled_file(it, data).exists(), "the blob of an accepted job is on the disk"


def test_two_clients_that_send_the_same_blob_at_once_both_end_with_it(it, data):
    token = it.post("/v1/tokens", {"role": "user", "user": "eve",
                                   "namespaces": ["job-operator"]})["token"]
    failures = []

    def send(own):
        try:
            for offset in range(0, SIZE, SIZE // 12):
                put(it, data, offset, offset + SIZE // 12, token=own)
        except Refused as failure:
            failures.append(failure)
    threads = [threading.Thread(target=send, args=[own]) for own in (it.token, token)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert is_whole(it, data)


def test_another_one_neither_sees_nor_changes_parts(it, data):
    token = it.post("/v1/tokens", {"role": "user", "user": "mallory",
                                   "namespaces": ["job-operator"]})["token"]
    put(it, data, 0, THIRD)
    assert parts(it, data, token=token) == []
    # Wrong bytes under the digest of another one's blob, in time for all of it but the end.
    put(it, bytes(SIZE), THIRD, SIZE, digest=digest_of(data), token=token)
    put(it, data, THIRD, SIZE)
    assert is_whole(it, data)


def test_what_is_there_is_not_written_again(it, data):
    put(it, data, 0, THIRD)
    put(it, bytes(SIZE), 0, THIRD, digest=digest_of(data))
    put(it, data, THIRD, SIZE)
    assert is_whole(it, data)


def test_wrong_bytes_are_refused_once_all_is_there(it, data):
    wrong = bytes([data[0] ^ 1]) + data[1:]
    put(it, wrong, 0, THIRD, digest=digest_of(data))
    status, detail = refusal(lambda: put(it, wrong, THIRD, SIZE, digest=digest_of(data)))
    assert status == 400 and digest_of(wrong) in detail and digest_of(data) in detail
    assert refusal(lambda: is_whole(it, data))[0] == 404
    assert parts(it, data) == []
    put(it, data, 0, SIZE)
    assert is_whole(it, data)


@pytest.mark.parametrize(("query", "word"), [
    ("offset=0&size=2", "size is 2"), ("offset=2&size=4", "offset is 2"), ("offset=0", "size is 0"),
    ("offset=-1&size=9", "offset is '-1'"), ("offset=x&size=9", "offset is 'x'")])
def test_a_part_that_does_not_lie_in_the_blob_is_refused(it, query, word):
    digest = hashlib.sha256(b"abc").hexdigest()
    status, detail = refusal(lambda: it.call("PUT", f"/v1/blobs/{digest}?{query}", b"abc"))
    assert status in (400, 416) and word in detail, detail


def test_a_size_that_changes_is_refused(it, data):
    put(it, data, 0, THIRD)
    status, detail = refusal(lambda: put(it, data, THIRD, SIZE, size=SIZE + 1))
    assert status == 400 and str(SIZE + 1) in detail and str(SIZE) in detail


def test_parts_count_towards_the_quota_from_the_first_on(it, data):
    it.call("PUT", "/v1/quotas/namespace/small", {"blob_bytes": SIZE + THIRD})
    path = f"/v1/blobs/{digest_of(data)}?namespace=small&offset=0&size={SIZE}"
    it.call("PUT", path, data[:THIRD])
    other = digest_of(data[1:])
    path = f"/v1/blobs/{other}?namespace=small&offset=0&size={SIZE - 1}"
    status, detail = refusal(lambda: it.call("PUT", path, data[1:THIRD]))
    assert status == 429 and "bytes of blobs" in detail, detail


def test_one_that_sends_too_many_at_once_is_refused(it):
    token = it.post("/v1/tokens", {"role": "user", "user": "busy",
                                   "namespaces": ["job-operator"]})["token"]
    for number in range(16):
        put(it, bytes([number]) * 10, 0, 5, token=token)
    status, detail = refusal(lambda: put(it, bytes([16]) * 10, 0, 5, token=token))
    assert status == 429 and "parts of 16 blobs" in detail


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
