# SPDX-License-Identifier: Apache-2.0
"""The installed tree is laid out as listed, and installing it leaves exactly it."""
import json
import os
import pathlib
import sys

import pytest

from tools import install, lay_out_tree


@pytest.fixture(name="tree")
def tree_fixture(tmp_path):
    (tmp_path / "a").write_text("#!/bin/sh\n")
    (tmp_path / "b").write_text("const x = 1;\n")
    listing = tmp_path / "listing"
    listing.write_text(f"bin/run\t{tmp_path}/a\nlib/csl/math.csl\t{tmp_path}/b\n")
    lay_out_tree.lay_out(listing, "1.2.3", tmp_path / "tree")
    return tmp_path / "tree"


def files_below(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_the_tree_holds_what_was_listed_and_a_manifest(tree):
    assert files_below(tree) == ["bin/run", "lib/csl/math.csl", "share/manifest.json"]
    assert os.access(tree / "bin/run", os.X_OK)
    assert not os.stat(tree / "lib/csl/math.csl").st_mode & 0o111
    manifest = json.loads((tree / "share/manifest.json").read_text())
    assert manifest["version"] == "1.2.3"
    assert set(manifest["files"]) == {"bin/run", "lib/csl/math.csl"}


def test_two_files_for_one_place_are_refused(tmp_path):
    (tmp_path / "a").write_text("")
    (tmp_path / "listing").write_text(f"bin/x\t{tmp_path}/a\nbin/x\t{tmp_path}/a\n")
    with pytest.raises(SystemExit, match="bin/x"):
        lay_out_tree.lay_out(tmp_path / "listing", "1", tmp_path / "tree")


def test_a_second_installation_removes_what_only_the_first_had(tree, tmp_path):
    prefix = tmp_path / "prefix"
    install.install(tree, prefix, "")
    (prefix / "bin/of_the_user").write_text("")
    (tree / "lib/csl/math.csl").unlink()
    manifest = json.loads((tree / "share/manifest.json").read_text())
    del manifest["files"]["lib/csl/math.csl"]
    (tree / "share/manifest.json").write_text(json.dumps(manifest))
    install.install(tree, prefix, "")
    assert files_below(prefix) == ["bin/of_the_user", "bin/run", "share/manifest.json"]
    assert os.access(prefix / "bin/run", os.X_OK)


def test_the_manifest_names_versions_of_installed_packages_only(tree, tmp_path):
    listing = "# comment\n[run]\npython3\nno-such-package\n"
    manifest = install.install(tree, tmp_path / "prefix", listing)
    assert list(manifest["system"]) == ["python3"]
    assert json.loads(pathlib.Path(tmp_path / "prefix/share/manifest.json").read_text()) == manifest


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
