# SPDX-License-Identifier: Apache-2.0
"""Runs a command of a toolchain for a bounded time, and leaves none of its processes behind."""
import os
import signal
import subprocess


def run(command, folder, toolchain, seconds):
    """(exit code or None if it was killed, output) of a command with `toolchain` first on PATH."""
    environment = dict(os.environ, PATH=f"{toolchain}:{os.environ['PATH']}")
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", start_new_session=True) as process:
        try:
            text, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            text, _ = process.communicate()
            return None, text
    return process.returncode, text
