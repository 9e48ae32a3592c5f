# SPDX-License-Identifier: Apache-2.0
"""Jobs as their clients and operators see them: log lines, ends, several at once, csctl."""
import json
import logging
import os
import re
import subprocess
import sys
import threading

import pytest

from tests.e2e import appliance

user_fixture = appliance.user_fixture


@pytest.fixture(name="app", scope="module")
def app_fixture(user):
    return appliance.matvec(user.root / "app")


@pytest.fixture(name="artifact", scope="module")
def artifact_fixture(user, app):
    return compile_in(app, user.root)


def compile_in(app, folder):
    from cerebras.sdk.client import SdkCompiler
    with SdkCompiler() as compiler:
        return compiler.compile(app, "layout.csl", appliance.MATVEC_OPTIONS, folder)


def launcher(artifact, **kwargs):
    from cerebras.sdk.client import SdkLauncher
    return SdkLauncher(artifact, **kwargs)


def job(user, job_id, *args):
    return json.loads(user.csctl("get", "job", job_id, "-o", "json", *args).stdout)


def ended(user, job_id):
    """The job, once it has ended."""
    return appliance.wait_until(
        lambda: (lambda view: view if view["finished_ms"] else None)(job(user, job_id)),
        f"{job_id} has ended")


# What the client logs.

COMPILE_LINES = [
    ("cerebras.cluster.client", r"Appliance client semantic version: \S+, cluster server semantic"
     r" version: \S+, job operator semantic version: \S+"),
    ("cerebras.cluster.client", r"Initiating a new SDK compile job against the cluster server"),
    ("cerebras.cluster.client", r"Job id: wsjob-[a-z0-9]{20,}, workflow id: wflow-[a-z0-9]+,"
     r" namespace: job-operator, remote log path: \S+"),
    ("cerebras.cluster.client", r"Poll ingress status: Waiting for job running, current job"
     r" status: \w+, msg: .+"),
    ("cerebras.cluster.client", r"Recording the timestamp when jobs is scheduled\."),
    ("cerebras.cluster.client", r"Poll ingress success: Job ingress ready, dashboard: \S+"),
    ("cerebras.sdk.client.sdk_appliance_client", r"CSL compiler produced no messages\."
     r" Compilation successful\."),
    ("cerebras.cluster.client", r"Heartbeat thread stopped for wsjob-[a-z0-9]{20,}"),
]


def test_lines_of_a_compilation(app, tmp_path, caplog):  # compat 48, 49
    caplog.set_level(logging.INFO, "cerebras")
    compile_in(app, tmp_path)
    lines = [(record.name, record.getMessage()) for record in caplog.records
             if record.name.startswith("cerebras.")]
    wanted = list(COMPILE_LINES)
    for name, text in lines:  # each at least once, in this order; some may repeat
        if wanted and wanted[0][0] == name and re.fullmatch(wanted[0][1], text):
            wanted.pop(0)
    assert not wanted, lines


def test_lines_of_a_session(artifact, caplog):  # compat 48, 49
    caplog.set_level(logging.INFO, "cerebras")
    with launcher(artifact, simulator=True) as session:
        session.run("true")
        assert re.fullmatch(r"wsjob-[a-z0-9]{20,}", session.job_id)
    text = "\n".join(record.getMessage() for record in caplog.records)
    for line in (f"Job id: {session.job_id}, workflow id: wflow-", "namespace: job-operator",
                 "Poll ingress success", f"Heartbeat thread stopped for {session.job_id}"):
        assert line in text


def test_nothing_but_the_script_writes_to_stdout(user, app, artifact):  # compat 48
    done = user.script(
        "import sys\n"
        "from cerebras.sdk.client import SdkCompiler, SdkLauncher\n"
        "from cerebras.appliance import logger\n"
        "logger.setLevel('DEBUG')\n"
        "a = SdkCompiler().compile(sys.argv[1], 'layout.csl', sys.argv[2], '.')\n"
        "with SdkLauncher(a, simulator=True) as l:\n"
        "    l.run('echo remote; echo error >&2')\n"
        "print('mine')", app, appliance.MATVEC_OPTIONS)
    assert done.stdout == "mine\n" and "Job id: wsjob-" in done.stderr


# How sessions end.

def test_end_of_a_session(user, artifact):  # compat 44, 45
    with launcher(artifact, simulator=True) as session:
        session.run("sleep 27182.81 >/dev/null 2>&1 &")
    session.__exit__(None, None, None)  # a second exit is nothing
    view = ended(user, session.job_id)
    assert view["state"] == "SUCCEEDED"
    appliance.wait_until(lambda: not user.orphan_folders(), "no folder is an orphan",
                         lambda: str(user.orphan_folders()))
    appliance.wait_until(lambda: not running("27182.81"), "its processes are gone")
    assert user.csctl("log-export", session.job_id).returncode == 0


def running(word):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if word.encode() in file.read().split(b"\0"):
                    found.append(pid)
        except OSError:
            pass
    return found


def test_end_by_an_exception(user, artifact):  # compat 44
    with pytest.raises(KeyError):
        with launcher(artifact, simulator=True) as session:
            raise KeyError("of the script")
    view = ended(user, session.job_id)
    assert view["state"] == "FAILED" and "KeyError" in view["message"]
    appliance.wait_until(lambda: not user.orphan_folders(), "no folder is an orphan")


def test_interrupted_run(user, artifact):  # compat 45
    script = user.start_script(
        "import sys\n"
        "from cerebras.sdk.client import SdkLauncher\n"
        "with SdkLauncher(sys.argv[1], simulator=True) as l:\n"
        "    print(l.job_id, flush=True)\n"
        "    try:\n"
        "        l.run('touch begun; sleep 16180.33')\n"
        "    except KeyboardInterrupt:\n"
        "        print('interrupted', l.run('ls begun').strip(), flush=True)\n", artifact)
    job_id = script.stdout.readline().strip()
    appliance.wait_until(lambda: running("16180.33"), "the command runs")
    script.send_signal(2)
    out, err = script.communicate(timeout=60)
    assert out == "interrupted begun\n", err
    assert script.returncode == 0
    appliance.wait_until(lambda: not running("16180.33"), "the command is gone")
    assert ended(user, job_id)["state"] == "SUCCEEDED"


def test_cancelled_by_an_operator(user, artifact):  # compat 47
    from cerebras.appliance import errors
    with pytest.raises(errors.ClusterJobCancelledByCsctl, match="cancelled"):
        with launcher(artifact, simulator=True) as session:
            timer = threading.Thread(target=lambda: (
                appliance.wait_until(lambda: running("14142.13"), "the command runs"),
                user.csctl("cancel", "job", session.job_id)))
            timer.start()
            try:
                session.run("sleep 14142.13")
            finally:
                timer.join()
    assert ended(user, session.job_id)["state"] == "CANCELLED"


# Several.

def test_nested_sessions(app, artifact, tmp_path):  # compat 59
    with launcher(artifact, simulator=True) as outer:
        inner_artifact = compile_in(app, tmp_path)
        with launcher(inner_artifact, simulator=True) as inner:
            assert inner.run("echo inner") + outer.run("echo outer") == "inner\nouter\n"
        assert outer.run("echo still") == "still\n"


def test_twenty_sessions_one_after_the_other(artifact):  # compat 59
    ids = set()
    for number in range(20):
        with launcher(artifact, simulator=True) as session:
            assert session.run(f"echo {number}") == f"{number}\n"
            ids.add(session.job_id)
    assert len(ids) == 20


def test_two_sessions_with_systems_at_once(app, artifact):  # compat 59
    outputs = {}

    def one(name):
        with launcher(artifact) as session:
            session.stage(app / "run.py")
            outputs[name] = session.run(appliance.MATVEC_RUN)
    threads = [threading.Thread(target=one, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outputs["a"] == outputs["b"] and "SUCCESS" in outputs["a"]


# csctl.

def test_table_of_jobs(user, artifact):
    with launcher(artifact, simulator=True) as session:
        done = user.csctl("get", "jobs")
        heading, *rows = done.stdout.splitlines()
        assert heading.split() == ["SESSION", "NAME", "TYPE", "PRIORITY", "AGE", "DURATION",
                                   "PHASE", "SYSTEMS", "USER", "LABELS", "WORKFLOW", "DASHBOARD"]
        row, = [row.split() for row in rows if session.job_id in row]
        assert row[:4] == ["job-operator", session.job_id, "launch", "299"] and "RUNNING" in row
    ended(user, session.job_id)
    assert session.job_id not in user.csctl("get", "jobs").stdout
    assert session.job_id in user.csctl("get", "jobs", "-a").stdout
    assert session.job_id not in user.csctl("get", "jobs", "-a", "-n", "other").stdout
    # As the manuals of other clusters spell it.
    for words in (["get", "jobs", "--all-states"], ["job", "list", "-a"],
                  ["-n", "job-operator", "get", "jobs", "-a"]):
        assert session.job_id in user.csctl(*words).stdout, words
    assert session.job_id not in user.csctl("-n", "other", "get", "jobs", "-a").stdout
    assert session.job_id not in user.csctl("get", "jobs", "-a", "-n", "other").stdout
    assert user.csctl("--version").stdout.startswith("csctl ")


@pytest.mark.parametrize("words, unknown", [
    (["labels", "job", "wsjob-x", "name=value"], "csctl has no 'labels'; near it: label"),
    (["job", "set-prio", "wsjob-x", "p2"], "csctl has no 'job set-prio'"),
    (["-n", "myns", "get", "pods"], "csctl has no 'get pods'; near it: get jobs"),
    (["label", "job", "wsjob-x", "name"], "label is 'name'; must be KEY=VALUE or KEY-"),
    (["job", "set-priority", "wsjob-x", "p4"], "priority is 'p4'; must be p0 to p3"),
    (["get", "jobs", "--sort"], "--sort"),
    (["get"], "subcommand is required"),
])
def test_unknown_words_are_named(user, words, unknown):
    done = user.csctl(*words)
    assert done.returncode == 2
    assert unknown in done.stderr


def test_one_job_in_all_forms(user, artifact):
    with launcher(artifact, simulator=True) as session:
        view = job(user, session.job_id, "--show-events")
        assert [event["to"] for event in view["events"]] == [
            "QUEUED", "SCHEDULED", "STARTING", "RUNNING"]
        yaml = user.csctl("get", "job", session.job_id, "-oyaml").stdout
        assert f'id: "{session.job_id}"\n' in yaml and 'state: "RUNNING"\n' in yaml
        assert user.csctl("cancel", "job", session.job_id).stdout == "Job canceled successfully\n"
    assert ended(user, session.job_id)["state"] == "CANCELLED"


def test_labels_priorities_and_logs_of_a_job(user, artifact):
    with launcher(artifact, simulator=True) as session:
        label = user.csctl("label", "job", session.job_id, "run=7", "owner=ada")
        assert label.stdout == f"job/{session.job_id} was patched\n"
        user.csctl("job", "label", session.job_id, "run-")
        assert job(user, session.job_id)["labels"] == {"owner": "ada"}
        late = user.csctl("job", "set-priority", session.job_id, "p1")
        assert late.returncode == 1 and "only a job that waits" in late.stderr
        follow = user.start_csctl("logs", "-f", session.job_id)
        session.run("echo said; printf 'a\\033]0;x\\007b\\n'")
    out, _ = follow.communicate(timeout=60)
    assert "said" in out and "a\\x1b]0;x\\x07b" in out and follow.returncode == 0


def test_attach_runs_commands_in_the_session(user, artifact):
    with launcher(artifact, simulator=True) as session:
        session.run("echo mark > here")
        done = user.csctl("attach", session.job_id, "--", "cat", "here", "&&", "ls", "-d", ".")
        assert (done.stdout, done.returncode) == ("mark\n.\n", 0)
        assert user.csctl("attach", session.job_id, "exit 7").returncode == 7
        shell = user.start_csctl("attach", session.job_id, stdin=subprocess.PIPE)
        out, err = shell.communicate("cat here\necho wrong >&2\n\nexit 3\n", timeout=60)
        assert (out, err, shell.returncode) == ("mark\n", "wrong\n", 3)
    ended(user, session.job_id)
    late = user.csctl("attach", session.job_id, "true")
    assert late.returncode == 1 and "SUCCEEDED" in late.stderr


def test_a_worker_is_cordoned_by_name(user, artifact):
    states = lambda: re.findall(r"^local +(\w+)", user.csctl("get", "cluster").stdout, re.M)
    for verb in ("drain", "cordon"):
        assert user.csctl(verb, "local").returncode == 0
        assert states() == ["DRAINING"]
        assert user.csctl("uncordon", "local").stdout == "worker/local uncordoned\n"
        assert states() == ["READY"]
    unknown = user.csctl("drain", "nobody")
    assert unknown.returncode == 2 and "no worker 'nobody'; there are: local" in unknown.stderr


def test_words_are_completed(user):
    script = user.csctl("completion", "bash").stdout
    done = subprocess.run(
        ["bash", "-c", script + 'COMP_WORDS=(csctl job s); COMP_CWORD=2; _csctl; '
         'echo "${COMPREPLY[@]}"'], capture_output=True, text=True, check=True)
    assert done.stdout == "set-priority\n"


def test_the_configuration_is_shown_without_an_appliance(user):
    shown = user.csctl("config", "view", CS_APPLIANCE_URL="localhost:1")
    assert shown.returncode == 0 and 'url: "http://localhost:1"' in shown.stdout


def test_workers_and_version(user):
    assert re.search(r"^local +READY ", user.csctl("get", "workers").stdout, re.M)
    assert json.loads(user.csctl("get", "workers", "-o", "json").stdout)["workers"]
    assert re.match(r"client \S+\nserver \S+ \(API v1\) at unix:/", user.csctl("version").stdout)


def test_unknown_job(user):
    done = user.csctl("get", "job", "wsjob-" + "0" * 20)
    assert done.returncode == 2 and "wsjob-000" in done.stderr and not done.stdout


def test_log_cannot_reach_the_terminal(user, tmp_path):
    from cerebras.appliance import errors
    (tmp_path / "l.csl").write_text("layout { \033]0;pwn\a }\n")
    from cerebras.sdk.client import SdkCompiler
    with pytest.raises(errors.ApplianceCompilationError):
        SdkCompiler().compile(tmp_path, "l.csl", "--arch=wse3 --fabric-dims=8,3", tmp_path)
    failed = json.loads(user.csctl("get", "jobs", "-a", "-o", "json").stdout)["jobs"][0]
    shown = user.csctl("log-export", failed["id"]).stdout
    raw = user.csctl("log-export", "--raw", failed["id"]).stdout
    assert "error" in shown and "\033" not in shown and "\a" not in shown
    assert shown.replace("\\x1b", "\033").replace("\\x07", "\a") == raw or "\033" not in raw


# The embedded appliance itself.

def test_many_first_clients_share_one(user, artifact, tmp_path):
    """Clients that start at the same time get the same appliance."""
    with_own_home = appliance.PrivateAppliance()
    try:
        clients = [with_own_home.start_script(
            "from cerebras.sdk.client import SdkCompiler\n"
            "with SdkCompiler(): pass\nprint('in')") for _ in range(6)]
        for client in clients:
            out, err = client.communicate(timeout=60)
            assert out == "in\n", err
        assert len(with_own_home.processes("cs-appliance")) == 1
        assert len(with_own_home.processes("cs-worker")) == 1
    finally:
        with_own_home.close()


def test_daemon_keeps_nothing_of_its_starter(user):
    service, = user.processes("cs-appliance")
    assert os.readlink(f"/proc/{service}/cwd") == "/"
    assert os.getsid(service) not in (0, os.getsid(0))
    for number in ("0", "1", "2"):
        target = os.readlink(f"/proc/{service}/fd/{number}")
        assert target in ("/dev/null", str(user.state / "service.log"))
    for name in os.listdir(user.state):
        path = user.state / name
        assert path.lstat().st_mode & 0o077 == 0 or path.is_dir(), name
    assert user.state.stat().st_mode & 0o777 == 0o700


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
