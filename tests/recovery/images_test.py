# SPDX-License-Identifier: Apache-2.0
"""The images of docker/: what they copy exists, and, where buildah is installed, they build and
their programs start. CS_TEST_BASE_IMAGE names a base image; else debootstrap makes one."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

from tests.harness import toolchain

ROOT = toolchain.runfiles_root()
IMAGES = {"service": ["cs-appliance", "openapi"], "worker": ["cs-worker", "--help"]}
BUILD_TIMEOUT_S = 1500
each_image = pytest.mark.parametrize("name", IMAGES)


def dockerfile(name):
    return (ROOT / "docker" / f"Dockerfile.{name}").read_text(encoding="utf-8")


@each_image
def test_what_it_copies_exists(name):
    for words in re.findall(r"^COPY (.*)$", dockerfile(name), re.M):
        for source in words.split()[:-1]:
            assert source == "toolchain" or (ROOT / source).exists(), source


@each_image
def test_it_names_no_package(name):
    """tools/packages.txt is the one list."""
    assert "apt-get install" not in dockerfile(name)
    assert "install_packages run" in dockerfile(name)


@each_image
def test_its_entry_is_a_program_that_a_shell_can_read(name):
    entry, = re.findall(r'^ENTRYPOINT \["/usr/local/bin/(\w+)"\]', dockerfile(name), re.M)
    path = ROOT / "docker" / entry
    assert os.access(path, os.X_OK)
    subprocess.run(["sh", "-n", str(path)], check=True)


def test_compose_builds_both():
    text = (ROOT / "docker/compose.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"dockerfile: docker/Dockerfile\.(\w+)", text)) == set(IMAGES)


def buildah(*words, **more):
    done = subprocess.run(["buildah", *words], check=False, text=True, timeout=BUILD_TIMEOUT_S,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


@pytest.fixture(scope="module", name="context")
def context_of_the_build():
    if shutil.which("buildah") is None or os.geteuid() != 0:
        pytest.skip("buildah is not installed, or this is not root")
    folder = tempfile.mkdtemp(prefix="cimage-", dir="/tmp")
    shutil.copytree(toolchain.installed().prefix, folder + "/toolchain", symlinks=False)
    for name in ("docker", "tools"):
        os.mkdir(f"{folder}/{name}")
    for name in ["tools/packages.txt", "tools/install_packages",
                 *[f"docker/{path.name}" for path in (ROOT / "docker").iterdir()]]:
        shutil.copy(ROOT / name, f"{folder}/{name}")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module", name="base")
def base_image(context):
    del context  # asked for first: it skips
    given = os.environ.get("CS_TEST_BASE_IMAGE")
    if given:
        yield given
        return
    if shutil.which("debootstrap") is None:
        pytest.skip("neither CS_TEST_BASE_IMAGE nor debootstrap")
    folder = tempfile.mkdtemp(prefix="cbase-", dir="/tmp")
    os.chmod(folder, 0o755)
    done = subprocess.run(["debootstrap", "--variant=minbase", "bookworm", folder], check=False,
                          capture_output=True, text=True, timeout=BUILD_TIMEOUT_S)
    if done.returncode != 0:
        shutil.rmtree(folder)
        pytest.skip(f"debootstrap cannot make a base image: {done.stdout[-300:]}")
    shutil.copy("/etc/resolv.conf", folder + "/etc/resolv.conf")
    for name in os.listdir("/etc/apt/apt.conf.d"):  # a proxy that this machine needs
        if "proxy" in name.lower():
            shutil.copy(f"/etc/apt/apt.conf.d/{name}", folder + "/etc/apt/apt.conf.d")
    container = buildah("from", "scratch")
    buildah("add", "--quiet", container, folder, "/")
    buildah("commit", "--quiet", container, "csl-test-base")
    buildah("rm", container)
    shutil.rmtree(folder)
    yield "localhost/csl-test-base"
    buildah("rmi", "csl-test-base")


@each_image
def test_it_builds_and_its_program_starts(context, base, name):
    buildah("bud", "--isolation", "chroot", "--build-arg", f"BASE={base}", "-f",
            f"{context}/docker/Dockerfile.{name}", "-t", f"csl-test-{name}", context)
    container = buildah("from", f"localhost/csl-test-{name}")
    try:
        buildah("run", "--isolation", "chroot", container, "--", *IMAGES[name])
    finally:
        buildah("rm", container)
        buildah("rmi", f"csl-test-{name}")


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
