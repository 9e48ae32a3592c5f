# SPDX-License-Identifier: Apache-2.0
"""The files of a session that has ended can be read for a while, and nothing else is left of it."""
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


def test_they_go_when_their_time_is_over():
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


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
