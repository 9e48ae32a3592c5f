# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with one clear error: addresses, tokens, artifacts that are none."""
import io
import os
import pathlib
import sys
import tarfile

import pytest

from tests.e2e import appliance
from tests.harness.folders import entries_below

user_fixture = appliance.user_fixture


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def launcher(artifact, **kwargs):
    from cerebras.sdk.client import SdkLauncher
    return SdkLauncher(artifact, simulator=True, **kwargs)


def test_nobody_at_the_address(user, monkeypatch):
    from cerebras.sdk.client import SdkCompiler
    for url in ("http://127.0.0.1:1", f"unix:{user.root}/nobody.sock"):
        monkeypatch.setenv("CS_APPLIANCE_URL", url)
        with pytest.raises(ConnectionError, match="no appliance answers at") as caught:
            SdkCompiler().__enter__()
        assert url in str(caught.value)
        done = user.csctl("get", "jobs", CS_APPLIANCE_URL=url)
        assert done.returncode == 3 and url in done.stderr


def test_address_that_is_none(user, monkeypatch):
    from cerebras.sdk.client import SdkCompiler
    monkeypatch.setenv("CS_APPLIANCE_URL", "ftp://somewhere")
    with pytest.raises(ValueError, match="ftp://somewhere"):
        SdkCompiler().__enter__()


def running_url(user):
    """The address of the private appliance, started if it is not."""
    from cerebras.sdk.client import SdkCompiler
    with SdkCompiler():
        return f"unix:{user.state}/api.sock"


@pytest.mark.parametrize("token", ["cslt_" + "0" * 64, None])
def test_wrong_token_or_none(user, monkeypatch, tmp_path, token):
    from cerebras.sdk.client import SdkCompiler
    monkeypatch.setenv("CS_APPLIANCE_URL", running_url(user))
    if token:
        (tmp_path / "token").write_text(token)
        monkeypatch.setenv("CS_APPLIANCE_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(PermissionError, match="does not take the token") as caught:
        SdkCompiler().__enter__()
    assert isinstance(caught.value, RuntimeError) and "cslt_" not in str(caught.value)


def test_configured_address_and_token(user, monkeypatch):
    """The same appliance by its address, as an operator would configure it."""
    monkeypatch.setenv("CS_APPLIANCE_URL", running_url(user))
    monkeypatch.setenv("CS_APPLIANCE_TOKEN_FILE", str(user.state / "token"))
    from cerebras.sdk.client import SdkCompiler
    with SdkCompiler():
        pass


def test_token_is_nowhere_but_in_its_file(user, tmp_path):
    """Neither in the logs, nor in the database, nor in anybody's arguments or environment."""
    running_url(user)
    token = (user.state / "token").read_bytes()
    assert token.startswith(b"cslt_") and (user.state / "token").stat().st_mode & 0o777 == 0o600
    for path in entries_below(user.state):
        if path.is_file() and path.name != "token":
            assert token not in path.read_bytes(), path
    for pid in user.processes():
        for what in ("cmdline", "environ"):
            assert token not in pathlib.Path(f"/proc/{pid}/{what}").read_bytes()


def test_artifact_that_does_not_exist(user):
    with pytest.raises(FileNotFoundError, match="nowhere.tar.gz"):
        launcher("nowhere.tar.gz").__enter__()


def test_digest_that_nobody_uploaded(user):
    with pytest.raises(FileNotFoundError, match="a" * 64):
        launcher("a" * 64).__enter__()


def file_entry(name, data=b"x"):
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    return entry, io.BytesIO(data)


def link_entry(name, target, kind=tarfile.SYMTYPE):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry, None


def device_entry(name):
    entry = tarfile.TarInfo(name)
    entry.type, entry.devmajor, entry.devminor = tarfile.CHRTYPE, 1, 3
    return entry, None


HOSTILE = {
    "dot dot": [file_entry("top/../../escaped")],
    "leading dot dot": [file_entry("../escaped")],
    "absolute": [file_entry("/tmp/csla-escaped")],
    "link to outside": [link_entry("top/link", "/tmp")],
    "link upwards": [link_entry("top/link", "../../..")],
    "write through a link": [link_entry("top/link", "/tmp"), file_entry("top/link/csla-escaped")],
    "hard link to outside": [link_entry("top/hard", "/etc/passwd", tarfile.LNKTYPE)],
    "device": [device_entry("top/null")],
    "a name twice": [file_entry("top/a", b"1"), file_entry("top/a", b"2")],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archive(user, name):
    with tarfile.open("hostile.tar.gz", "w:gz") as archive:
        for entry, data in HOSTILE[name]:
            archive.addfile(entry, data)
    before = set(os.listdir("/tmp"))
    with pytest.raises(RuntimeError) as caught:
        launcher("hostile.tar.gz").__enter__()
    for part in ("wsjob-", "FAILED", "refused"):
        assert part in str(caught.value)
    assert not [new for new in set(os.listdir("/tmp")) - before if "escaped" in new]
    assert not [path for path in entries_below(user.root) if "escaped" in path.name]
    appliance.wait_until(lambda: not user.job_folders(), "nothing of it is left")


def test_file_that_is_not_an_archive(user):
    pathlib.Path("text.tar.gz").write_text("not an archive")
    with pytest.raises(RuntimeError, match="FAILED"):
        launcher("text.tar.gz").__enter__()


def test_after_all_that_it_still_works(user):
    with tarfile.open("fine.tar.gz", "w:gz") as archive:
        archive.addfile(*file_entry("top/a"))
    with launcher("fine.tar.gz") as session:
        assert session.run("ls") == "a\n"


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
