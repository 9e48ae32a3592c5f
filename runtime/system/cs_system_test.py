# SPDX-License-Identifier: Apache-2.0
"""The program cs-system: its options, its address line, its end."""
import ctypes
import pathlib
import re
import signal
import socket
import subprocess
import sys

import pytest

PROGRAM = pathlib.Path("runtime/system/cs-system").absolute()


def end_with_parent():
    """In a child: have the kernel end it when the test does, however that ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def started(*options, **keywords):
    return subprocess.Popen([PROGRAM, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, preexec_fn=end_with_parent, **keywords)


def connects(address):
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host.strip("[]"), int(port)), timeout=10):
        return True


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_its_address_and_ends_cleanly(end):
    with started("--listen", "127.0.0.1:0") as system:
        line = system.stdout.readline()
        assert connects(re.fullmatch(r"listening on (127\.0\.0\.1:\d+)\n", line).group(1))
        system.send_signal(end)
        assert system.wait(10) == 0
        assert system.stderr.read() == ""


def test_it_ends_in_the_middle_of_a_conversation():
    with started() as system:
        host, port = system.stdout.readline().split()[-1].rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=10):
            system.terminate()
            assert system.wait(10) == 0


def test_an_inherited_socket():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.fileno()
        address = "%s:%d" % listener.getsockname()
        with started("--listen-fd", str(number), pass_fds=[number]) as system:
            assert system.stdout.readline() == f"listening on {address}\n"
            assert connects(address)
            system.terminate()
            assert system.wait(10) == 0


@pytest.mark.parametrize("options, text", [
    (["--listen", "nowhere"], "nowhere"),
    (["--listen", "127.0.0.1:99999"], "99999"),
    (["--listen-fd", "0"], "not a listening socket"),
    (["--listen-fd", "3", "--listen", "127.0.0.1:0"], "listen"),
    (["--threads", "65"], "65"),
    (["--colour"], "--colour"),
])
def test_wrong_options_are_named(options, text):
    with started(*options, stdin=subprocess.DEVNULL) as system:
        _, errors = system.communicate(timeout=10)
        assert system.returncode == 2
        assert text in errors


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
