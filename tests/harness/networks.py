# SPDX-License-Identifier: Apache-2.0
"""Several machines for a test, joined by networks. Needs root."""
import os
import pathlib
import shutil
import subprocess

from tests.harness.appliance import wait_until


class Networks:
    """Machines that are namespaces of this one's kernel: each has a network and mounts of its own.
    Cables of two addresses join them."""

    def __init__(self, *names):
        self.holders = {}
        try:
            for name in names:
                self.holders[name] = subprocess.Popen(
                    ["unshare", "--net", "--mount", "sleep", "3600"])
                comm = pathlib.Path(f"/proc/{self.holders[name].pid}/comm")
                wait_until(lambda comm=comm: comm.read_text() == "sleep\n",
                           "its namespaces are made")
                self.ip(name, "link", "set", "lo", "up")
        except BaseException:
            self.close()
            raise

    def inside(self, name, *also):
        """What goes before a command that is to run there; `also`: `--mount`."""
        return ("nsenter", "--net", *also, f"--target={self.holders[name].pid}")

    def mount(self, name, *args):
        subprocess.run([*self.inside(name, "--mount"), "mount", *args], check=True,
                       capture_output=True)

    def ip(self, name, *args):
        subprocess.run([*self.inside(name), "ip", *args], check=True, capture_output=True)

    def cable(self, number, one, other):
        """Joins two; the first has address 10.99.NUMBER.1 there, the second .2."""
        ends = f"c{number}a", f"c{number}b"
        self.ip(one, "link", "add", "name", ends[0], "type", "veth", "peer", "name", ends[1],
                "netns", str(self.holders[other].pid))
        for place, (name, end) in enumerate(((one, ends[0]), (other, ends[1])), 1):
            self.ip(name, "address", "add", f"10.99.{number}.{place}/24", "dev", end)
            self.ip(name, "link", "set", end, "up")

    def close(self):
        for holder in self.holders.values():
            holder.kill()
            holder.wait()


def why_no_networks():
    """Why this machine cannot play several; empty: it can."""
    if os.geteuid() != 0:
        return "only root can join network namespaces"
    for program in ("unshare", "nsenter", "ip"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    done = subprocess.run(["unshare", "--net", "ip", "link", "add", "name", "end1", "type",
                           "veth", "peer", "name", "end2"], check=False, capture_output=True,
                          text=True)
    return "" if done.returncode == 0 else f"the kernel has no cables: {done.stderr.strip()}"
