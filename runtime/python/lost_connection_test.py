# SPDX-License-Identifier: Apache-2.0
"""A CS system that ends, or that nothing comes back from any more, while a host script waits."""
import array
import contextlib
import fcntl
import re
import signal
import socket
import struct
import subprocess
import sys
import threading

import numpy as np
import pytest

from runtime.python.device_fixtures import ROOT, end_with_parent, folder_fixture, out_fixture

from cerebras.sdk.runtime.sdkruntimepybind import (
    MemcpyDataType, MemcpyOrder, SdkConnectionError, SdkRuntime)

# A call that does not notice would wait for minutes; the promise is 5 s.
PATIENCE_S = 40
IN_A_NETWORK_OF_ITS_OWN = "--in-a-network-of-its-own"


@contextlib.contextmanager
def cs_system():
    """A CS system's process and address."""
    with subprocess.Popen([ROOT / "runtime/system/cs-system", "--listen", "127.0.0.1:0"],
                          stdout=subprocess.PIPE, text=True,
                          preexec_fn=end_with_parent) as process:
        try:
            yield process, re.search(r"127\.0\.0\.1:\d+", process.stdout.readline()).group(0)
        finally:
            process.kill()


def start(out, cmaddr):
    runner = SdkRuntime(out, cmaddr=cmaddr)
    runner.load()
    runner.run()
    return runner


def expect_loss(runner, cmaddr):
    """A launch that never ends must end with the address; so must every later call."""
    signal.alarm(PATIENCE_S)
    with pytest.raises(SdkConnectionError, match=re.escape(cmaddr)):
        runner.launch("spin", nonblock=False)
    with pytest.raises(SdkConnectionError, match=re.escape(cmaddr)):
        runner.memcpy_h2d(0, np.zeros(1, np.int32), 0, 0, 1, 1, 1, streaming=True,
                          data_type=MemcpyDataType.MEMCPY_32BIT, order=MemcpyOrder.ROW_MAJOR,
                          nonblock=False)
    with pytest.raises(SdkConnectionError):
        runner.stop()
    signal.alarm(0)


def test_a_killed_system_is_a_connection_error(out):
    with cs_system() as (process, cmaddr):
        runner = start(out, cmaddr)
        threading.Timer(0.3, process.kill).start()
        expect_loss(runner, cmaddr)


def test_a_system_that_is_gone_between_calls(out):
    with cs_system() as (process, cmaddr):
        runner = start(out, cmaddr)
        process.kill()
        process.wait()
        expect_loss(runner, cmaddr)


def set_loopback(up):
    """Of this network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh", b"lo", 0x49 if up else 0x48)  # IFF_UP, LOOPBACK, RUNNING
        fcntl.ioctl(control, 0x8914, array.array("b", request.ljust(40, b"\0")))  # SIOCSIFFLAGS


def drop_the_link(out):
    """In a network namespace of its own, whose loopback goes down while a call waits."""
    set_loopback(True)
    with cs_system() as (_, cmaddr):
        runner = start(out, cmaddr)
        threading.Timer(0.3, set_loopback, (False,)).start()
        expect_loss(runner, cmaddr)
        set_loopback(True)


def test_a_network_that_delivers_nothing_is_a_connection_error(out):
    done = subprocess.run(
        ["unshare", "--map-root-user", "--net", sys.executable, __file__,
         IN_A_NETWORK_OF_ITS_OWN, out], check=False, text=True, capture_output=True,
        timeout=2 * PATIENCE_S)
    if "unshare failed" in done.stderr:
        pytest.skip("network namespaces are not to be had here: " + done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    if IN_A_NETWORK_OF_ITS_OWN in sys.argv:
        drop_the_link(sys.argv[-1])
    else:
        sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
