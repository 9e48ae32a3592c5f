# SPDX-License-Identifier: Apache-2.0
"""bazel run //:install -- --prefix DIR: puts the installed tree into DIR.

An earlier installation in DIR is replaced: files that only it had are removed, files that are not
ours stay. DIR/share/manifest.json then also names the system libraries this was built with.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess

MANIFEST = "share/manifest.json"


def system_versions(listing):
    """{package: version} of those packages of tools/packages.txt that are installed."""
    packages = [line for line in listing.splitlines() if line and line[0] not in "#["]
    command = ["dpkg-query", "-W", "-f=${Package} ${Version}\n", *packages]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return {}
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line.strip())


def old_files(prefix):
    try:
        return set(json.loads((prefix / MANIFEST).read_text())["files"])
    except (OSError, ValueError, KeyError):
        return set()


def put(source, target):
    """Replaces `target` in one step, so that a program that is running keeps its old file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.new")
    shutil.copyfile(source, beside)
    beside.chmod(0o755 if os.access(source, os.X_OK) and target.parent.name == "bin" else 0o644)
    os.replace(beside, target)


def install(tree, prefix, listing):
    """Returns the manifest that it wrote."""
    manifest = json.loads((tree / MANIFEST).read_text())
    for stale in old_files(prefix) - set(manifest["files"]):
        (prefix / stale).unlink(missing_ok=True)
    for place in manifest["files"]:
        put(tree / place, prefix / place)
    manifest["system"] = system_versions(listing)
    (prefix / "share").mkdir(parents=True, exist_ok=True)
    (prefix / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    return manifest


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prefix", required=True, type=pathlib.Path)
    parser.add_argument("--tree", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--packages", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    # Bazel runs this in a folder of its own and says where the user was.
    prefix = pathlib.Path(os.environ.get("BUILD_WORKING_DIRECTORY", ".")) / args.prefix
    manifest = install(args.tree, prefix, args.packages.read_text())
    print(f"installed version {manifest['version']}, {len(manifest['files'])} files, in {prefix}")
    print(f"put it on the path: export PATH={prefix}/bin:$PATH")


if __name__ == "__main__":
    main()
