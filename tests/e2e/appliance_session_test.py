# SPDX-License-Identifier: Apache-2.0
"""SdkLauncher: artifacts, files and commands of a session."""
import io
import json
import logging
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time

import pytest

from tests.e2e import appliance

user_fixture = appliance.user_fixture
artifact_fixture = appliance.artifact_fixture


def launcher(artifact, **kwargs):
    from cerebras.sdk.client import SdkLauncher
    return SdkLauncher(artifact, **kwargs)


@pytest.fixture(name="session", scope="module")
def session_fixture(artifact):
    """One session for the tests that leave it as they found it."""
    with launcher(artifact) as opened:
        yield opened


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# What a session is opened with.

def test_kinds_of_artifacts(artifact, tmp_path):  # compat 21, 22
    with tarfile.open(artifact) as archive:
        archive.extractall(tmp_path / "unpacked")
    folder, = (tmp_path / "unpacked").iterdir()
    plain, short = tmp_path / "plain.tar", tmp_path / "short.tgz"
    subprocess.run(["tar", "-cf", plain, "-C", folder.parent, folder.name], check=True)
    subprocess.run(["tar", "-czf", short, "-C", folder.parent, folder.name], check=True)
    for kind in (artifact, plain, str(short), folder):
        with launcher(kind, simulator=True) as opened:
            assert set(opened.run("ls").split()) >= {"layout.csl", "out", "pe.csl"}, kind


def test_digest_of_an_artifact_the_appliance_has(artifact):  # compat 17, 21
    import hashlib
    digest = hashlib.sha256(pathlib.Path(artifact).read_bytes()).hexdigest()
    with launcher(digest, simulator=True) as opened:
        assert "layout.csl" in opened.run("ls")


def test_archive_without_one_top_folder(tmp_path):  # compat 22
    with tarfile.open(tmp_path / "flat.tar.gz", "w:gz") as archive:
        for name in ("a.txt", "b.txt"):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    with launcher(tmp_path / "flat.tar.gz", simulator=True) as opened:
        assert opened.run("ls").split() == ["a.txt", "b.txt"]


# stage.

def test_staged_file(session, tmp_path):  # compat 23
    (tmp_path / "sub").mkdir()
    tool = tmp_path / "sub" / "tool name.sh"
    tool.write_text("#!/bin/sh\necho one\n")
    tool.chmod(0o755)
    session.stage(str(tool))
    assert session.run("'./tool name.sh'") == "one\n"
    os.chdir(tmp_path / "sub")
    tool.write_text("#!/bin/sh\necho two\n")
    session.stage("../sub/tool name.sh")  # overwrites
    assert session.run("'./tool name.sh'; echo three >> 'tool name.sh'") == "two\n"
    plain = tmp_path / "plain.txt"
    plain.write_text("x")
    session.stage(plain)
    assert session.run("test -x plain.txt || echo no; rm plain.txt 'tool name.sh'") == "no\n"


def test_staged_folder(session, tmp_path):  # compat 24 archive extract
    (tmp_path / "data/deep").mkdir(parents=True)
    (tmp_path / "data/deep/x.txt").write_text("deep")
    session.stage("data")
    assert os.path.isfile("data.tar.gz")
    assert session.run("tar -xvf data.tar.gz >/dev/null && cat data/deep/x.txt && rm -r data*") == (
        "deep")
    session.stage("data", extract=True)
    assert session.run("cat data/deep/x.txt && rm -r data") == "deep"


def test_large_and_empty_files(session, tmp_path):  # compat 25
    pathlib.Path("empty").touch()
    block = os.urandom(1 << 20)
    with open("large", "wb") as file:
        for _ in range(96):
            file.write(block)
    session.stage("empty")
    session.stage("large")
    assert session.run("stat -c %s empty large; rm empty; mv large large2") == (
        f"0\n{96 << 20}\n")
    session.download_artifact("large2", "back")
    assert pathlib.Path("back").read_bytes() == block * 96
    session.run("touch empty2; rm large2")
    session.download_artifact("empty2", "back")
    assert pathlib.Path("back").read_bytes() == b""


def test_staging_what_does_not_exist(session):
    with pytest.raises(FileNotFoundError, match="nope"):
        session.stage("nope")


# run.

def test_commands_in_order(session):  # compat 26
    out = session.run("echo one > f; echo 1", "cat f; pwd", "pwd")
    first, here, same = out.split("\n")[1:4]
    assert out.startswith("1\none\n") and isinstance(out, str) and here == same and first == "one"
    assert session.run("printf 'a\\377b'; rm -f f") == "a\ufffdb"


def test_arguments_are_strings(session):  # compat 27
    with pytest.raises(TypeError, match="All positional arguments must be strings"):
        session.run("touch never", 3)
    assert session.run("ls never 2>/dev/null || :") == ""
    assert session.run() == ""


@pytest.mark.parametrize("command, output", [
    ("echo b a | tr ' ' '\\n' | sort | head -1", "a\n"),
    ("echo x > redirected && cat < redirected; rm redirected", "x\n"),
    ("false || echo rescued", "rescued\n"),
    ("false || :", ""),
    ("touch g1 g2; echo g*; rm g1 g2", "g1 g2\n"),
    ("A=5 sh -c 'echo $A'", "5\n"),
    ("v=7; echo \"<$v>\" '<$v>'", "<7> <$v>\n"),
    ("echo \"it's \\\"quoted\\\"\"", "it's \"quoted\"\n"),
    ("for i in 1 2; do echo $i; done", "1\n2\n"),
    ("echo $((6*7)) `echo sub` $(echo shell)", "42 sub shell\n")])
def test_a_real_shell(session, command, output):  # compat 28
    assert session.run(command) == output


def test_failing_command(session):  # compat 29, 30
    from cerebras.appliance import errors
    with pytest.raises(RuntimeError) as caught:
        session.run("echo before", "echo seen; echo why >&2; exit 7", "touch after")
    text = str(caught.value)
    for part in ("SdkLauncher.run() command error", "echo why >&2; exit 7", "7", "seen", "why"):
        assert part in text
    assert isinstance(caught.value, errors.CommandFailed)
    assert (caught.value.exit_code, caught.value.stderr) == (7, "why\n")
    assert session.run("ls after 2>/dev/null || echo none") == "none\n"  # and it continues


def test_killed_command(session):  # compat 29
    with pytest.raises(RuntimeError, match="exited with code 137"):
        session.run("sh -c 'kill -9 $$'")


def test_standard_error(session, caplog):  # compat 30
    caplog.set_level(logging.INFO)
    out = session.run("echo out; echo err >&2")
    assert out == "out\n" and out.stderr == "err\n"
    assert "[stderr] err" in [record.getMessage() for record in caplog.records]
    assert session.run("echo err 2>&1 >&2 2>&1; echo both >&2 2>&1") .endswith("")
    assert session.run("(echo merged >&2) 2>&1") == "merged\n"


def test_what_run_returns_beside_the_text(session):
    out = session.run("true", "sleep 0.2")
    assert out.exit_codes == [0, 0] and len(out.max_rss) == 2 and out.max_rss[0] > 0
    assert 0.2 <= out.durations[1] < 20


def test_output_comes_while_the_command_runs(session):
    seen = []
    session.run("echo first; while [ ! -e go ]; do sleep 0.02; done; rm go; echo last",
                on_stdout=lambda line: (seen.append(line), line == "first\n" and
                                        session.run("touch go")))
    assert seen == ["first\n", "last\n"]


def test_what_lasts_from_command_to_command(session):  # compat 31
    session.run("mkdir -p kept && cd kept && export LEAKED=1 && echo text > file")
    assert session.run("cat kept/file; echo \"<$LEAKED>\"; basename \"$PWD\"; rm -r kept").split(
        "\n")[:2] == ["text", "<>"]


def test_background_processes(artifact):  # compat 32
    with launcher(artifact, simulator=True) as opened:
        opened.run("(while :; do echo x >> ticks; sleep 0.05; done) >/dev/null 2>&1 &")
        size = int(opened.run("sleep 0.3; stat -c %s ticks"))
        assert int(opened.run("sleep 0.3; stat -c %s ticks")) > size
        # Returns with its shell, although the daemon holds its output.
        start = time.monotonic()
        assert opened.run("sleep 31.4159 & echo started") == "started\n"
        assert time.monotonic() - start < 20
    appliance.wait_until(lambda: not processes_named("31.4159"), "background processes are gone")


def processes_named(word):
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes()
        except OSError:
            continue
        if word.encode() in line.split(b"\0"):
            found.append(entry.parent.name)
    return found


def test_environment_of_commands(session):  # compat 34, 35
    out = session.run("env; for t in cs_python cslc python3 tar dd sed find; do"
                      " command -v $t >/dev/null || echo missing $t; done; touch $TMPDIR/x $HOME/y")
    assert re.search(r"^WSJOB_ID=wsjob-[a-z0-9]{20,}$", out, re.M)
    assert "missing" not in out
    for secret in ("cslt_", "token", "TOKEN", "jobs.db", "ticket"):
        assert secret not in out


def test_threads_share_a_session(session):  # compat 33
    barrier = threading.Barrier(2)
    results = {}

    def one(name, other):
        barrier.wait()
        results[name] = session.run(f"touch at-{name}; while [ ! -e at-{other} ]; do sleep 0.01;"
                                    f" done; echo {name}")
    threads = [threading.Thread(target=one, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {"a": "a\n", "b": "b\n"}
    session.run("rm at-a at-b")


# The CS system.

def test_address_is_put_in_everywhere(session):  # compat 36
    out = session.run("echo %CMADDR% --x=%CMADDR% '%CMADDR%' \"%CMADDR%\"; echo 100% %CMADDR %d")
    line, rest = out.rstrip("\n").split("\n")
    address = line.split()[0]
    assert re.fullmatch(r"[0-9.]+:\d+", address)
    assert line.split() == [address, f"--x={address}", address, address]
    assert rest == "100% %CMADDR %d"


def run_matvec(artifact, command, **kwargs):
    with launcher(artifact, **kwargs) as opened:
        opened.stage(appliance.matvec("program") / "run.py")
        return opened.run(command)


def test_simulator_and_address(artifact, caplog):  # compat 37 lenient
    caplog.set_level(logging.WARNING)
    out = run_matvec(artifact, "cs_python run.py --name out --cmaddr=%CMADDR%", simulator=True)
    assert "SUCCESS" in out
    assert any("%CMADDR%" in record.getMessage() for record in caplog.records)


def test_simulator_and_address_in_the_strict_form(artifact, monkeypatch):  # compat 37 strict
    monkeypatch.setenv("CS_APPLIANCE_COMPAT", "strict")
    with pytest.raises(RuntimeError, match="simulator=False"):
        run_matvec(artifact, "echo %CMADDR%", simulator=True)


def test_same_numbers_with_and_without_a_system(artifact):  # compat 38
    system = run_matvec(artifact, appliance.MATVEC_RUN)
    simulator = run_matvec(artifact, "cs_python run.py --name out", simulator=True)
    assert system == simulator and "SUCCESS" in system


WALL_TIMES = ("sim_time", "total_time", "cycles_per_second", "tile_cycles_per_second")


def counters(path):
    stats = json.loads(pathlib.Path(path).read_text())
    return {name: value for name, value in stats.items() if name not in WALL_TIMES}


@pytest.mark.parametrize("arch", ["wse2", "wse3"])
def test_same_cycles_as_without_the_appliance(user, arch):
    from cerebras.sdk.client import SdkCompiler
    app = appliance.matvec("app")
    options = appliance.MATVEC_OPTIONS.replace("wse3", arch)
    appliance.toolchain.succeed(user.tools.cslc(app, "layout.csl", *options.split()))
    alone = appliance.toolchain.succeed(user.tools.cs_python(app, "run.py", "--name", "out"))
    artifact = SdkCompiler().compile(app, "layout.csl", options)
    for simulator in (True, False):
        with launcher(artifact, simulator=simulator) as opened:
            opened.stage(app / "run.py")
            assert opened.run(appliance.MATVEC_RUN) == alone.stdout
            assert counters(opened.download_artifact("sim_stats.json", "there.json")) == counters(
                app / "sim_stats.json")


# download_artifact.

def test_downloaded_file(session, tmp_path):  # compat 39, 41
    session.run("echo new > 'a name.txt'; mkdir -p d; echo deep > d/x")
    (tmp_path / "into").mkdir()
    assert session.download_artifact("a name.txt", "into") == "into/a name.txt"
    pathlib.Path("old.txt").write_text("old and longer")
    assert session.download_artifact("./a name.txt", "old.txt") == "old.txt"
    assert pathlib.Path("old.txt").read_text() == "new\n"
    assert session.download_artifact("d/x", "made/here/y") == "made/here/y"
    assert pathlib.Path("made/here/y").read_text() == "deep\n"
    assert session.download_artifact("out/out.json", ".") == "./out.json"
    session.run("rm -r d 'a name.txt'")


def test_downloaded_folder(session):  # compat 40
    session.run("mkdir -p results/sub; echo 1 > results/sub/r.txt")
    pathlib.Path("into").mkdir()
    assert session.download_artifact("results", "r.tar.gz") == "r.tar.gz"
    assert session.download_artifact("results", "r2") == "r2.tar.gz"
    assert session.download_artifact("results", "into") == "into/results.tar.gz"
    for name in ("r.tar.gz", "r2.tar.gz", "into/results.tar.gz"):
        with tarfile.open(name) as archive:
            assert archive.extractfile("results/sub/r.txt").read() == b"1\n"
    session.run("rm -r results")


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", ""])
def test_names_that_leave_the_session(session, name):  # compat 41
    with pytest.raises(ValueError):
        session.download_artifact(name, "x")
    assert not os.path.exists("x")


@pytest.mark.parametrize("link", ["/etc/passwd", "/", "../../..", "link2"])
def test_links_that_leave_the_session(session, link):  # compat 41
    session.run(f"ln -sfn /etc link2; ln -sfn {link} link")
    for name in ("link", "link/passwd", "link2/passwd"):
        with pytest.raises(RuntimeError):
            session.download_artifact(name, "x")
    assert os.listdir(".") == []
    session.run("rm link link2")


def test_missing_file_names_its_neighbours(session):  # compat 42
    with pytest.raises(FileNotFoundError) as caught:
        session.download_artifact("layuot.csl", "x")
    assert isinstance(caught.value, RuntimeError)
    assert "layuot.csl" in str(caught.value) and "layout.csl" in str(caught.value)
    assert os.listdir(".") == []


def test_closed_session():
    from cerebras.sdk.client import SdkLauncher
    with pytest.raises(RuntimeError, match="not open"):
        SdkLauncher("x.tar.gz").run("true")


def test_documented_example(user, artifact, tmp_path):
    """Stage an extra file, run shell commands, the host script, fetch a file and a folder."""
    shutil.copy(appliance.matvec("program") / "run.py", ".")
    pathlib.Path("additional_artifact.txt").write_text("additional\n")
    with launcher(artifact, simulator=True) as opened:
        opened.stage("additional_artifact.txt")
        opened.stage("run.py")
        assert opened.run('echo "ABCDEF" >> additional_artifact.txt',
                          "cat additional_artifact.txt") == "additional\nABCDEF\n"
        assert "SUCCESS" in opened.run("cs_python run.py --name out")
        opened.download_artifact("sim.log", "./output_dir/sim.log")
        name = opened.download_artifact("out", "./output_dir/out")
    assert os.path.isfile("output_dir/sim.log") and name == "./output_dir/out.tar.gz"


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
