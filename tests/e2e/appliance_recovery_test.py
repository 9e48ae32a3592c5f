# SPDX-License-Identifier: Apache-2.0
"""SIGKILL to the worker, the service, the CS system or the client while a compilation or a command
runs: a defined end within 30 s, nothing left over, and the next job runs."""
import json
import os
import signal
import sys

import pytest

from tests.e2e import appliance
from tests.harness.appliance import descendants
from tests.harness.folders import entries_below


@pytest.fixture(name="user")
def user_fixture():
    private = appliance.PrivateAppliance()
    appliance.matvec(private.work / "app")
    # A compilation that does not end by itself.
    (private.work / "long").mkdir()
    (private.work / "long/layout.csl").write_text(
        "layout {\n  @set_rectangle(1, 1);\n  var i: u64 = 0;\n"
        "  while (i < 1000000000000) : (i += 1) { }\n}\n")
    yield private
    private.close()


PRELUDE = """
import sys
from cerebras.sdk.client import SdkCompiler, SdkLauncher
def outcome(work):
    try:
        print(work(), flush=True)
    except RuntimeError as failure:
        print(type(failure).__name__, str(failure).replace(chr(10), ' '), flush=True)
OPTIONS = """ + repr(appliance.MATVEC_OPTIONS) + "\n"

COMPILE = PRELUDE + """
outcome(lambda: SdkCompiler(job_time_sec=int(sys.argv[1])).compile(
    'long', 'layout.csl', '--arch=wse3 --fabric-dims=8,3 -o ' + sys.argv[2]))
"""
SESSION = PRELUDE + """
artifact = SdkCompiler().compile('app', 'layout.csl', OPTIONS, '.')
with SdkLauncher(artifact) as launcher:
    print(launcher.job_id, flush=True)
    outcome(lambda: launcher.run(f'sleep 23606.79 {sys.argv[1]} & sleep 17320.50 {sys.argv[1]}'))
"""
NEXT = PRELUDE + """
artifact = SdkCompiler().compile('app', 'layout.csl', OPTIONS, '.')
with SdkLauncher(artifact) as launcher:
    launcher.stage('app/run.py')
    print(launcher.run('cs_python run.py --name out --cmaddr %CMADDR%'))
"""


# The appliance's folder is an argument of each: others may run such programs beside this test.

def start_compile(user, seconds):
    return user.start_script(COMPILE, seconds, user.root.name)


def compiling(user):
    return [pid for pid in appliance.with_word(user.root.name)
            if appliance.words(pid)[0].endswith(b"/cslc")]


def start_session(user):
    return user.start_script(SESSION, mark(user))


def mark(user):
    """No more seconds for a sleep, and a word that nobody else's has."""
    return "0.%d" % int.from_bytes(user.root.name.encode(), "big")


def commanding(user):
    return [pid for pid in appliance.with_word(mark(user))
            if b"17320.50" in appliance.words(pid)]


def left_over(user):
    """Processes of this appliance's jobs."""
    return appliance.of_jobs({job["id"] for job in jobs(user)})


def jobs(user):
    return json.loads(user.csctl("get", "jobs", "-a", "-o", "json").stdout)["jobs"]


def assert_all_is_well(user):
    """Every job has ended, nothing is left of them, and a job runs from start to end."""
    appliance.wait_until(lambda: all(job["finished_ms"] for job in jobs(user)),
                         "every job has ended", lambda: str(jobs(user)))
    appliance.wait_until(lambda: not left_over(user), "the jobs' processes are gone",
                         user.describe)
    appliance.wait_until(lambda: not user.orphan_folders(), "no folder is an orphan",
                         lambda: str(user.orphan_folders()))
    done = user.script(NEXT)
    assert "SUCCESS" in done.stdout, done.stderr


def result_of(script):
    out, err = script.communicate(timeout=appliance.SETTLE_S + 30)
    assert out.strip(), err
    return out.strip().splitlines()[-1]


@pytest.mark.parametrize("program", ["cs-worker", "cs-appliance"])
def test_kill_during_compilation(user, program):  # compat 20
    script = start_compile(user, 5)
    appliance.wait_until(lambda: compiling(user), "the compiler runs", user.describe)
    user.kill(program)
    # It has no effect but its result, so it is tried again; here until its time is up.
    assert result_of(script).startswith("TimeLimit")
    assert_all_is_well(user)


@pytest.mark.parametrize("program", ["cs-worker", "cs-appliance"])
def test_kill_during_a_command(user, program):
    script = start_session(user)
    job_id = script.stdout.readline().strip()
    appliance.wait_until(lambda: commanding(user), "the command runs", user.describe)
    user.kill(program)
    result = result_of(script)
    assert result.startswith("NodeLost") and job_id in result  # and never run again
    assert {job["id"]: job["state"] for job in jobs(user)}[job_id] == "LOST"
    assert_all_is_well(user)


def test_kill_of_the_client_during_compilation(user):
    script = start_compile(user, 500)
    appliance.wait_until(lambda: compiling(user), "the compiler runs", user.describe)
    script.send_signal(signal.SIGKILL)
    script.communicate()
    appliance.wait_until(lambda: not compiling(user), "the compiler is gone", user.describe)
    assert_all_is_well(user)
    assert [job["state"] for job in jobs(user)][-1] == "FAILED"


def test_kill_of_the_client_during_a_command(user):
    script = start_session(user)
    job_id = script.stdout.readline().strip()
    appliance.wait_until(lambda: commanding(user), "the command runs", user.describe)
    script.send_signal(signal.SIGKILL)
    script.communicate()
    assert_all_is_well(user)
    ended = {job["id"]: job for job in jobs(user)}[job_id]
    assert (ended["state"], ended["reason"]) == ("FAILED", "ClientLost")


SYSTEM = PRELUDE + """
artifact = SdkCompiler().compile('app', 'layout.csl', OPTIONS, '.')
with SdkLauncher(artifact) as launcher:
    launcher.stage('app/run.py')
    launcher.run("sed -i 's/^runner.run()/runner.run(); open(chr(98), chr(119)); "
                 "import time; time.sleep(9)/' run.py")
    outcome(lambda: launcher.run('cs_python run.py --name out --cmaddr %CMADDR%'))
"""


def test_kill_of_the_system_during_a_command(user):
    script = user.start_script(SYSTEM)
    begun = lambda: [path for path in entries_below(user.state / "work")
                     if path.name == "b" and path.is_file()]
    appliance.wait_until(begun, "the host script runs", user.describe)
    systems = [pid for worker in user.processes("cs-worker")
               for pid, line in descendants(worker).items()
               if line.split(" ")[0].endswith("/cs-system")]
    assert systems
    for pid in systems:
        os.kill(pid, signal.SIGKILL)
    result = result_of(script)
    assert result.startswith(("CommandFailed", "NodeLost")), result
    assert_all_is_well(user)


# Named steps, in a service and a worker that are started again when they die, as an init system
# would do.

ONCE = PRELUDE + """
def work():
    artifact = SdkCompiler().compile('app', 'layout.csl', OPTIONS, '.')
    with SdkLauncher(artifact, simulator=True) as launcher:
        launcher.run('echo x >> count')
        return 'count ' + str(len(launcher.run('cat count').split()))
outcome(work)
"""

# Nothing is lost by these: the client sees no failure, and the command has run once.
SURVIVED = ["service.before_insert", "service.after_insert", "service.after_assign",
            "service.after_transition", "service.after_command", "service.before_dispatch",
            "service.after_dispatch", "worker.after_assign",
            "worker.before_extract", "worker.during_compile", "worker.before_result",
            "worker.before_report"]
# What became of the command is not known, so its session is over.
LOST = ["worker.before_command", "worker.during_command"]
# Before or after the session is known to stand: either is right, twice is not.
EITHER = ["worker.before_sandbox"]


def test_every_failure_point_is_tried():
    names = set()
    for table in ("appliance/domain", "worker/executor"):
        path = appliance.toolchain.runfiles_root() / table / "failure_points.def"
        names |= {line.split('"')[1] for line in path.read_text().splitlines()
                  if line.startswith("FAILURE_POINT(")}
    assert names == set(SURVIVED + LOST + EITHER)


@pytest.mark.parametrize("point", SURVIVED + LOST + EITHER)
def test_failure_point(point):
    with appliance.Cluster(f"{point}:kill") as cluster:
        appliance.matvec(cluster.work / "app")
        client = cluster.start_script(ONCE)
        cluster.keep_running(until=lambda: client.poll() is not None)
        result = result_of(client)
        assert cluster.deaths == 1, f"{point} was not passed: {result}"
        if point in SURVIVED:
            assert result == "count 1", cluster.describe()
        elif point in LOST:
            assert result.startswith("NodeLost"), result
        else:
            assert result == "count 1" or result.startswith("NodeLost"), result
        assert cluster.script(ONCE).stdout == "count 1\n"
        assert_all_is_well(cluster)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
