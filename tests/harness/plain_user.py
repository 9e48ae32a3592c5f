# SPDX-License-Identifier: Apache-2.0
"""A worker that is not root, with control groups of its own or with none.

For tests that run as root. The user has no name and owns nothing but its work folder; the
installation is copied to where it can read it.
"""
import os
import pathlib
import re
import shutil
import tempfile

UID = 54321
CONTROLLERS = ("memory", "pids", "cpu")


def version1_groups():
    """The folders of this process's control groups of version 1, one a controller."""
    text = pathlib.Path("/proc/self/cgroup").read_text(encoding="utf-8")
    groups = {}
    for names, path in re.findall(r"^\d+:([^:]+):(.*)$", text, re.M):
        for name in names.split(","):
            folder = pathlib.Path("/sys/fs/cgroup") / name / path.lstrip("/")
            if name in CONTROLLERS and folder.is_dir():
                groups[name] = folder
    return groups


class PlainUser:
    """`preexec` for subprocess.Popen: becomes the user, in groups that are its own to divide or
    that it may not write below."""

    uid = UID

    def __init__(self, with_groups):
        self.folders = []
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="cstree-", dir="/tmp"))
        self.scratch.chmod(0o755)
        for group in version1_groups().values() if with_groups else ():
            folder = group / f"plain-user-{os.getpid()}"
            folder.mkdir()
            self.folders.append(folder)
            for path in (folder, folder / "cgroup.procs", folder / "tasks"):
                os.chown(path, UID, UID)

    def preexec(self):
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(os.getpid()), encoding="utf-8")
        os.setgroups([])
        os.setresgid(UID, UID, UID)
        os.setresuid(UID, UID, UID)

    def readable_copy(self, prefix):
        """A copy of the installed tree that every user can read."""
        copy = self.scratch / "tree"
        if not copy.exists():
            shutil.copytree(prefix, copy, symlinks=False)
            for path in [copy, *copy.rglob("*")]:
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        return copy

    def close(self):
        shutil.rmtree(self.scratch)
        for folder in self.folders:
            folder.rmdir()
        self.folders = []
