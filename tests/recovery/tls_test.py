# SPDX-License-Identifier: Apache-2.0
"""A service, its workers and clients over TLS: on one machine, and on three that are network
namespaces. From `init` to a job's end, and what is said of a wrong pin, name or certificate."""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile

import pytest

from tests.harness import toolchain
from tests.harness.appliance import descendants, wait_until
from tests.harness.networks import Networks, why_no_networks

EXAMPLE = toolchain.runfiles_root() / "examples/matvec"
SCRIPT = """\
from cerebras.sdk.client import SdkCompiler, SdkLauncher
with SdkCompiler() as compiler:
    artifact = compiler.compile(".", "layout.csl", "--arch=wse3 --params=width:4,rows:6,cols:10"
                                " --fabric-dims=11,3 --fabric-offsets=4,1 --memcpy --channels=1"
                                " -o out", ".")
with SdkLauncher(artifact) as launcher:
    launcher.stage("run.py")
    print(launcher.run("cs_python run.py --name out --cmaddr %CMADDR%"))
    launcher.download_artifact("sim.log", "fetched/")
"""
OTHER_PIN = "sha256:" + "0" * 64


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """A home with an installation in the path; `inside` puts a command somewhere else, such as
    into a network. Its processes end with it."""

    def __init__(self):
        self.tools = toolchain.installed()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="ctls-", dir="/tmp"))
        self.state = self.home / "state"
        self.processes = {}

    def variables(self, **more):
        return {"HOME": str(self.home), **more}

    def run(self, *command, inside=(), cwd=None, **env):
        return self.tools.run([*inside, *command], cwd or self.home, **self.variables(**env))

    def start(self, name, *command, inside=()):
        """Leaves it running; what it says goes to `NAME.log`."""
        with open(self.home / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(word) for word in (*inside, *command)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.home, env=self.tools.environment(**self.variables()))

    def stop(self, name):
        process = self.processes.pop(name)
        process.terminate()
        process.wait(60)

    def log(self, name):
        return (self.home / f"{name}.log").read_text(encoding="utf-8")

    def init(self, *options):
        done = self.run("cs-appliance", "init", "--state-dir", self.state, *options)
        assert done.returncode == 0, done.stderr
        return done

    def serve(self, inside=()):
        self.start("service", "cs-appliance", "serve", "--config", self.state / "appliance.json",
                   inside=inside)
        wait_until(lambda: "listening on" in self.log("service"), "it listens")

    def join(self, name, line, *options, inside=()):
        """Joins by the words that init or invite printed; starts the worker."""
        folder = self.home / name
        done = self.run(*line.split(), "--config-dir", folder, "--work-dir", folder / "work",
                        *options, inside=inside)
        assert done.returncode == 0, done.stderr
        return folder / "worker.json"

    def close(self):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(60)
        left = {pid: line for pid, line in descendants(os.getpid()).items()
                if str(self.home) in line}
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        logs = "".join(path.read_text() for path in self.home.glob("*.log"))
        secrets = [path.read_text().splitlines()[1] for path in self.home.glob("state/tls/*.key")]
        shutil.rmtree(self.home)
        assert not left
        assert "PRIVATE KEY" not in logs
        assert not [secret for secret in secrets if secret in logs]


@pytest.fixture(name="site")
def one_site():
    site = Site()
    yield site
    site.close()


def run_example(site, inside=(), **client):
    """A compile and a launch, as a user's script."""
    folder = site.home / "matvec"
    if not folder.exists():
        shutil.copytree(EXAMPLE, folder)
        (folder / "first.py").write_text(SCRIPT)
    return site.run("cs_python", "first.py", inside=inside, cwd=folder, **client)


def client_of(site, url, pin):
    return {"CS_APPLIANCE_URL": url, "CS_APPLIANCE_PIN": pin,
            "CS_APPLIANCE_TOKEN_FILE": str(site.state / "token")}


def test_from_init_to_a_jobs_end_over_tls_on_one_machine(site):
    url = f"https://127.0.0.1:{free_port()}"
    listen = url.removeprefix("https://")
    line = site.init("--listen", listen, "--tls", "on").stdout
    words = line.split()
    assert words[2].startswith(f"{url}#worker-1#cslt_") and words[3] == "--pin"
    pin = words[4]
    keys = sorted(site.state.glob("tls/*.key"))
    assert [key.name for key in keys] == ["ca.key", "service.key"]
    for key in keys:
        assert key.stat().st_mode & 0o777 == 0o600
    site.serve()
    # Without its words of the pin, and with another's.
    for wrong, why in (([], "not trusted"), (["--pin", OTHER_PIN], OTHER_PIN)):
        done = site.run(*words[:3], *wrong, "--config-dir", site.home / "wrong")
        assert done.returncode != 0 and why in done.stderr and url in done.stderr, done.stderr
        assert pin in done.stderr and not (site.home / "wrong").exists()
    config = site.join("one", line, "--listen", "127.0.0.1:0")
    site.start("one", "cs-worker", "--config", config, "--tls", "on")
    client = client_of(site, url, pin)
    wait_until(lambda: "READY" in site.run("csctl", "get", "workers", **client).stdout, "it joins")
    assert "listens on https://127.0.0.1:" in site.log("one")
    done = run_example(site, **client)
    assert done.returncode == 0 and "SUCCESS" in done.stdout, done.stdout + done.stderr
    assert (site.home / "matvec/fetched").exists()
    # A file of authorities in place of the pin.
    by_file = {**client, "CS_APPLIANCE_PIN": "",
               "CS_APPLIANCE_CA_FILE": str(site.state / "tls/ca.pem")}
    assert "SUCCEEDED" in site.run("csctl", "get", "jobs", "-a", **by_file).stdout
    # What is wrong is named.
    done = site.run("csctl", "get", "jobs", **{**client, "CS_APPLIANCE_PIN": OTHER_PIN})
    assert done.returncode != 0
    for word in (url, OTHER_PIN, pin):
        assert word in done.stderr, done.stderr
    done = site.run("csctl", "get", "jobs", **{**client, "CS_APPLIANCE_PIN": "",
                                               "CS_APPLIANCE_URL": f"http://{listen}"})
    assert done.returncode != 0 and "https://" in done.stderr, done.stderr
    done = run_example(site, **{**client, "CS_APPLIANCE_PIN": OTHER_PIN})
    assert done.returncode != 0 and OTHER_PIN in done.stderr, done.stderr
    # Another worker, while the service runs; and a service that starts anew keeps its pin.
    done = site.run("cs-appliance", "invite", "--state-dir", site.state, "--worker", "two")
    assert done.returncode == 0 and done.stdout.endswith(f" --pin {pin}\n"), done
    site.stop("service")
    site.serve()
    wait_until(lambda: "READY" in site.run("csctl", "get", "workers", **client).stdout, "again")
    done = run_example(site, **client)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_workers_own_server_shows_a_certificate_of_its_name_alone(site):
    url = f"https://127.0.0.1:{free_port()}"
    line = site.init("--listen", url.removeprefix("https://"), "--tls", "on").stdout
    site.serve()
    config = site.join("one", line, "--listen", "127.0.0.1:0")
    site.start("one", "cs-worker", "--config", config, "--tls", "on")
    client = client_of(site, url, line.split()[4])
    wait_until(lambda: "READY" in site.run("csctl", "get", "workers", **client).stdout, "it joins")
    place = site.log("one").partition("listens on https://")[2].split()[0]
    host, _, port = place.partition(":")
    trust = ssl.create_default_context(cafile=site.state / "tls/ca.pem")
    with socket.create_connection((host, int(port)), 30) as plain:
        name = "worker-1.csl-worker.invalid"
        with trust.wrap_socket(plain, server_hostname=name) as tls:
            assert tls.version() == "TLSv1.3"
            assert [value for _, value in tls.getpeercert()["subjectAltName"]] == [name]
    with socket.create_connection((host, int(port)), 30) as plain:
        with pytest.raises(ssl.SSLCertVerificationError):
            trust.wrap_socket(plain, server_hostname=host)
    assert not list(site.home.glob("one/**/*.key"))


def test_an_operators_own_certificate_is_shown_and_pinned(site):
    def openssl(*args):
        done = site.run("openssl", *args)
        assert done.returncode == 0, done.stderr
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    for name in ("own", "other"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", "/CN=own", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "30",
                "-keyout", site.home / f"{name}.key", "-out", site.home / f"{name}.pem")
    url = f"https://127.0.0.1:{free_port()}"
    listen = ("--listen", url.removeprefix("https://"))
    for options, why in (
            (("--tls-cert", site.home / "own.pem"), "--tls-key"),
            (("--tls-cert", site.home / "own.pem", "--tls-key", site.home / "other.key"),
             "not that of the first certificate"),
            (("--tls-cert", site.home / "no.pem", "--tls-key", site.home / "own.key"), "no.pem"),
            (("--tls-cert", site.home / "own.pem", "--tls-key", site.home / "own.key", "--tls",
              "off"), "--tls off"), (("--tls", "yes"), "must be auto, on or off")):
        done = site.run("cs-appliance", "serve", "--state-dir", site.state, *listen, *options)
        assert done.returncode != 0 and why in done.stderr, done.stderr
        shutil.rmtree(site.state, ignore_errors=True)
    done = site.run("cs-appliance", "serve", "--state-dir", site.state, "--listen",
                    f"unix:{site.home}/s", "--tls", "on")
    assert done.returncode != 0 and "TLS wants HOST:PORT" in done.stderr, done.stderr
    shutil.rmtree(site.state, ignore_errors=True)
    line = site.init(*listen, "--tls-cert", site.home / "own.pem", "--tls-key",
                     site.home / "own.key").stdout
    site.serve()
    client = client_of(site, url, line.split()[4])
    assert site.run("csctl", "get", "jobs", **client).returncode == 0


def test_the_default_is_plain_here_and_tls_elsewhere(site):
    line = site.init("--listen", f"127.0.0.1:{free_port()}").stdout
    assert line.split()[2].startswith("http://127.0.0.1:") and "--pin" not in line
    assert not (site.state / "tls").exists()
    shutil.rmtree(site.state)
    line = site.init("--listen", "0.0.0.0:8443", "--host-name", "csl.site").stdout
    assert line.split()[2].startswith("https://csl.site:8443#") and "--pin sha256:" in line
    shutil.rmtree(site.state)
    line = site.init("--listen", "0.0.0.0:8443", "--host-name", "csl.site", "--tls", "off").stdout
    assert line.split()[2].startswith("http://csl.site:8443#") and "--pin" not in line


# Several machines

def test_three_machines_speak_tls_without_being_told(site):
    if why := why_no_networks():
        pytest.skip(why)
    with contextlib.closing(Networks("service", "worker", "client")) as net:
        net.cable(1, "service", "worker")
        net.cable(2, "service", "client")
        line = site.init("--listen", "0.0.0.0:8443", "--host-name", "10.99.1.1", "--host-name",
                         "10.99.2.1").stdout
        pin = line.split()[4]
        assert line.split()[2].startswith("https://10.99.1.1:8443#")
        site.serve(inside=net.inside("service"))
        config = site.join("one", line, "--listen", "0.0.0.0:7000", "--advertise",
                           "https://10.99.1.2:7000", inside=net.inside("worker"))
        site.start("one", "cs-worker", "--config", config, inside=net.inside("worker"))
        far = {"inside": net.inside("client"), **client_of(site, "https://10.99.2.1:8443", pin)}
        wait_until(lambda: "READY" in site.run("csctl", "get", "workers", **far).stdout, "it is in")
        done = run_example(site, **far)
        assert done.returncode == 0 and "SUCCESS" in done.stdout, done.stdout + done.stderr
        # The worker is not a machine of the client's.
        done = site.run("csctl", "drain", "worker-1", **far)
        assert done.returncode == 0, done.stderr
        assert "DRAINING" in site.run("csctl", "get", "workers", **far).stdout
        # Nobody who can only listen gets far.
        plain = {**far, "CS_APPLIANCE_PIN": "", "CS_APPLIANCE_URL": "http://10.99.2.1:8443"}
        done = site.run("csctl", "get", "jobs", **plain)
        assert done.returncode != 0 and "https://" in done.stderr, done.stderr
        site.stop("one")
        site.stop("service")


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
