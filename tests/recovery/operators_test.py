# SPDX-License-Identifier: Apache-2.0
"""What an operator may get wrong is refused with a reason, and what he set stays set."""
import io
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tarfile
import urllib.parse

import pytest

from tests.harness.appliance import Appliance, Refused, archive_of, wait_until


# First: the processes of the others' appliance would be strangers to this one.
def test_the_embedded_services_default_job_has_a_limit():
    total = int(subprocess.run(["awk", "/MemTotal/ {print $2}", "/proc/meminfo"], check=True,
                               capture_output=True, text=True).stdout) * 1024
    with Appliance("--local-worker") as it:
        wait_until(it.all_workers, "the local worker joins")
        artifact = it.upload(archive_of({"top/readme": "hello\n"}))
        job = it.post("/v1/jobs", {"kind": "launch", "launch": {"artifact": artifact,
                                                                "simulator": True}})
        it.jobs.append(job["id"])
        assert 0 < job["mem_bytes"] < total
        it.await_state(job["id"], "RUNNING")
        limits = list(pathlib.Path("/sys/fs/cgroup/memory").glob(
            f"**/{job['id']}*/memory.limit_in_bytes"))
        for limit in limits:
            assert int(limit.read_text()) < total
        assert it.finish(job["id"])["state"] == "SUCCEEDED"


@pytest.fixture(scope="module", name="it")
def one_appliance():
    with Appliance() as appliance:
        appliance.start_worker()
        yield appliance


def worker(it, name, *options, token=None, listen=True, service=True):
    """A worker that must refuse to start; what it says. `options` may give its own addresses."""
    command = ["cs-worker", "--token-file", token or it.worker_token_file(name), "--work-dir",
               it.work_dir(name), "--name", name, *options]
    command += ["--listen", f"unix:{it.state}/{name}.sock"] if listen else []
    command += ["--service", f"unix:{it.state}/api.sock"] if service else []
    done = it.tools.run(command, it.state)
    assert done.returncode != 0
    return done.stdout + done.stderr


# Each is refused, and none is read as a number that nobody meant.
NO_NUMBERS = ["-1", "", " ", "many", "nan", "inf", "0x10", "010", "1e3", "1.5", "5 ", "+5",
              "99999999999999999999"]
SIZES = ["--cpu", "--mem", "--systems", "--retention-s"]
TIMES = ["--worker-lease-ms", "--client-lease-ms", "--idle-exit-s"]


@pytest.mark.parametrize("option", SIZES)
def test_a_workers_numbers_that_make_no_sense_are_refused(it, option):
    for value in NO_NUMBERS + (["0"] if option in ("--cpu", "--mem") else []):
        said = worker(it, "wrong", f"{option}={value}")
        assert option in said and value.strip() in said, (value, said)


@pytest.mark.parametrize("option", TIMES)
def test_a_services_numbers_that_make_no_sense_are_refused(it, option):
    for value in NO_NUMBERS + (["0", "1"] if option != "--idle-exit-s" else []):
        done = it.tools.run(["cs-appliance", "serve", "--state-dir", it.state / "never", "--listen",
                             f"unix:{it.state}/never.sock", f"{option}={value}"], it.state)
        assert done.returncode != 0
        said = done.stdout + done.stderr
        assert option in said and value.strip() in said, (value, said)


def test_no_systems_means_none(it):
    it.start_worker("none", options=("--cpu", "1000", "--mem", str(1 << 30), "--systems", "0"))
    one = next(one for one in it.all_workers() if one["name"] == "none")
    assert one["systems"] == 0
    it.workers["none"].terminate()
    it.workers["none"].wait()


def test_a_work_folder_with_files_of_somebody_else_is_left_alone(it):
    folder = it.work_dir("homes")
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    assert "thesis.tex" in worker(it, "homes")
    assert (folder / "thesis.tex").read_text() == "years of work"
    (folder / "thesis.tex").unlink()
    (folder / "scratch").mkdir()  # a worker's folders have such names, too
    (folder / "scratch/thesis.tex").write_text("years of work")
    assert "'scratch'" in worker(it, "homes")
    assert (folder / "scratch/thesis.tex").exists()
    shutil.rmtree(folder)


def test_a_file_where_the_socket_should_be_is_left_alone(it):
    thesis = it.state / "thesis.tex"
    thesis.write_text("years of work")
    assert "thesis.tex" in worker(it, "sockets", "--listen", f"unix:{thesis}", listen=False)
    assert thesis.read_text() == "years of work"
    # A socket without a name would be open to every user of the machine.
    assert "path" in worker(it, "sockets", "--listen", "unix:", listen=False)


def service(it, folder):
    """A service that must refuse to start; what it says."""
    done = it.tools.run(["cs-appliance", "serve", "--state-dir", folder, "--listen",
                         f"unix:{it.state}/never.sock"], it.state)
    assert done.returncode != 0
    return done.stdout + done.stderr


def test_a_state_folder_that_others_use_is_refused_and_keeps_its_mode(it):
    folder = it.state / "tmp"
    folder.mkdir()
    folder.chmod(0o1777)
    (folder / "token").write_text("a-token-that-a-stranger-put-there")
    assert "'" + str(folder) + "' holds files" in service(it, folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o1777


@pytest.mark.parametrize("url", ["ftp://host", "http://", "http://host:port", "unix:", "host:1"])
def test_a_url_that_leads_to_no_service_is_refused_at_once(it, url):
    said = worker(it, "urls", "--service", url, service=False)
    assert f"'{url}'" in said and "https://HOST:PORT" in said


def test_a_worker_whose_address_is_none_does_not_join(it):
    token = it.worker_token_file("addresses").read_text()
    for endpoint in ("httpx://host", "http://host:99999", "http://host/path"):
        with pytest.raises(Refused) as refused:
            it.post("/v1/workers/register", {"name": "addresses", "cpu_milli": 1, "mem_bytes": 1,
                                    "endpoint": endpoint}, token=token)
        assert (refused.value.status, endpoint in refused.value.detail) == (400, True)


def test_a_token_file_may_end_in_a_line_end_and_must_hold_a_token(it):
    file = it.state / "tokens-of-lines"
    file.write_text(it.worker_token_file("lines").read_text() + "\n")
    process = it._start(["cs-worker", "--service", f"unix:{it.state}/api.sock", "--token-file",
                         file, "--work-dir", it.work_dir("lines"), "--listen",
                         f"unix:{it.state}/lines.sock", "--name", "lines"], None)
    wait_until(lambda: [one for one in it.all_workers() if one["name"] == "lines"], "it joins")
    process.terminate()
    process.wait()
    for text in ("", "\n", "two words\n"):
        file.write_text(text)
        assert "must hold one token" in worker(it, "lines", token=file)
    file.unlink()


def test_a_service_without_an_administrators_token_does_not_start(it):
    state = it.state / "other"
    state.mkdir()
    (state / "token").write_text("\n")
    done = it.tools.run(["cs-appliance", "serve", "--state-dir", state, "--listen",
                         f"unix:{state}/api.sock"], it.state)
    assert done.returncode != 0 and "holds no token" in done.stderr


def test_an_unreachable_service_is_waited_for_aloud(it):
    process = it._start(["cs-worker", "--service", f"unix:{it.state}/nowhere.sock", "--token-file",
                         it.worker_token_file("lost"), "--work-dir", it.work_dir("lost"),
                         "--listen", f"unix:{it.state}/lost.sock", "--name", "lost"], None)
    wait_until(lambda: "waiting for the service" in it.all_logs()
               and "nowhere.sock" in it.all_logs(), "it is reported")
    process.terminate()
    process.wait()


def test_a_drain_outlives_worker_and_service(it):
    one = next(one for one in it.all_workers() if one["name"] == "one")
    it.post(f"/v1/workers/{one['id']}/drain")
    it.workers["one"].terminate()
    it.workers["one"].wait()
    it.service.kill()
    it.service.wait()
    it.start_service()
    it.start_worker()
    now = next(now for now in it.all_workers()
               if now["name"] == "one" and now["state"] != "LOST")
    assert now["state"] == "DRAINING"
    it.post(f"/v1/workers/{now['id']}/uncordon")


def test_a_backup_is_its_owners_alone(it):
    copy = it.state / "copy.db"
    before = os.umask(0o022)
    try:
        done = it.tools.run(["cs-appliance", "backup", "--state-dir", it.state, "--to", copy],
                            it.state)
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert copy.read_bytes().startswith(b"SQLite format 3")


@pytest.mark.parametrize("name", ["grün.txt", "日本語/ключ.txt", "emoji-🦆"])
def test_names_that_are_not_ascii_work_everywhere(it, name):
    job = it.session(files={f"top/{name}": "staged\n", f"top/ordner-ü/{name}": "x"})
    assert it.run(job, f"cat '{name}'")[1] == "staged\n"
    path = urllib.parse.quote(name)
    assert it.call("GET", f"/v1/jobs/{job}/files/{path}")[1] == b"staged\n"
    it.call("PUT", f"/v1/jobs/{job}/files/neu-{path}", b"new")
    assert it.run(job, f"cat 'neu-{name}'")[1] == "new"
    data = it.call("GET", f"/v1/jobs/{job}/files/.")[1]
    names = tarfile.open(fileobj=io.BytesIO(data)).getnames()
    assert any(one.endswith("/" + name) for one in names), names
    it.run(job, "touch $'bad-\\xff'")
    with pytest.raises(Refused) as refused:
        it.call("GET", f"/v1/jobs/{job}/files/.")
    assert "bad-\\xff" in refused.value.detail and "not UTF-8" in refused.value.detail
    assert it.finish(job)["state"] == "SUCCEEDED"


def test_parts_of_files_and_blobs_come_as_rfc_9110_has_them(it):
    job = it.session(files={"top/ten": "0123456789"})
    blob = it.upload(b"0123456789")
    for path in (f"/v1/jobs/{job}/files/ten", f"/v1/blobs/{blob}"):
        headers, data = it.call("GET", path)
        assert (data, headers["Accept-Ranges"]) == (b"0123456789", "bytes")
        tag = headers["ETag"]
        for text, wanted, shown in (("bytes=2-4", b"234", "2-4"), ("bytes=7-", b"789", "7-9"),
                                    ("bytes=-2", b"89", "8-9"), ("bytes=0-99", data, "0-9")):
            headers, part = it.call("GET", path, headers={"Range": text})
            assert part == wanted and headers["Content-Range"] == f"bytes {shown}/10"
            assert int(headers["Content-Length"]) == len(wanted)
        for text in ("bytes=10-", "bytes=-0"):
            with pytest.raises(Refused) as refused:
                it.call("GET", path, headers={"Range": text})
            assert refused.value.status == 416 and "10 bytes" in refused.value.detail
            assert refused.value.headers["Content-Range"] == "bytes */10"
        for text in ("lines=2-4", "bytes=2-4;x", "bytes=2-4\tX-Ticket: y"):
            assert it.call("GET", path, headers={"Range": text})[1] == data
        assert it.call("GET", path, headers={"Range": "bytes=2-4", "If-Range": tag})[1] == b"234"
        assert it.call("GET", path, headers={"Range": "bytes=2-4", "If-Range": '"x"'})[1] == data
    assert it.finish(job)["state"] == "SUCCEEDED"


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
