# SPDX-License-Identifier: Apache-2.0
"""SdkCompiler: its arguments, its artifact, its messages and its errors."""
import gc
import json
import logging
import os
import pathlib
import sys
import tarfile

import pytest

from tests.e2e import appliance

user_fixture = appliance.user_fixture


@pytest.fixture(name="app")
def app_fixture(user, tmp_path, monkeypatch):
    """The example's folder, in an otherwise empty current folder."""
    monkeypatch.chdir(tmp_path)
    return appliance.matvec(tmp_path / "app")


def jobs(user, *args):
    return json.loads(user.csctl("get", "jobs", "-a", "-o", "json", *args).stdout)["jobs"]


def compiler(**kwargs):
    from cerebras.sdk.client import SdkCompiler
    return SdkCompiler(**kwargs)


OPTIONS = appliance.MATVEC_OPTIONS


def test_with_and_without_a_block(app):  # compat 6
    with compiler() as inside:
        first = inside.compile(str(app), "layout.csl", OPTIONS, ".")
        assert inside.compile(str(app), "layout.csl", OPTIONS, ".") == first  # may compile again
    outside = compiler()
    assert outside.compile(str(app), "layout.csl", OPTIONS, ".") == first
    del outside
    gc.collect()


def test_files_outside_of_the_folder_travel_along(app, tmp_path):
    (tmp_path / "libs").mkdir()
    (tmp_path / "libs/twice.csl").write_text(
        'const inner = @import_module(name());\n'
        'fn name() comptime_string { return "../libs/one.csl"; }\n'
        'fn twice(x: f32) f32 { return inner.one * x + x; }\n')
    (tmp_path / "libs/one.csl").write_text("const one: f32 = 1.0;\n")
    (tmp_path / "libs/unused.csl").write_text("not CSL\n")
    pe = (app / "pe.csl").read_text()
    (app / "pe.csl").write_text('const libs = @import_module("../libs/twice.csl");\n' + pe)
    name = compiler().compile("app", "layout.csl", OPTIONS, ".")
    with tarfile.open(name) as archive:
        names = {"/".join(member.name.split("/")[1:]) for member in archive.getmembers()}
    assert {"out/out.json", "app/pe.csl", "libs/twice.csl", "libs/one.csl"} <= names
    assert "libs/unused.csl" not in names


def test_three_or_four_arguments(app):  # compat 7, 15
    name = compiler().compile(str(app), "layout.csl", OPTIONS)
    assert isinstance(name, str) and name.endswith(".tar.gz")
    assert pathlib.Path(name).parent == pathlib.Path(".") and os.path.isfile(name)
    other = compiler().compile(app, "layout.csl", OPTIONS, "made/here")
    assert pathlib.Path(other).parent == pathlib.Path("made/here") and os.path.isfile(other)
    exact = compiler().compile(app, "layout.csl", OPTIONS, "made/exact.tar.gz")
    assert exact == "made/exact.tar.gz" and os.path.isfile(exact)


def test_both_sets_of_keywords(app):  # compat 8
    one = compiler().compile(app_path=str(app), csl_main="layout.csl", options=OPTIONS,
                             out_path="a")
    two = compiler().compile(codedir=str(app), layout="layout.csl", args=OPTIONS, outdir="b")
    mixed = compiler().compile(str(app), layout="layout.csl", options=OPTIONS, outdir="c")
    assert {os.path.basename(name) for name in (one, two, mixed)} == {os.path.basename(one)}
    with pytest.raises(TypeError, match="app_path.*codedir"):
        compiler().compile(str(app), "layout.csl", OPTIONS, codedir=str(app))
    with pytest.raises(TypeError, match="options"):
        compiler().compile(str(app), "layout.csl")


def test_resources(user, app):  # compat 9
    compiler(mgmt_namespace="mine", resource_cpu=1500, resource_mem=3 << 30).compile(
        app, "layout.csl", OPTIONS)
    asked, = jobs(user, "-n", "mine")
    assert (asked["cpu_milli"], asked["mem_bytes"]) == (1500, 3 << 30)
    compiler(mgmt_namespace="unset").compile(app, "layout.csl", OPTIONS)
    unset, = jobs(user, "-n", "unset")
    assert 0 < unset["cpu_milli"] <= 24000 and 0 < unset["mem_bytes"] <= 67 << 30
    # Requests for a cluster's machines, as published scripts make them, run on any laptop.
    compiler(mgmt_namespace="large", resource_cpu=50000, resource_mem=64 << 30).compile(
        app, "layout.csl", OPTIONS)
    assert jobs(user, "-n", "large")[0]["cpu_milli"] == 50000
    from cerebras.appliance import errors
    with pytest.raises(errors.ApplianceResourceExhausted, match="no worker is that large"):
        compiler(resource_mem=1 << 60).compile(app, "layout.csl", OPTIONS)
    with pytest.raises(ValueError, match="resource_cpu = -1"):
        compiler(resource_cpu=-1)


def test_option_strings(app):  # compat 11, 12
    quoted = OPTIONS.replace("--arch=wse3", "\\\n  --arch 'wse3'\n").replace("-o out", '-o "out"')
    with tarfile.open(compiler().compile(app, "layout.csl", quoted)) as archive:
        assert any(member.endswith("/out/out.json") for member in archive.getnames())
    # No shell sees them.
    from cerebras.appliance import errors
    with pytest.raises(errors.ApplianceCompilationError):
        compiler().compile(app, "layout.csl", OPTIONS + " ; touch injected")
    assert not os.path.exists("injected")


@pytest.mark.parametrize("option, folder", [
    ("-o X", "X"), ("-o=X", "X"), ("", "out"), ("-o a/b", "a/b")])
def test_output_names(app, option, folder):  # compat 12, 13
    name = compiler().compile(app, "layout.csl", OPTIONS.replace("-o out", option))
    with tarfile.open(name) as archive:
        assert any(member.endswith(f"/{folder}/out.json") for member in archive.getnames())


@pytest.mark.parametrize("name", ["/abs", "../up", "a/../../b"])
def test_output_that_leaves_the_folder(user, app, name):  # compat 13
    before = len(jobs(user))
    with pytest.raises(ValueError, match="-o"):
        compiler().compile(app, "layout.csl", OPTIONS.replace("-o out", f"-o {name}"))
    assert len(jobs(user)) == before


def test_main_in_a_folder_and_missing(user, app):  # compat 14
    (app / "src").mkdir()
    for file in app.glob("*.csl"):
        file.rename(app / "src" / file.name)
    compiler().compile(app, "./src/layout.csl", OPTIONS)
    before = len(jobs(user))
    with pytest.raises(FileNotFoundError, match="nope.csl"):
        compiler().compile(app, "nope.csl", OPTIONS)
    with pytest.raises(FileNotFoundError, match="no-such-folder"):
        compiler().compile("no-such-folder", "layout.csl", OPTIONS)
    assert len(jobs(user)) == before


def test_what_the_artifact_holds(app):  # compat 16
    (app / "src").mkdir()
    (app / "src/notes.csl").write_text("// nobody imports this\n")
    name = compiler().compile(app, "layout.csl", OPTIONS)
    with tarfile.open(name) as archive:
        names = archive.getnames()
    top, = {member.split("/")[0] for member in names}
    for inside in ("out/out.json", "layout.csl", "pe.csl", "src/notes.csl"):
        assert f"{top}/{inside}" in names
    assert any(member.startswith(f"{top}/out/bin/") and member.endswith(".elf")
               for member in names)


def test_same_sources_same_artifact(app, tmp_path):
    """What earlier compilations left in the folder does not travel."""
    first = compiler().compile(app, "layout.csl", OPTIONS, app)
    again = compiler().compile(app, "layout.csl", OPTIONS, tmp_path)
    assert os.path.basename(first) == os.path.basename(again)


def messages(caplog, logger):
    return [record.getMessage() for record in caplog.records if record.name == logger]


OUTPUT_LOGGER = "cerebras.sdk.client.sdk_appliance_client"


def test_silent_compilation_is_logged(app, caplog):  # compat 18
    caplog.set_level(logging.INFO)
    compiler().compile(app, "layout.csl", OPTIONS)
    assert messages(caplog, OUTPUT_LOGGER) == [
        "CSL compiler produced no messages. Compilation successful."]


def test_compile_error(user, app, caplog):  # compat 18, 19
    caplog.set_level(logging.INFO)
    text = (app / "pe.csl").read_text()
    (app / "pe.csl").write_text(text + "\nconst wrong: i16 = true;\nexport_nothing();\n")
    from cerebras.appliance import errors
    with pytest.raises(errors.ApplianceCompilationError) as caught:
        compiler().compile(app, "layout.csl", OPTIONS)
    assert "pe.csl:" in str(caught.value) and "error" in str(caught.value)
    logged, = messages(caplog, OUTPUT_LOGGER)
    assert logged.startswith("CSL compiler output:\n")
    assert logged.split("\n", 1)[1].strip() in str(caught.value)
    failed = jobs(user)[0]
    assert (failed["state"], failed["reason"]) == ("FAILED", "CompilationFailed")
    assert not list(pathlib.Path(".").glob("*.tar.gz"))


def test_csignore_names_what_stays_at_home(app):
    (app / "data").mkdir()
    for name in ("data/large.npy", "data/small.npy", "notes.txt", "scratch.csl"):
        (app / name).write_text("not CSL\n")
    (app / ".csignore").write_text("# what compilations do not need\n*.npy\n!data/small.npy\n"
                                   "/notes.txt\nscratch.*\n")
    with tarfile.open(compiler().compile(app, "layout.csl", OPTIONS)) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"layout.csl", "pe.csl", "data/small.npy"} <= names
    assert not {"data/large.npy", "notes.txt", "scratch.csl"} & names


@pytest.mark.parametrize(("text", "said"), [
    ("*.csl\n", "layout.csl' is left out by a pattern of .csignore"),
    ("ok\n[a\n", ".csignore:2: '[a' is not a pattern")])
def test_a_csignore_that_cannot_be_meant_is_an_error_before_any_job(user, app, text, said):
    (app / ".csignore").write_text(text)
    before = len(jobs(user))
    with pytest.raises(RuntimeError) as caught:
        compiler().compile(app, "layout.csl", OPTIONS)
    assert said in str(caught.value)
    assert len(jobs(user)) == before


def test_large_sources_travel_in_parts(app):
    (app / "noise.bin").write_bytes(os.urandom(40 << 20))
    with tarfile.open(compiler().compile(app, "layout.csl", OPTIONS)) as archive:
        sizes = {pathlib.PurePath(one.name).name: one.size for one in archive.getmembers()}
    assert sizes["noise.bin"] == 40 << 20


def test_name_travels_as_json(app):  # compat 17
    name = json.loads(json.dumps({"artifact": compiler().compile(app, "layout.csl", OPTIONS)}))
    from cerebras.sdk.client import SdkLauncher
    with SdkLauncher(name["artifact"], simulator=True) as launcher:
        assert "layout.csl" in launcher.run("ls")


def test_time_limit(app):  # compat 10
    from cerebras.appliance import errors
    (app / "layout.csl").write_text(
        "layout {\n  @set_rectangle(1, 1);\n  var i: u32 = 0;\n"
        "  while (i < 4000000000) : (i += 1) { }\n}\n")
    with pytest.raises(errors.TimeLimit):
        compiler(job_time_sec=1).compile(app, "layout.csl", "--arch=wse3 --fabric-dims=8,3")


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
