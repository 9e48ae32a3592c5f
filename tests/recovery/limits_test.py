# SPDX-License-Identifier: Apache-2.0
"""Limits that a job reaches: the cause is named, with figures, and nobody else notices."""
import os
import subprocess
import sys
import time

import pytest

from tests.harness.appliance import (ENDS, Appliance, Refused, descendants, find_process,
                                     wait_until)
from tests.harness.small_disk import SmallDisk

SMALL_DISK = "32m"


def test_a_full_work_disk_is_never_an_empty_result():
    with Appliance() as it:
        disk = SmallDisk(it.work_dir(), SMALL_DISK)
        it.start_worker()
        job = it.session()
        (disk.folder / "filler").touch()
        index = it.start_command(job, "while [ ! -e go ]; do sleep 0.01; done; echo hello")
        disk.fill()
        # An empty file takes no block: it fits where output does not.
        os.close(os.open(it.folder_of(job) / "top" / "go", os.O_CREAT))
        record = it.command(job, index, 20_000)
        assert (record["state"], record["failure"]) == ("exited", "DiskFull"), record
        assert "No space left" in record["message"]
        with pytest.raises(Refused) as refused:
            it.call("PUT", f"/v1/jobs/{job}/files/big", b"x" * 100_000)
        assert refused.value.status == 429 and "No space left" in refused.value.detail
        disk.free()
        assert it.run(job, "echo hello")[1] == "hello\n"
        assert it.finish(job)["state"] == "SUCCEEDED"
        it.await_clean()
        it.workers["one"].terminate()
        it.workers["one"].wait()
        disk.close()


def test_a_disk_that_fills_up_at_any_step_is_a_full_disk():
    with Appliance() as it:
        disk = SmallDisk(it.work_dir(), SMALL_DISK)
        worker = it.start_worker()
        compiled = it.compile_body()
        launched = it.launch_body(files={"top/readme": "hello\n", "top/more": "x" * 20_000})
        for pages in (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 64, 128):
            for body in (compiled, launched):
                disk.fill_but(pages << 12)
                job = it.submit(body)
                now = it.await_state(job, "RUNNING", *ENDS)
                if body is compiled:
                    now = it.await_end(job)
                if now["state"] == "FAILED":
                    assert now["reason"] == "DiskFull", (pages, now)
                if now["state"] == "RUNNING":
                    check_command_says_so(it, job)
                    now = it.finish(job)
                assert now["state"] in ("SUCCEEDED", "FAILED"), (pages, now)
                disk.free()
        assert worker.poll() is None
        it.check_next_jobs_run()
        worker.terminate()
        worker.wait()
        disk.close()


def check_command_says_so(it, job):
    """Its output is complete, or it says that it is not; or it is not started."""
    try:
        index = it.start_command(job, "echo hello")
    except Refused as refused:
        assert refused.status == 429 and "No space left" in refused.detail
        return
    record = it.command(job, index, 20_000)
    if "failure" in record:
        assert record["failure"] == "DiskFull", record
    else:
        assert it.call("GET", f"/v1/jobs/{job}/commands/{index}/stdout")[1] == b"hello\n"


def test_what_a_compile_has_made_waits_for_a_full_state_disk():
    with Appliance() as it:
        it.service.kill()
        it.service.wait()
        disk = SmallDisk(it.state / "small", SMALL_DISK)
        for name in list(it.state.glob("jobs.db*")) + [it.state / "token"]:
            subprocess.run(["cp", "-p", str(name), str(disk.folder)], check=True)
        command = ["cs-appliance", "serve", "--state-dir", disk.folder, "--listen",
                   f"unix:{it.state}/api.sock"]
        it.service = it._start(command, None)
        wait_until(it._answers, "the service answers")
        it.start_worker(failure="worker.before_result:delay=2000")
        job = it.submit(it.compile_body())
        wait_until(lambda: list(it.work_dir().glob(f"{job}-*/artifact.tar.gz")), "it is compiled")
        disk.fill()
        wait_until(lambda: f"{job} waits for the service" in it.all_logs(), "it is reported")
        assert it.job(job)["state"] == "RUNNING"
        disk.free()
        assert it.await_end(job)["state"] == "SUCCEEDED"
        it.service.terminate()
        it.service.wait()
        disk.close()
        it.start_service()


@pytest.mark.parametrize("hog", [
    "head -c 200M /dev/zero > big; sleep 1000",
    "head -c 200M /dev/zero > $TMPDIR/big; sleep 1000",
    "head -c 200M /dev/zero; sleep 1000",
    "(setsid head -c 200M /dev/zero > big &); sleep 1000",
    "i=0; while :; do i=$((i+1)); mkdir $i; (cd $i && touch $(seq 1000)); done",
    "while :; do mkdir d && cd -P d && head -c 100K /dev/zero > f || sleep 1000; done",
    "ln -s / root; head -c 100M /dev/zero > a; ln a b; sleep 1000"])
def test_a_job_that_takes_too_much_of_the_disk_ends_and_its_neighbour_notices_nothing(hog):
    with Appliance() as it:
        it.start_worker(options=("--job-disk", str(20 << 20), "--retention-s", "300"))
        neighbour = it.session()
        watched = it.start_command(neighbour, "while [ ! -e go ]; do sleep 0.01; done; echo hello")
        job = it.session()
        folder = it.folder_of(job)
        index = it.start_command(job, hog)
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("FAILED", "DiskFull"), done
        assert str(20 << 20) in done["message"]
        assert it.command(job, index)["state"] in ("lost", "exited")
        # It is not kept until its files would be forgotten.
        wait_until(lambda: not folder.exists(), "its folder goes")
        it.call("PUT", f"/v1/jobs/{neighbour}/files/go", b"")
        assert it.command(neighbour, watched, 20_000)["exit_code"] == 0
        assert it.run(neighbour, "head -c 10M /dev/zero > own; echo hello")[1] == "hello\n"
        assert it.finish(neighbour)["state"] == "SUCCEEDED"


def test_files_that_are_staged_count_towards_a_jobs_disk():
    with Appliance() as it:
        it.start_worker(options=("--job-disk", str(20 << 20), "--retention-s", "0"))
        job = it.session()
        it.call("PUT", f"/v1/jobs/{job}/files/small", b"x" * (10 << 20))
        try:
            it.call("PUT", f"/v1/jobs/{job}/files/large", b"x" * (20 << 20))
        except Refused:
            pass  # it was ended before the file was whole
        done = it.await_end(job)
        assert (done["state"], done["reason"]) == ("FAILED", "DiskFull"), done
        large = it.submit(it.launch_body(files={"top/data": "x" * (30 << 20)}))
        done = it.await_end(large)
        assert (done["state"], done["reason"]) == ("FAILED", "DiskFull"), done
        it.await_clean()


def test_a_full_state_disk_is_waited_for():
    with Appliance() as it:
        worker = it.start_worker()
        job = it.session()
        it.service.kill()
        it.service.wait()
        disk = SmallDisk(it.state / "small", SMALL_DISK)
        for name in list(it.state.glob("jobs.db*")) + [it.state / "token",
                                                       it.state / "worker-token"]:
            subprocess.run(["cp", "-p", str(name), str(disk.folder)], check=True)
        command = ["cs-appliance", "serve", "--state-dir", disk.folder, "--listen",
                   f"unix:{it.state}/api.sock"]
        it.service = it._start(command, None)
        wait_until(it._answers, "the service answers")
        disk.fill()
        # Its polls fail, and are repeated, until there is room again.
        wait_until(lambda: "waiting for the service" in it.all_logs()
                   and "full" in it.all_logs().split("waiting for the service")[-1],
                   "the worker says what it waits for")
        assert worker.poll() is None
        disk.free()
        assert it.run(job, "cat readme")[1] == "hello\n"
        assert it.finish(job)["state"] == "SUCCEEDED"
        it.service.terminate()
        it.service.wait()
        disk.close()
        it.start_service()


def test_a_command_that_is_killed_for_memory_is_reported():
    with Appliance() as it:
        it.start_worker()
        job = it.submit({**it.launch_body(), "mem_bytes": 64 << 20})
        it.await_state(job, "RUNNING")
        for command in ("python3 -c 'x = bytearray(300 << 20); print(len(x))'",
                        "python3 -c 'x = bytearray(300 << 20); print(len(x))'; exit 5"):
            index = it.start_command(job, command)
            record = it.command(job, index, 20_000)
            assert record["failure"] == "OutOfMemory", record
            assert str(64 << 20) in record["message"]
        assert "failure" not in it.command(job, it.start_command(job, "exit 137"), 20_000)
        assert it.run(job, "echo alive")[1] == "alive\n"
        assert it.finish(job)["state"] == "SUCCEEDED"


def test_a_cs_system_that_dies_again_and_again_is_named():
    with Appliance() as it:
        worker = it.start_worker()
        job = it.session(simulator=False)
        index = it.start_command(job, "sleep 1000")

        def killed():
            for pid, line in descendants(worker.pid).items():
                if "cs-system --listen-fd" in line and "bwrap" not in line:
                    try:
                        os.kill(pid, 9)
                    except ProcessLookupError:
                        pass
            return it.job(job)["state"] == "FAILED"
        wait_until(killed, "the session is given up")
        done = it.job(job)
        assert done["reason"] == "SystemFailed" and "3 times" in done["message"], done
        assert it.command(job, index)["state"] in ("lost", "exited")
        it.await_clean()


def test_a_killed_runner_is_not_an_exit_code():
    with Appliance() as it:
        worker = it.start_worker(options=("--retention-s", "60"))
        job = it.session()
        index = it.start_command(job, "sleep 1000")
        find_process(worker.pid, "sleep 1000")  # until then it looks like the runner that forked it
        os.kill(find_process(worker.pid, "/bin/cs-runner"), 9)
        assert it.await_end(job)["reason"] == "SessionLost"
        record = it.command(job, index)
        assert record["failure"] == "SessionLost", record


def test_a_folder_of_great_depth_or_many_files_disturbs_nobody():
    with Appliance("--worker-lease-ms=2000") as it:
        worker = it.start_worker()
        good, bad = it.session(), it.session()
        code, _, _ = it.run(bad, "python3 -c \"\nimport os\nfor i in range(9000):\n"
                                 "  os.mkdir('d'); os.chdir('d')\n\"")
        assert code == 0
        code, _, _ = it.run(bad, "mkdir many; cd many; python3 -c \"\n"
                                 "for i in range(50000): open(str(i), 'w').close()\n\"")
        assert code == 0
        with pytest.raises(Refused) as refused:
            it.call("GET", f"/v1/jobs/{bad}/files/d")
        assert refused.value.status == 400 and "64 folders deep" in refused.value.detail
        assert it.finish(bad)["state"] == "SUCCEEDED"
        assert worker.poll() is None
        assert it.run(good, "cat readme")[1] == "hello\n"
        wait_until(lambda: not list(it.work_dir().glob(f"{bad}-*")), "it is removed", 60)
        assert it.run(good, "cat readme")[1] == "hello\n"
        assert it.finish(good)["state"] == "SUCCEEDED"
        assert it.states(good) == ["QUEUED", "SCHEDULED", "STARTING", "RUNNING", "SUCCEEDED"]


# The million takes minutes: bazel run //tests/recovery:limits_test -- full
FULL = "full" in sys.argv[1:]
MANY_FOLDERS = 1000 if FULL else 100
MAKE_MANY = (f"import os\nfor i in range({MANY_FOLDERS}):\n  os.mkdir(f'm{{i}}')\n"
             "  for j in range(1000):\n    os.close(os.open(f'm{i}/{j}', os.O_CREAT))\n")


def test_a_tenants_million_files_disturb_nobody_and_go():
    """While they are made, counted, listed, refused as a download, and removed."""
    with Appliance("--worker-lease-ms=3000") as it:
        worker = it.start_worker()
        body = {**it.launch_body(), "client_lease": False}
        good, bad = it.submit(body), it.submit(body)
        for job in (good, bad):
            it.await_state(job, "RUNNING")
        it.call("PUT", f"/v1/jobs/{bad}/files/make.py", MAKE_MANY.encode())
        index = it.start_command(bad, "python3 make.py && echo made")
        folder = it.folder_of(bad)
        while it.command(bad, index, 500)["state"] != "exited":
            assert it.run(good, "cat readme")[1] == "hello\n"
        assert it.command(bad, index)["exit_code"] == 0
        assert it.run(bad, "find . -type f | wc -l")[1].strip() == str(1000 * MANY_FOLDERS + 2)
        with pytest.raises(Refused) as refused:  # near names are looked for among them
            it.call("GET", f"/v1/jobs/{bad}/files/m0x")
        assert refused.value.status == 404 and "m" in refused.value.detail
        assert it.finish(bad)["state"] == "SUCCEEDED"

        def is_gone():
            assert it.run(good, "cat readme")[1] == "hello\n"
            return not folder.exists()
        wait_until(is_gone, "they are removed", 240)
        assert worker.poll() is None
        assert it.states(good) == ["QUEUED", "SCHEDULED", "STARTING", "RUNNING"]
        assert it.finish(good)["state"] == "SUCCEEDED"
        it.await_clean()
        it.check_next_jobs_run()


def test_starting_can_be_cancelled_and_counts_towards_the_time_limit():
    with Appliance() as it:
        it.start_worker()
        files = {f"top/{i}/{j}": "" for i in range(100) for j in range(500)}
        job = it.submit(it.launch_body(files=files))
        it.await_state(job, "STARTING", "RUNNING")
        if it.job(job)["state"] == "STARTING":
            begin = time.monotonic()
            it.post(f"/v1/jobs/{job}/cancel", {})
            assert it.await_end(job)["state"] == "CANCELLED"
            assert time.monotonic() - begin < 10  # a second, and a machine under load
        it.await_clean()


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider",
                          *[word for word in sys.argv[1:] if word != "full"]]))
