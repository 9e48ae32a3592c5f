# SPDX-License-Identifier: Apache-2.0
"""The wheel of the client, in a clean virtual environment, against an appliance elsewhere."""
import ast
import os
import pathlib
import subprocess
import sys
import zipfile

import pytest

from tests.e2e import appliance
from tests.harness import toolchain
from tests.harness.appliance import TcpAppliance

SCRIPT = """
import sys
from cerebras.sdk.client import SdkCompiler, SdkLauncher, __version__
assert "numpy" not in sys.modules
artifact = SdkCompiler().compile(sys.argv[1], "layout.csl", sys.argv[2], ".")
with SdkLauncher(artifact) as session:
    session.stage(sys.argv[1] + "/run.py")
    print(session.run("cs_python run.py --name out --cmaddr %CMADDR%"), end="")
    print(session.download_artifact("out/out.json", "out.json"))
loaded = open("/proc/self/maps").read()
print(sum(name in loaded for name in ("libarchive", "libcpp-httplib")))
print(all("/_libs/" in line for line in loaded.splitlines() if "libarchive" in line))
print(__version__)
"""


def wheel_file():
    found = list((toolchain.runfiles_root() / "wheel").glob("*.whl"))
    assert len(found) == 1, found
    return found[0]


@pytest.fixture(name="python", scope="module")
def python_fixture(tmp_path_factory):
    """The interpreter of an environment that has the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin/python", "-m", "pip", "install", "--no-index", "--quiet",
                    "--disable-pip-version-check", wheel_file()], check=True)
    return folder / "bin/python"


def run(python, text, *args, cwd, **variables):
    return subprocess.run([python, "-I", "-c", text, *args], cwd=cwd, capture_output=True,
                          text=True, check=False, timeout=300,
                          env={"PATH": "/usr/bin:/bin", "HOME": str(cwd), **variables})


def test_compiles_and_runs_on_an_appliance_elsewhere(python, tmp_path):  # compat 60
    app = appliance.matvec(tmp_path / "app")
    with TcpAppliance() as it:
        it.start_worker()
        token = tmp_path / "token"
        token.write_text(it.token, encoding="utf-8")
        done = run(python, SCRIPT, str(app), appliance.MATVEC_OPTIONS, cwd=tmp_path,
                   CS_APPLIANCE_URL=it.service_url(), CS_APPLIANCE_TOKEN_FILE=str(token))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "SUCCESS" in lines[-5] and lines[-4] == "out.json"
    assert lines[-3:-1] == ["2", "True"], "the libraries of the wheel are not used"
    version = (toolchain.runfiles_root() / "VERSION").read_text(encoding="utf-8").strip()
    assert lines[-1] == version and f"-{version}-" in wheel_file().name


COMPILE = """
import json
from cerebras.sdk.client import SdkCompiler
with SdkCompiler(resource_cpu=1000, resource_mem=1 << 30) as compiler:
    artifact = compiler.compile("app", "layout.csl", OPTIONS, ".")
with open("artifact_path.json", "w", encoding="utf8") as file:
    json.dump({"artifact_path": artifact}, file)
"""
RUN = """
import json
from cerebras.sdk.client import SdkLauncher
with open("artifact_path.json", encoding="utf8") as file:
    artifact = json.load(file)["artifact_path"]
with SdkLauncher(artifact, simulator=True, resource_cpu=1000, resource_mem=1 << 30) as launcher:
    launcher.stage("app/run.py")
    print("Host script output:", launcher.run("cs_python run.py --name out"))
    launcher.download_artifact("sim.log", "./output_dir/sim.log")
"""
SITE = """
set -eux
source sdk/bin/activate
python compile.py
python run.py | tee printed
grep -q SUCCESS printed
test -s output_dir/sim.log
csctl get jobs -a
job=$(csctl -n job-operator get jobs -a -o json | python -c \
  'import json, sys; print(next(j["id"] for j in json.load(sys.stdin)["jobs"]
                                if j["kind"] == "launch"))')
csctl get job "$job" -oyaml | grep -q "$job"
csctl log-export "$job"
csctl get cluster
"""


def test_the_walkthrough_of_a_site(python, tmp_path):
    appliance.matvec(tmp_path / "app")
    (tmp_path / "sdk").symlink_to(python.parent.parent)
    (tmp_path / "compile.py").write_text(COMPILE.replace("OPTIONS", repr(
        appliance.MATVEC_OPTIONS)), encoding="utf-8")
    (tmp_path / "run.py").write_text(RUN, encoding="utf-8")
    with TcpAppliance() as it:
        it.start_worker()
        (tmp_path / "token").write_text(it.token, encoding="utf-8")
        done = subprocess.run(
            ["bash", "-c", SITE], cwd=tmp_path, capture_output=True, text=True, check=False,
            timeout=300, env=toolchain.installed().environment(
                HOME=str(tmp_path), CS_APPLIANCE_URL=it.service_url(),
                CS_APPLIANCE_TOKEN_FILE=str(tmp_path / "token")))
    assert done.returncode == 0, done.stdout + done.stderr


BATCH = """\
#!/bin/bash
#SBATCH --job-name=matvec --time=00:05:00
set -e
cslc layout.csl %s
for run in 1 2 3; do
  cs_python run.py --name out --cmaddr ${CS_IP_ADDR}:9000
done
"""


def test_a_batch_script_uses_a_long_lived_system(tmp_path):
    tools = toolchain.installed()
    app = appliance.matvec(tmp_path / "app")
    (app / "job.sh").write_text(BATCH % appliance.MATVEC_OPTIONS, encoding="utf-8")
    # The documented port, on an address of this machine that is this test's alone.
    host = "127." + ".".join(str(1 + byte % 254) for byte in os.urandom(3))
    with tools.system(tmp_path, listen=f"{host}:9000"):
        done = tools.run(["bash", "job.sh"], app, CS_IP_ADDR=host)
        assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SUCCESS") == 3


def test_without_an_appliance_it_says_what_to_do(python, tmp_path):
    done = run(python, "from cerebras.sdk.client import SdkCompiler\nSdkCompiler().__enter__()",
               cwd=tmp_path)
    assert done.returncode == 1 and "CS_APPLIANCE_URL" in done.stderr.splitlines()[-1]


def test_pip_finds_nothing_wrong(python, tmp_path):
    done = run(python, "import subprocess, sys\n"
               "sys.exit(subprocess.call([sys.executable, '-m', 'pip', 'check']))", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_sources_parse_as_python_3_8():  # compat 60
    with zipfile.ZipFile(wheel_file()) as wheel:
        assert wheel.testzip() is None
        sources = [name for name in wheel.namelist() if name.endswith(".py")]
        assert len(sources) > 15
        for name in sources:
            ast.parse(wheel.read(name), name, feature_version=(3, 8))


def test_record_lists_every_file():
    with zipfile.ZipFile(wheel_file()) as wheel:
        names = set(wheel.namelist())
        record = next(name for name in names if name.endswith(".dist-info/RECORD"))
        listed = {line.split(",")[0] for line in wheel.read(record).decode().splitlines()}
    assert listed == names


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)
    sys.exit(pytest.main([pathlib.Path(__file__).as_posix(), "-q", "-p", "no:cacheprovider"]))
