# SPDX-License-Identifier: Apache-2.0
"""docs/two_machines.md as typed: a shell of root on each of two machines, which are namespaces of
this one's kernel with a network, an /opt and a /srv of their own."""
import contextlib
import os
import queue
import subprocess
import sys
import tempfile
import threading

import pytest

from tests.docs import page
from tests.harness import toolchain
from tests.harness.appliance import descendants
from tests.harness.networks import Networks, why_no_networks

PAGE = toolchain.runfiles_root() / "docs/two_machines.md"
MACHINES = ("service", "worker")
BLOCK_TIMEOUT_S = 120
_END = "== end of block:"


class Machine:
    """A shell on a machine that has nothing but two installations."""

    def __init__(self, net, name, tools):
        for folder in ("/opt", "/srv"):
            net.mount(name, "-t", "tmpfs", "none", folder)
        inside = net.inside(name, "--mount")
        for version in ("csl-1", "csl-2"):
            # One installation under two names: what an upgrade does to it is tested elsewhere.
            subprocess.run([*inside, "mkdir", f"/opt/{version}"], check=True)
            net.mount(name, "--bind", str(tools.prefix), f"/opt/{version}")
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/srv", "LANG": "C.UTF-8",
                       "SOURCE": str(toolchain.runfiles_root())}
        self.errors = tempfile.TemporaryFile("w+")  # closed by close()
        self.shell = subprocess.Popen([*inside, "bash", "-euo", "pipefail"], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=self.errors, env=environment)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        self.say("trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n")

    def _read(self):
        for line in self.shell.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def say(self, text):
        self.shell.stdin.write(text)
        self.shell.stdin.flush()

    def run(self, commands, pasted):
        """What the commands print; `pasted` goes to their `read`."""
        self.say(commands)
        if commands.startswith("read -r "):
            self.say(pasted)
        self.say(f"echo '{_END}'\n")
        printed = []
        while True:
            line = self.lines.get(timeout=BLOCK_TIMEOUT_S)
            if line is None:
                self.errors.seek(0)
                raise AssertionError(f"the shell ended at\n{commands}\n{''.join(printed)}\n"
                                     f"{self.errors.read()}")
            if line.rstrip("\n") == _END:
                return printed
            printed.append(line)

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.shell.stdin.close()
        try:
            self.shell.wait(60)
        finally:
            self.shell.kill()
            self.reader.join()
            self.shell.stdout.close()
            self.errors.close()


def typed(text):
    """The blocks of commands, in order; all of them are typed on one of the machines."""
    found = [block for block in page.blocks(text) if block.language == "sh"]
    for block in found:
        assert block.mark == "run" and block.machine in MACHINES, f"line {block.first}"
    return found


def play(text):
    """Types the page; what every block printed."""
    if why := why_no_networks():
        pytest.skip(why)
    tools = toolchain.installed()
    printed = []
    with contextlib.ExitStack() as stack:
        net = stack.enter_context(contextlib.closing(Networks(*MACHINES)))
        net.cable(1, *MACHINES)
        machines = {name: stack.enter_context(contextlib.closing(Machine(net, name, tools)))
                    for name in MACHINES}
        for block in typed(text):
            # What is pasted is the last line that the other machine has printed.
            pasted = printed[-1][-1] if printed and printed[-1] else ""
            printed.append(machines[block.machine].run(block.text, pasted))
    left = {pid: line for pid, line in descendants(os.getpid()).items()
            if "/srv/" in line or "/opt/csl" in line}
    assert not left
    return printed


def test_every_command_of_the_page_is_run():
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("```sh") == len(typed(text)) > 10


def test_the_page_works_as_typed():
    printed = play(PAGE.read_text(encoding="utf-8"))
    assert sum(lines.count("SUCCESS\n") for lines in printed) == 3, printed


def test_a_wrong_pin_is_found():
    text = PAGE.read_text(encoding="utf-8")
    wrong = text.replace("$line --config-dir", "${line%sha256:*}sha256:" + "0" * 64
                         + " --config-dir")
    assert wrong != text
    with pytest.raises(AssertionError, match="not trusted|pin"):
        play(wrong)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
