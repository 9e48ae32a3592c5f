# SPDX-License-Identifier: Apache-2.0
"""What a command of a session wants and does not get; what it may do to its worker."""
import os
import socket
import sys
import threading
import urllib.parse

import pytest

from tests.harness.appliance import Appliance, Refused, wait_until


@pytest.fixture(scope="module", name="it")
def one_appliance():
    with Appliance() as appliance:
        appliance.start_worker()
        yield appliance


@pytest.fixture(name="job")
def one_session(it):
    job = it.session()
    yield job
    assert it.finish(job)["state"] == "SUCCEEDED"


def refused(call, *args):
    with pytest.raises(Refused) as failure:
        call(*args)
    return failure.value


def test_sees_neither_other_sessions_nor_the_state_folder(it, job):
    other = it.session(files={"top/secret": "of-another-session"})
    assert it.run(job, f"ls {it.state}")[0] != 0
    assert it.run(job, f"ls {it.work_dir()}")[0] != 0
    _, out, _ = it.run(job, "ls -R /tmp /session /home; "
                            "grep -rs of-[a]nother-session / --include=secret; "
                            "cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'")
    assert "readme" in out
    for name in ("of-another-session", other, "worker-token", "jobs.db", "canary", str(it.state)):
        assert name not in out
    it.finish(other)


def test_reads_no_secret_of_the_host(it, job):
    for path in ("/etc/shadow", "/etc/passwd", "/boot/x", it.state / "token",
                 it.state / "worker-token", it.work_dir(), "/proc/1/root/etc/shadow",
                 "/proc/kcore", "/sys/fs/cgroup", "/var/lib", "/run/docker.sock"):
        code, out, _ = it.run(job, f"cat {path} || ls {path} | head -1; test -r {path}")
        assert code != 0 and not out, (path, out)


def test_writes_nothing_outside(it, job):
    code, out, _ = it.run(job, "for f in / /usr /etc /opt/csl /proc /sys /dev /usr/bin "
                               f"{it.state} /run; do touch $f/evil 2>/dev/null && "
                               "[ -e $f/evil ] && echo $f; done; true")
    assert code == 0
    # What it may write lies on file systems of the sandbox's own.
    assert set(out.split()) <= {"/dev", "/run"}
    assert not (it.state / "evil").exists()


@pytest.mark.parametrize("command", [
    "mount -t tmpfs none /tmp", "unshare -Ur true", "chroot / true", "mknod dev c 1 3",
    "nsenter -t 1 -m true", "kill -9 1; kill -0 1 && exit 1", "dmesg", "sysctl -w kernel.x=1",
    "python3 -c 'import ctypes,sys; sys.exit(ctypes.CDLL(None).ptrace(16, 1, 0, 0) != -1)'; "
    "test $? -ne 0", "python3 -c 'import ctypes,sys; "
    "sys.exit(ctypes.CDLL(None).syscall(321, 0, 0, 0) == -1)'"])
def test_gains_no_privilege(it, job, command):
    code, _, _ = it.run(job, command)
    assert code != 0


def test_has_no_network_but_its_own_loopback(it, job):
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    heard = []
    listener.settimeout(5)
    threading.Thread(target=lambda: _accept(listener, heard), daemon=True).start()
    for address in (f"127.0.0.1/{port}", "169.254.169.254/80", "8.8.8.8/53"):
        assert it.run(job, f"timeout 2 bash -c 'echo x > /dev/tcp/{address}'")[0] != 0
    assert not heard
    listener.close()
    # Nor by a socket in a folder, or by name.
    for name in ("api.sock", "one.sock"):
        assert it.run(job, f"ls {it.state}/{name}")[0] != 0
    assert it.run(job, "cat /proc/net/unix | grep -c cst-")[1].strip() == "0"


def _accept(listener, heard):
    try:
        heard.append(listener.accept())
    except OSError:
        pass


def test_downloads_never_follow_a_link_or_wait_for_a_pipe(it, job):  # compat 41
    it.run(job, "ln -s /etc/passwd out.txt; ln -s / folder; mkfifo pipe; mkdir -p real; "
                "ln -s /etc/shadow real/shadow; echo x > real/x; ln -s ../../../.. up")
    for path in ("out.txt", "folder", "folder/etc/passwd", "pipe", "up", "up/token", "real/shadow"):
        failure = refused(it.call, "GET", f"/v1/jobs/{job}/files/{path}")
        assert failure.status in (400, 403), (path, failure)
    # As a whole it would carry the link out to whoever extracts it.
    assert refused(it.call, "GET", f"/v1/jobs/{job}/files/real").status in (400, 403)
    assert it.call("GET", f"/v1/jobs/{job}/files/real/x")[1] == b"x\n"


@pytest.mark.parametrize("path", ["../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd",
                                  "%2fetc%2fpasswd", "a/../../../x", "..", "a%00b", "x" * 2000,
                                  "/".join(["d"] * 300)])
def test_paths_leave_the_folder_in_no_direction(it, job, path):
    for method, body in (("GET", None), ("PUT", b"x")):
        failure = refused(it.call, method, f"/v1/jobs/{job}/files/{path}", body)
        assert failure.status in (400, 403, 404, 414), failure


def test_uploads_never_write_through_a_link(it, job):
    victim = it.state / "victim"
    victim.write_text("untouched")
    it.run(job, f"ln -s {victim} file; ln -s {it.state} folder; ln -s /tmp tmp")
    it.call("PUT", f"/v1/jobs/{job}/files/file", b"replaced")  # takes the link's place
    assert refused(it.call, "PUT", f"/v1/jobs/{job}/files/folder/victim", b"evil").status == 403
    assert victim.read_text() == "untouched"
    assert it.run(job, "cat file")[1] == "replaced"


def test_a_working_folder_that_is_swapped_for_a_link_leads_nowhere(it, job):
    host = it.state / "host"
    host.mkdir(exist_ok=True)
    (host / "shadow").write_text("of-the-host")
    code, _, err = it.run(job, f"mv $PWD /session/moved && ln -s {host} $PWD; ls -l /session")
    assert code == 0, err
    assert refused(it.call, "GET", f"/v1/jobs/{job}/files/shadow").status == 404
    assert b"of-the-host" not in it.call("GET", f"/v1/jobs/{job}/files/.")[1]
    it.call("PUT", f"/v1/jobs/{job}/files/evil", b"x")
    it.call("PUT", f"/v1/jobs/{job}/files/a/b/evil", b"x")
    assert sorted(path.name for path in host.iterdir()) == ["shadow"]
    # The session's files are where they were: in the folder that was moved.
    assert it.call("GET", f"/v1/jobs/{job}/files/readme")[1] == b"hello\n"


def test_a_file_that_is_swapped_while_it_is_read(it, job):
    index = it.start_command(job, "while :; do ln -sf /etc/passwd f; echo mine > g; mv g f; done")
    for _ in range(200):
        try:
            _, data = it.call("GET", f"/v1/jobs/{job}/files/f")
            assert data == b"mine\n"
        except Refused as failure:
            assert failure.status in (400, 403, 404), failure
    it.post(f"/v1/jobs/{job}/commands/{index}/kill")


def test_staging_over_a_hard_link_leaves_its_other_names_alone(it, job):
    it.run(job, "ln readme hard")
    it.call("PUT", f"/v1/jobs/{job}/files/hard", b"staged")
    assert it.run(job, "cat readme hard")[1] == "hello\nstaged"


def test_what_is_neither_file_nor_folder_is_not_read_and_is_replaced(it, job):
    it.run(job, "mkdir odd; mkfifo odd/pipe; python3 -c 'import socket; "
                "socket.socket(socket.AF_UNIX).bind(\"odd/socket\")'; ln -s /proc/self/fd/0 odd/fd")
    for name in ("pipe", "socket", "fd"):
        path = f"/v1/jobs/{job}/files/odd/{name}"
        assert refused(it.call, "GET", path).status in (400, 403), name
        it.call("PUT", path, b"x")
        assert it.call("GET", path)[1] == b"x"
    for path in ("/proc/self/fd/0", "/dev/zero", "proc/self/environ"):
        assert refused(it.call, "GET", f"/v1/jobs/{job}/files/{path}").status in (400, 403, 404)


@pytest.mark.parametrize("name", [
    b"a\nb", b"a\\b", b"-rf", b"$(id)", b" ", b"a\tb", b'"', b"'", b";x", b"..x", b"x..", b"%41",
    b"?a=b", b"#", b"a\r\nX-Ticket: y", b"\x7f", b"\xff", b"a" * 255, b"a" * 256, b"..\\..\\x"])
def test_a_name_of_any_bytes_is_that_name_or_refused(it, job, name):
    path = f"/v1/jobs/{job}/files/{urllib.parse.quote(name, safe='')}"
    folder = os.fsencode(it.folder_of(job) / "top")
    before = set(os.listdir(folder))
    try:
        it.call("PUT", path, b"of-this-name")
    except Refused as failure:
        assert failure.status in (400, 403, 414), failure
        assert set(os.listdir(folder)) == before
        return
    assert set(os.listdir(folder)) == before | {name}
    assert it.call("GET", path)[1] == b"of-this-name"
    # And it is one name for the commands of the session, too.
    assert it.run(job, "find . -mindepth 1 -printf x")[1] == "xx"


def test_two_who_stage_the_same_path_leave_one_of_the_files_whole(it, job):
    sizes = [1 << 20, (1 << 20) + 1]
    failures = []

    def stage(letter, size):
        try:
            for _ in range(20):
                it.call("PUT", f"/v1/jobs/{job}/files/same", letter * size)
        except (Refused, OSError) as failure:
            failures.append(failure)
    threads = [threading.Thread(target=stage, args=pair) for pair in zip((b"a", b"b"), sizes)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        try:
            data = it.call("GET", f"/v1/jobs/{job}/files/same")[1]
        except Refused as failure:
            assert failure.status == 404  # does not exist yet
            continue
        assert data in (b"a" * sizes[0], b"b" * sizes[1])
    for thread in threads:
        thread.join()
    assert not failures
    assert it.run(job, "ls -A")[1] == "readme\nsame\n"


def test_a_sparse_file_is_no_larger_than_a_file_may_be(it, job):
    assert it.run(job, "truncate -s 1T sparse")[0] != 0
    assert it.run(job, "truncate -s 60G sparse")[0] == 0
    # Read in pieces, by whoever wants them: no memory, and no disk.
    data = it.call("GET", f"/v1/jobs/{job}/files/sparse", headers={"Range": "bytes=-5"})[1]
    assert data == bytes(5)
    it.run(job, "rm sparse")


def test_a_session_that_misbehaves_leaves_its_neighbour_alone(it, job):
    bad = it.session()
    for command in ("yes", "yes >&2 & yes", ":(){ :|:& };:; sleep 1000",
                    "python3 -c 'x = bytearray(8 << 30)'",
                    "mkdir d; cd d; for i in $(seq 3000); do mkdir d; cd d; done; sleep 1000"):
        it.start_command(bad, command)
    assert it.run(job, "cat readme")[1] == "hello\n"
    it.post(f"/v1/jobs/{bad}/cancel", {})
    assert it.await_end(bad)["state"] == "CANCELLED"
    wait_until(lambda: not list(it.state.glob(f"work-*/{bad}-*")), "its folder goes")


def test_ids_of_sessions_and_commands_are_checked(it, job):
    for path in (f"/v1/jobs/{job}/commands/999", f"/v1/jobs/{job}/commands/x",
                 f"/v1/jobs/{job}/commands/-1", f"/v1/jobs/{job}/commands/99999999999999999999",
                 "/v1/jobs/wsjob-none/files/x", f"/v1/jobs/{job}'--/log"):
        assert refused(it.get, path).status in (400, 404)


def test_what_is_left_when_all_is_over(it):
    wait_until(lambda: not it.get("/v1/jobs")["jobs"], "no job is active")
    it.await_clean()
    it.check_next_jobs_run()


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
