# SPDX-License-Identifier: Apache-2.0
"""Archives that want out of their folder, through the service: one clear error, nothing outside.

Each is uploaded and used as the source of a compile and as the artifact of a session.
"""
import functools
import io
import pathlib
import sys
import tarfile

import pytest

from tests.harness.appliance import Appliance


def member(name, kind=tarfile.REGTYPE, link="", data=b"", mode=0o644):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    info.mode = mode
    info.size = len(data)
    return info, data


def tar(*members, compress="gz"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:" + compress, format=tarfile.PAX_FORMAT) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return out.getvalue()


def outside(state):
    """Where the archives below want to write: beside the work folder and in /tmp."""
    return [state / "evil", state.parent / f"{state.name}-evil"]


@functools.cache
def hostile(state):
    """name: (archive, what the error speaks of)"""
    absolute = str(outside(state)[1])
    plain = member("layout.csl", data=b"// nothing")
    return {
        "parent": (tar(member("../../evil", data=b"x")), ".."),
        "parent inside": (tar(member("a/../../../../evil", data=b"x")), ".."),
        "absolute": (tar(member(absolute, data=b"x")), "evil"),
        "link out": (tar(plain, member("out", tarfile.SYMTYPE, "/etc/passwd")), "out"),
        "link up": (tar(plain, member("out", tarfile.SYMTYPE, "../../../evil")), "out"),
        "through a link": (tar(member("d", tarfile.SYMTYPE, str(state)),
                               member("d/evil", data=b"x")), "d"),
        "hard link out": (tar(plain, member("h", tarfile.LNKTYPE, "/etc/passwd")), "h"),
        "hard link up": (tar(plain, member("h", tarfile.LNKTYPE, "../../evil")), "h"),
        "device": (tar(plain, member("null", tarfile.CHRTYPE)), "null"),
        "pipe": (tar(plain, member("pipe", tarfile.FIFOTYPE)), "pipe"),
        "deep": (tar(member("/".join(["d"] * 500) + "/f", data=b"x")), "deep"),
        "terminal": (tar(member("../a\x1b]0;pwn\x07", data=b"x")), "\\x1b"),
        "no archive": (b"these bytes are not an archive", "archive"),
        "cut short": (tar(member("f", data=bytes(range(256)) * 4000))[:-200], ""),
        # Some 200 bytes: what comes out is counted against what went in.
        "bomb": (tar(member("zeros", data=bytes(200 << 20)), compress="bz2"), "times"),
    }


NAMES = list(hostile(pathlib.Path("/nowhere")))


@pytest.fixture(scope="module", name="it")
def one_appliance():
    with Appliance() as appliance:
        appliance.start_worker()
        yield appliance


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["compile", "launch"])
def test_is_refused_with_one_clear_error(it, name, kind):
    data, word = hostile(it.state)[name]
    digest = it.upload(data)
    body = ({"kind": "compile", "compile": {"source": digest, "csl_main": "layout.csl"}}
            if kind == "compile" else
            {"kind": "launch", "launch": {"artifact": digest, "simulator": True}})
    job = it.submit(body)
    done = it.await_end(job)
    assert done["state"] == "FAILED"
    assert done["reason"] == "BadArchive", done
    assert word in done["message"], done
    assert "\x1b" not in done["message"]
    assert not [path for path in outside(it.state) if path.exists()]
    it.await_clean()


def test_modes_that_give_rights_are_not_kept(it):
    data = tar(member("top/tool", data=b"#!/bin/sh\nid -u\n", mode=0o6755))
    job = it.submit({"kind": "launch",
                     "launch": {"artifact": it.upload(data), "simulator": True}})
    it.await_state(job, "RUNNING")
    assert it.run(job, "stat -c %a tool; ./tool")[1] == "755\n1000\n"
    assert it.finish(job)["state"] == "SUCCEEDED"


@pytest.mark.parametrize("main", ["x" * 300 + ".csl", "loop", "../layout.csl", "/etc/passwd", "-o",
                                  "a\nb", "$(id)", "missing.csl", "."])
def test_names_of_the_csl_file_end_the_job_and_nothing_else(it, main):
    data = tar(member("layout.csl", data=b"// nothing"), member("x", tarfile.DIRTYPE))
    job = it.submit({"kind": "compile", "compile": {"source": it.upload(data), "csl_main": main}})
    done = it.await_end(job)
    assert (done["state"], done["reason"]) == ("FAILED", "BadRequest"), done
    it.await_clean()


@pytest.mark.parametrize("target", ["loop", "./loop", "layout.csl/x"])
def test_a_link_that_leads_nowhere_harms_nobody(it, target):
    data = tar(member("layout.csl", data=b"// nothing"), member("loop", tarfile.SYMTYPE, target))
    job = it.submit({"kind": "compile", "compile": {"source": it.upload(data), "csl_main": "loop"}})
    assert it.await_end(job)["state"] == "FAILED"
    only = tar(member("loop", tarfile.SYMTYPE, "loop"))
    job = it.submit({"kind": "launch",
                     "launch": {"artifact": it.upload(only), "simulator": True}})
    it.await_state(job, "RUNNING", "FAILED")
    it.finish(job)
    it.await_clean()


def test_all_that_did_no_harm(it):
    assert it.workers["one"].poll() is None, it.all_logs()
    it.check_next_jobs_run()


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
