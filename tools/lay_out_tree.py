# SPDX-License-Identifier: Apache-2.0
"""lay_out_tree LISTING VERSION_FILE TREE: copies each "place<TAB>source" of LISTING below TREE.

Writes TREE/share/manifest.json: the version, and the SHA-256 of each file by its place.
"""
import hashlib
import json
import pathlib
import shutil
import sys


def mode_of(place, source):
    """Programs run; nothing else does."""
    return 0o755 if place.startswith("bin/") else 0o644


def lay_out(listing, version, tree):
    digests = {}
    for line in listing.read_text().splitlines():
        place, source = line.split("\t")
        if place in digests:
            raise SystemExit(f"two files for one place of the installed tree: {place}")
        target = tree / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(mode_of(place, source))
        digests[place] = hashlib.sha256(target.read_bytes()).hexdigest()
    manifest = {"version": version, "files": digests}
    (tree / "share").mkdir(parents=True, exist_ok=True)
    (tree / "share/manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    LISTING, VERSION, TREE = map(pathlib.Path, sys.argv[1:])
    lay_out(LISTING, VERSION.read_text().strip(), TREE)
