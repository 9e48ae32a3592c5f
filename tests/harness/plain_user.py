# SPDX-License-Identifier: Apache-2.0
"""A worker that is not root, with control groups of its own or with none.

For tests that run as root. The user owns nothing but its work folder; the installation is copied
to where it can read it. It has a name, and subordinate ids, in a mount namespace of its own.
"""
import ctypes
import os
import pathlib
import re
import shutil
import tempfile

UID = 54321
CONTROLLERS = ("memory", "pids", "cpu")
SUBORDINATE = range(1_000_000, 1_065_536)
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000
VERSION2 = pathlib.Path("/sys/fs/cgroup")


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


def has_version2():
    """Whether the control groups are those of version 2 alone, with the controllers for limits."""
    try:
        names = (VERSION2 / "cgroup.controllers").read_text(encoding="utf-8").split()
    except OSError:
        return False
    return set(CONTROLLERS) <= set(names)


def missing_for_subordinate_ids():
    """What this machine lacks for them."""
    files = ("/usr/bin/newuidmap", "/usr/bin/newgidmap", "/etc/subuid", "/etc/subgid")
    return [name for name in files if not os.path.exists(name)]


def new_groups(name):
    """Folders of new groups of this name, one a hierarchy."""
    if has_version2():
        (VERSION2 / "cgroup.subtree_control").write_text("+memory +pids +cpu", encoding="utf-8")
    groups = [VERSION2] if has_version2() else version1_groups().values()
    folders = [group / name for group in groups]
    for folder in folders:
        folder.mkdir()
    return folders


def remove_groups(folders):
    for folder in folders:
        for below in folder.glob("cs-worker-*"):  # where a worker of version 2 was itself
            below.rmdir()
        folder.rmdir()


class RootInAGroup:
    """Root, alone in a group, as systemd starts a service: what version 2 asks for."""

    uid = 0

    def __init__(self):
        self.folders = new_groups(f"root-worker-{os.getpid()}")

    def preexec(self):
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(os.getpid()), encoding="utf-8")

    def readable_copy(self, prefix):
        return prefix

    def close(self):
        remove_groups(self.folders)


class PlainUser:
    """`preexec` for subprocess.Popen: becomes the user, in groups that are its own to divide or
    that it may not write below, with subordinate ids or without."""

    uid = UID

    def __init__(self, with_groups, with_subordinate_ids=False):
        self.folders = []
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="cstree-", dir="/tmp"))
        self.scratch.chmod(0o755)
        self.covers = self._files_of_etc() if with_subordinate_ids else {}
        for folder in new_groups(f"plain-user-{os.getpid()}") if with_groups else ():
            self.folders.append(folder)
            for name in ("", "cgroup.procs", "tasks", "cgroup.subtree_control"):
                if (folder / name).exists():
                    os.chown(folder / name, UID, UID)

    def _files_of_etc(self):
        """{name: contents in a file} of what tells of the user and its subordinate ids."""
        entry = f"csl-test:x:{UID}:{UID}::/:/bin/sh\n"
        ids = f"csl-test:{SUBORDINATE.start}:{len(SUBORDINATE)}\n"
        passwd = pathlib.Path("/etc/passwd").read_text(encoding="utf-8")
        covers = {}
        for name, text in (("passwd", passwd + entry), ("subuid", ids), ("subgid", ids)):
            covers["/etc/" + name] = self.scratch / name
            (self.scratch / name).write_text(text, encoding="utf-8")
        return covers

    def _cover(self):
        libc = ctypes.CDLL(None, use_errno=True)
        calls = [libc.unshare(CLONE_NEWNS),
                 libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None)]
        calls += [libc.mount(os.fsencode(source), os.fsencode(name), None, MS_BIND, None)
                  for name, source in self.covers.items()]
        assert not any(calls), os.strerror(ctypes.get_errno())

    def preexec(self):
        if self.covers:
            self._cover()
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
        remove_groups(self.folders)
        self.folders = []
