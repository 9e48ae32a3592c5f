# SPDX-License-Identifier: Apache-2.0
"""What stays of jobs that have ended, and for how long: the files of a session on its worker, and
jobs, logs and blobs in the service."""
import glob
import sys

import pytest

from tests.harness.appliance import Appliance, Refused, descendants, wait_until

MAX_KEPT = 16  # KeptSessions::kMaxKept


def keep(seconds):
    return ("--retention-s", str(seconds))


def folders(it):
    return [path for path in it.work_dir().iterdir() if path.name.startswith("wsjob-")]


def ended_session(it, text="echo made > file; echo said"):
    job = it.session()
    index = it.start_command(job, text)
    assert it.command(job, index, 20_000)["exit_code"] == 0
    it.start_command(job, "setsid sleep 1000 & sleep 1000")
    assert it.finish(job)["state"] == "SUCCEEDED"
    return job


def status(call, *args):
    with pytest.raises(Refused) as failure:
        call(*args)
    return failure.value


def test_files_and_output_are_read_and_nothing_else():  # compat 44
    with Appliance() as it:
        worker = it.start_worker(options=keep(300))
        job = ended_session(it)
        assert not descendants(worker.pid)
        assert not glob.glob(f"/sys/fs/cgroup/**/{job}*", recursive=True)
        assert it.call("GET", f"/v1/jobs/{job}/files/file")[1] == b"made\n"
        assert it.call("GET", f"/v1/jobs/{job}/files/.")[0]["X-Kind"] == "directory"
        assert it.call("GET", f"/v1/jobs/{job}/commands/0/stdout")[1] == b"said\n"
        assert it.command(job, 0)["exit_code"] == 0
        for call in (lambda: it.call("PUT", f"/v1/jobs/{job}/files/new", b"x"),
                     lambda: it.start_command(job, "true"),
                     lambda: it.post(f"/v1/jobs/{job}/commands/0/kill")):
            assert "SUCCEEDED" in status(call).detail
        assert status(it.get, f"/v1/jobs/{job}/files/none").status == 404


def test_files_are_removed_after_retention():
    with Appliance("--worker-lease-ms=1500") as it:
        it.start_worker(options=keep(1))
        job = ended_session(it)
        wait_until(lambda: not folders(it), "the folder goes")
        assert "has ended" in status(it.get, f"/v1/jobs/{job}/files/file").detail
        it.await_clean()


def test_the_oldest_go_first():
    with Appliance() as it:
        it.start_worker(options=keep(300))
        jobs = [ended_session(it, "echo made > file") for _ in range(MAX_KEPT + 2)]
        wait_until(lambda: len(folders(it)) == MAX_KEPT, "the oldest go")
        assert status(it.get, f"/v1/jobs/{jobs[1]}/files/file").status == 404
        assert it.call("GET", f"/v1/jobs/{jobs[2]}/files/file")[1] == b"made\n"


@pytest.mark.parametrize("how", ["terminate", "kill"])
def test_they_go_with_their_worker(how):
    with Appliance() as it:
        worker = it.start_worker(options=keep(300))
        job = ended_session(it)
        assert folders(it)
        getattr(worker, how)()
        worker.wait()
        it.start_worker(options=keep(300))
        assert not folders(it)
        assert "gone" in status(it.get, f"/v1/jobs/{job}/files/file").detail
        assert it.job(job)["state"] == "SUCCEEDED"


def test_the_service_forgets_what_is_old_and_keeps_what_is_used():
    with Appliance("--keep-s=2") as it:
        it.start_worker()
        session = it.session(files={"top/readme": "of the session\n"})
        body = it.compile_body()
        unused = it.upload(b"nobody wants this")
        job = it.submit(body)
        done = it.await_end(job)
        assert done["state"] == "SUCCEEDED"
        blobs = [body["compile"]["source"], done["artifact"], unused]
        path = it.state / "blobs"
        held = {one.name for one in path.rglob("*") if one.is_file()} - set(blobs)
        assert len(held) == 1  # the session's artifact

        def names():
            return {one.name for one in path.rglob("*") if one.is_file()}
        wait_until(lambda: names() == held, "blobs that are not used go")
        wait_until(lambda: job not in str(it.get("/v1/jobs?all=1")), "the job goes")
        assert status(it.job, job).status == 404
        assert not (it.state / "logs" / f"{job}.log").exists()
        assert status(it.call, "GET", f"/v1/blobs/{unused}").status == 404
        assert it.run(session, "cat readme")[1] == "of the session\n"
        # What is sent again is there again.
        assert it.upload(b"nobody wants this") == unused
        assert it.call("GET", f"/v1/blobs/{unused}")[1] == b"nobody wants this"
        assert it.finish(session)["state"] == "SUCCEEDED"


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
