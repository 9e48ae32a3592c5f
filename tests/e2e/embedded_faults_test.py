# SPDX-License-Identifier: Apache-2.0
"""The embedded appliance when something is wrong with its starter, its folder or its kernel: it
works, or one sentence says why not. docs/operators.md, "The embedded service"."""
import contextlib
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from tests.e2e import appliance
from tests.harness.small_disk import SmallDisk

SMALL_DISK = "64m"

JOIN = "from cerebras.sdk.client import SdkCompiler\nwith SdkCompiler(): pass\nprint('in')\n"
# As a client of that version.
JOIN_AS = """
import sys
from cerebras.appliance import _native
_native.connect(sys.argv[1])
print('in')
"""
SESSION = """
import sys
from cerebras.sdk.client import SdkCompiler, SdkLauncher
artifact = SdkCompiler().compile('app', 'layout.csl', sys.argv[1], '.')
with SdkLauncher(artifact, simulator=True) as launcher:
    print(launcher.run('echo hello'), end='', flush=True)
    if len(sys.argv) > 2:
        launcher.run('while [ ! -e go ]; do sleep 0.05; done')
"""


@pytest.fixture(name="user")
def user_fixture():
    private = appliance.PrivateAppliance()
    appliance.matvec(private.work / "app")
    yield private
    private.close()


def joins(user, **env):
    done = user.script(JOIN, **env)
    assert done.stdout == "in\n", done.stderr
    return done


def service_of(user):
    found = user.processes("cs-appliance")
    assert len(found) == 1, user.describe()
    return found[0]


# The starter.

def test_starter_that_is_killed_at_any_moment_of_the_start(user):
    chance = random.Random(11)
    for _ in range(6):
        starter = user.start_script(JOIN)
        time.sleep(chance.uniform(0.05, 0.8))  # the moment is the test, not a wait for something
        starter.send_signal(signal.SIGKILL)
        starter.communicate()
        joins(user)
        # A second one, started while the first was on its way, finds its folder taken and ends.
        appliance.wait_until(lambda: len(user.processes("cs-appliance")) == 1, "one is left",
                             user.describe)
        assert len(user.processes("cs-worker")) == 1
        os.kill(service_of(user), signal.SIGTERM)
        appliance.wait_until(lambda: not user.processes(), "it ends", user.describe)


def test_service_outlives_its_starter(user):
    starter = user.start_script(SESSION, appliance.MATVEC_OPTIONS, "wait")
    assert starter.stdout.readline() == "hello\n"
    service = service_of(user)
    starter.send_signal(signal.SIGKILL)
    starter.communicate()
    joins(user)
    assert service_of(user) == service


# Another version.

def test_idle_service_of_another_version_is_replaced(user):
    joins(user)
    service = service_of(user)
    done = user.script(SESSION, appliance.MATVEC_OPTIONS)
    assert done.stdout == "hello\n", done.stderr
    before = user.csctl("get", "jobs", "-a", "-o", "json").stdout
    assert service_of(user) == service
    done = user.script(JOIN_AS, "9.9.9")
    assert done.stdout == "in\n", done.stderr
    assert service_of(user) != service
    assert user.csctl("get", "jobs", "-a", "-o", "json").stdout == before


def test_busy_service_of_another_version_is_kept(user):
    client = user.start_script(SESSION, appliance.MATVEC_OPTIONS, "wait")
    assert client.stdout.readline() == "hello\n"
    service = service_of(user)
    done = user.script(JOIN_AS, "9.9.9")
    assert done.stdout == "in\n", done.stderr
    assert service_of(user) == service and client.poll() is None
    for name in user.job_folders():
        for folder in (user.state / "work" / name / "root").iterdir():
            (folder / "go").touch()
    assert client.wait(appliance.SETTLE_S) == 0, client.stderr.read()
    client.communicate()
    done = user.script(JOIN_AS, "9.9.9")
    assert done.stdout == "in\n", done.stderr
    assert service_of(user) != service


def test_folder_of_a_newer_version_is_left_alone(user):
    joins(user)
    os.kill(service_of(user), signal.SIGTERM)
    appliance.wait_until(lambda: not user.processes(), "it ends", user.describe)
    with contextlib.closing(sqlite3.connect(user.state / "jobs.db")) as database:
        known, = database.execute("PRAGMA user_version").fetchone()
        database.execute(f"PRAGMA user_version = {known + 1000}")
        database.commit()
    done = user.script(JOIN)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert "ended at its start" in last and str(known + 1000) in last, done.stderr
    assert str(user.state / "service.log") in last


# Its end.

def test_clients_that_connect_while_it_ends(user):
    chance = random.Random(12)
    for _ in range(4):
        joins(user)
        clients = [user.start_script(JOIN) for _ in range(3)]
        time.sleep(chance.uniform(0.2, 0.7))  # the moment is the test, not a wait for something
        for service in user.processes("cs-appliance"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(service, signal.SIGTERM)
        for client in clients:
            out, err = client.communicate(timeout=60)
            assert out == "in\n", err
    appliance.wait_until(lambda: len(user.processes("cs-appliance")) <= 1, "one is left",
                         user.describe)


# Its folder.

def homes(user, name="small"):
    """Variables of a user whose only home is there: no XDG_RUNTIME_DIR."""
    return {"HOME": str(user.root / name), "XDG_RUNTIME_DIR": ""}


def fallback():
    return pathlib.Path(f"/var/tmp/csl-appliance-{os.geteuid()}")


@contextlib.contextmanager
def own_var_tmp(user, env):
    """The user's programs see another /var/tmp, and this test's own is left alone."""
    tmp = user.root / "var-tmp"
    tmp.mkdir(mode=0o700)
    run = user.tools.run

    def run_there(command, cwd, **more):
        return run(["unshare", "-m", "sh", "-c", f'mount --bind {tmp} /var/tmp && exec "$@"', "sh",
                    *command], cwd, **more)
    user.tools.run = run_there
    try:
        yield lambda: user.script(JOIN, **env), tmp / fallback().name
    finally:
        user.tools.run = run


@pytest.mark.parametrize("how", ["read-only", "full"])
def test_home_that_takes_no_files_falls_to_the_next_place(user, how):
    with (SmallDisk(user.root / "small", SMALL_DISK) as disk,
          own_var_tmp(user, homes(user)) as (join, state)):
        if how == "full":
            disk.fill()
        else:
            subprocess.run(["mount", "-o", "remount,ro", str(user.root / "small")], check=True)
        done = join()
        assert done.stdout == "in\n", done.stderr
        assert (state / "jobs.db").exists()
        for service in user.processes("cs-appliance"):
            os.kill(service, signal.SIGTERM)
        appliance.wait_until(lambda: not user.processes("cs-appliance"), "it ends", user.describe)


def test_no_place_at_all_is_an_error_that_names_each(user):
    with (SmallDisk(user.root / "small", SMALL_DISK) as disk,
          own_var_tmp(user, homes(user)) as (join, state)):
        disk.fill()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(state.parent)],
                       check=True)
        try:
            done = join()
        finally:
            subprocess.run(["umount", "-l", str(state.parent)], check=True)
        last = done.stderr.strip().splitlines()[-1]
        assert done.returncode != 0 and "no folder for the embedded appliance" in last
        assert str(user.root / "small") in last and "/var/tmp" in last, last


def test_disk_that_is_full_when_it_starts_again_is_named(user):
    with SmallDisk(user.root / "small", SMALL_DISK) as disk:
        env = {"HOME": str(user.home), "XDG_RUNTIME_DIR": str(user.root / "small")}
        joins(user, **env)
        os.kill(service_of(user), signal.SIGTERM)
        appliance.wait_until(lambda: not user.processes(), "it ends", user.describe)
        disk.fill()
        done = user.script(JOIN, **env)
        last = done.stderr.strip().splitlines()[-1]
        assert done.returncode != 0 and str(user.root / "small") in last, done.stderr
        assert "bytes free" in last or "No space left" in last or "full" in last, last
        (user.root / "small" / "filler").unlink()
        joins(user, **env)
        os.kill(service_of(user), signal.SIGTERM)
        appliance.wait_until(lambda: not user.processes(), "it ends", user.describe)


def test_file_system_without_files_of_its_own_falls_to_the_next_place(user):
    """Folders can be made in a control group's, and no files: as on one where no database works."""
    groups = [path for path in pathlib.Path("/sys/fs/cgroup").glob("*/") if
              os.access(path, os.W_OK) and (path / "cgroup.procs").exists()]
    if not groups or os.geteuid() != 0:
        pytest.skip("no control group to make folders in")
    runtime = groups[0] / f"csl-test-{os.getpid()}"
    try:
        runtime.mkdir()
    except OSError as failure:
        pytest.skip(f"no folder below {groups[0]}: {failure}")
    try:
        done = user.script(JOIN, XDG_RUNTIME_DIR=str(runtime))
        assert done.stdout == "in\n", done.stderr
        assert (user.home / ".local/state" / fallback().name / "jobs.db").exists()
    finally:
        for folder in [*runtime.glob("csl-appliance-*"), runtime]:
            folder.rmdir()


# Its kernel.

NO_NAMESPACES = ("echo 0 > /proc/sys/user/max_user_namespaces && "
                 'exec setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$@"')


def test_without_namespaces_it_runs_commands_and_says_what_they_lack(user):
    """As in a plain container: neither user namespaces nor the right to do without."""
    without = ["unshare", "-Ur", "sh", "-c", NO_NAMESPACES, "sh"]
    tried = subprocess.run([*without, "bwrap", "--ro-bind", "/", "/", "true"], check=False,
                           capture_output=True, text=True)
    if tried.returncode == 0 or "namespace" not in tried.stderr:
        pytest.skip(f"cannot take namespaces away here: {tried.stderr}")
    run = user.tools.run
    user.tools.run = lambda command, cwd, **env: run([*without, *command], cwd, **env)
    try:
        done = user.script(SESSION, appliance.MATVEC_OPTIONS)
        assert done.stdout == "hello\n", done.stderr + user.describe()
        jobs = json.loads(user.csctl("get", "jobs", "-a", "-o", "json").stdout)["jobs"]
    finally:
        user.tools.run = run
    assert jobs and all("sandbox" in job["unprotected"] for job in jobs), jobs
    log = (user.state / "service.log").read_text()
    assert "WARNING: no sandbox" in log, log


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
