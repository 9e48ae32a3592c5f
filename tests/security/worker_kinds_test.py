# SPDX-License-Identifier: Apache-2.0
"""A hostile session beside a neighbour, on each kind of worker: root and not, with subordinate ids
and without, with control groups and without. What this machine lacks is named when a test is
skipped."""
import gzip
import os
import sys

import pytest

from tests.harness.appliance import Appliance, Refused, wait_until
from tests.harness.folders import entries_below
from tests.harness.plain_user import (SUBORDINATE, PlainUser, RootInAGroup, has_version2,
                                      missing_for_subordinate_ids, version1_groups)

# Everything that may be written: nothing of it is the host's.
WRITABLE = {"/dev", "/dev/full", "/dev/null", "/dev/pts", "/dev/pts/ptmx", "/dev/random",
            "/dev/shm", "/dev/tty", "/dev/urandom", "/dev/zero", "/home", "/run", "/session",
            "/session/top", "/session/top/readme", "/tmp"}
WALK = ("find / -path /proc -prune -o -not -type l -writable -print 2>/dev/null; "
        "find /proc -path '/proc/[0-9]*' -prune -o -type f -print 2>/dev/null | "
        "while read f; do ( : >> $f ) 2>/dev/null && echo $f; done; true")


def need_root():
    if os.geteuid() != 0:
        pytest.skip("only root can start workers of other users")


def need_groups():
    missing = {"memory", "pids", "cpu"} - set(version1_groups())
    if missing and not has_version2():
        pytest.skip(f"no control groups for {sorted(missing)}")


def need_subordinate_ids():
    missing = missing_for_subordinate_ids()
    if missing:
        pytest.skip(f"no subordinate ids without {', '.join(missing)}")


def test_a_worker_that_cannot_limit_jobs_refuses_them_and_says_why():
    need_root()
    user = PlainUser(with_groups=False)
    with Appliance() as it:
        process = it.start_worker_process(user=user)
        wait_until(lambda: process.poll() is not None, "the worker ends")
        assert process.returncode != 0
        log = it.all_logs()
        assert "memory, processes, cpu" in log and "Delegate=yes" in log
        assert not it.all_workers()
    user.close()


@pytest.fixture(scope="module", name="it", params=[
    "root", "plain user with groups", "plain user with subordinate ids and groups",
    "plain user without groups"])
def one_appliance(request):
    need_root()
    user = None
    with Appliance() as appliance:
        options = ("--retention-s", "0")
        if request.param == "root":
            user = RootInAGroup() if has_version2() else None
        else:
            subordinate = "subordinate" in request.param
            if subordinate:
                need_subordinate_ids()
            if not request.param.endswith("without groups"):
                need_groups()
            user = PlainUser(with_groups=not request.param.endswith("without groups"),
                             with_subordinate_ids=subordinate)
        if request.param.endswith("without groups"):
            options += ("--allow-no-sandbox",)
        appliance.start_worker(options=options, user=user)
        appliance.kind = request.param
        yield appliance
    if user:
        user.close()


@pytest.fixture(name="pair")
def a_hostile_session_and_its_neighbour(it):
    bad = it.submit({**it.launch_body(), "mem_bytes": 64 << 20})
    it.await_state(bad, "RUNNING")
    good = it.session(files={"top/secret": "the-neighbours-secret"})
    counting = it.start_command(good, "while :; do echo x; sleep 0.01; done")

    def count():
        return it.command(good, counting)["stdout_bytes"]
    wait_until(count, "the neighbour counts")
    yield bad, good
    before = count()
    wait_until(lambda: count() > before, "the neighbour continues counting")
    assert it.command(good, counting)["state"] == "started"
    it.post(f"/v1/jobs/{good}/commands/{counting}/kill")
    assert it.run(good, "cat secret; ls")[1] == "the-neighbours-secretsecret\n"
    for job in (bad, good):
        assert it.finish(job)["state"] == "SUCCEEDED"


def test_what_a_job_can_write_is_on_the_list(it, pair):
    bad, _ = pair
    code, out, _ = it.run(bad, WALK)
    assert code == 0
    assert set(out.split("\n")) - {""} <= WRITABLE


def test_sysctls_of_the_host_stay_as_they_are(it, pair):
    bad, _ = pair
    before = open("/proc/sys/kernel/core_pattern", encoding="utf-8").read()
    # The value it has already: a host on which this test fails is not changed by it.
    code, _, _ = it.run(bad, f"printf %s '{before.strip()}' > /proc/sys/kernel/core_pattern")
    assert code != 0
    assert open("/proc/sys/kernel/core_pattern", encoding="utf-8").read() == before


def test_no_process_of_a_job_is_root_on_the_host(it, pair):
    bad, good = pair
    uids = {}
    for job in (bad, good):
        it.start_command(job, f"sleep 1000; echo {job}")
        pids = wait_until(lambda job=job: [
            entry for entry in os.listdir("/proc") if entry.isdigit() and
            job.encode() in read(f"/proc/{entry}/cmdline")
            and b"sleep 1000" in read(f"/proc/{entry}/cmdline")], "the command runs")
        uids[job] = {os.stat(f"/proc/{pid}").st_uid for pid in pids}
        owner = {path.lstat().st_uid for path in entries_below(it.folder_of(job))}
        assert 0 not in uids[job] | owner
    if it.kind == "root" or "subordinate" in it.kind:
        assert not uids[bad] & uids[good], "each job has a user of its own"
    if "subordinate" in it.kind:
        assert all(uid in SUBORDINATE for uid in uids[bad] | uids[good])
        assert "subordinate ids" in str(it.all_workers())


def test_what_a_job_does_to_processes_reaches_no_neighbour(it, pair):
    bad, good = pair
    it.start_command(good, "sleep 1000; echo of-the-neighbour")
    pids = wait_until(lambda: [entry for entry in os.listdir("/proc") if entry.isdigit()
                               and b"of-the-neighbour" in read(f"/proc/{entry}/cmdline")],
                      "the neighbour sleeps")
    for pid in pids:
        assert it.run(bad, f"ls /proc/{pid}/environ || kill -9 {pid}")[0] != 0
    it.run(bad, "kill -STOP -1; kill -9 -1; kill -9 1; kill -9 0")
    assert it.run(bad, "echo alive")[1] == "alive\n"
    assert all(os.path.exists(f"/proc/{pid}") for pid in pids)


def test_what_a_job_does_to_its_folder_reaches_no_neighbour(it, pair):
    bad, good = pair
    files = f"/v1/jobs/{bad}/files/"
    neighbour = it.folder_of(good) / "top"
    it.run(bad, f"ln -s {neighbour} folder; ln -s {neighbour}/secret file; mkfifo pipe; "
                f"ln -s / root; mkdir real; ln -s {neighbour}/secret real/secret")
    for name in ("folder", "folder/secret", "file", "pipe", f"root{neighbour}/secret", "real",
                 "real/secret"):
        with pytest.raises(Refused) as refused:
            it.call("GET", files + name)
        assert refused.value.status in (400, 403), name
    with pytest.raises(Refused):
        it.call("PUT", files + "folder/evil", b"x")
    # The folder where commands start becomes a link to the neighbour's.
    it.run(bad, f"mv /session/top /session/moved; ln -s {neighbour} /session/top")
    with pytest.raises(Refused):
        it.call("GET", files + "secret")
    it.call("PUT", files + "evil", b"x")
    it.run(bad, "rm /session/top; mv /session/moved /session/top")
    assert it.call("GET", files + "evil")[1] == b"x"
    assert not (neighbour / "evil").exists()


def test_a_folder_that_is_swapped_while_it_is_packed_shows_no_neighbours_files(it, pair):
    bad, good = pair
    neighbour = it.folder_of(good) / "top"
    it.run(bad, "mkdir -p real/below; echo mine > real/below/secret")
    swapping = it.start_command(bad, f"while :; do mv real/below real/away; ln -s {neighbour} "
                                     "real/below; rm real/below; mv real/away real/below; done")
    whole = 0
    for _ in range(40):
        try:
            packed = it.call("GET", f"/v1/jobs/{bad}/files/real")[1]
        except Refused:
            continue
        whole += 1
        assert b"the-neighbours" not in gzip.decompress(packed)
    it.post(f"/v1/jobs/{bad}/commands/{swapping}/kill")
    assert whole, "none was packed"


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def test_memory_processes_and_cpu_are_limited_or_the_job_is_reported(it, pair):
    job, _ = pair
    use_200_mb = "python3 -c 'x = bytearray(200 << 20); print(len(x))'"
    code, out, _ = it.run(job, use_200_mb)
    unprotected = it.job(job)["unprotected"]
    if it.kind.endswith("without groups"):
        assert (code, out) == (0, f"{200 << 20}\n")
        assert unprotected == "memory, processes, cpu"
        assert "WARNING" in it.all_logs()
    else:
        assert code != 0 and not out
        assert unprotected == ""


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
