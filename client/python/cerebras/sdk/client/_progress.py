# SPDX-License-Identifier: Apache-2.0
"""One line on a terminal that says how far a long transfer or wait is; nothing elsewhere."""
import os
import sys
import threading
import time
from typing import Optional, TextIO

_FIRST_S = 1.0  # shorter ones say nothing
_WIDTH = 20
_MB = 1e6


class ProgressLine:
    """Draws over itself on `stream`, and is gone when what it tells of has ended.

    CS_APPLIANCE_PROGRESS=0 switches it off. Thread safe: of several transfers at once the latest
    news is shown.
    """

    def __init__(self, stream: Optional[TextIO] = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._lock = threading.Lock()
        self._began = {}
        self._is_drawn = False

    @property
    def is_wanted(self) -> bool:
        """Whether anybody looks."""
        if os.environ.get("CS_APPLIANCE_PROGRESS") == "0" or os.environ.get("TERM") == "dumb":
            return False
        try:
            return self._stream.isatty()
        except (AttributeError, ValueError):
            return False

    def transfer(self, what: str, done: int, total: int) -> None:
        """`done` of `total` bytes; the end is done == total."""
        with self._lock:
            began = self._began.setdefault(what, time.monotonic())
            if done >= total:
                del self._began[what]
                self._clear()
            elif time.monotonic() - began >= _FIRST_S:
                part = done / total
                self._draw("{} [{}] {:3.0f} % of {:.1f} MB".format(
                    what, ("#" * int(part * _WIDTH)).ljust(_WIDTH), 100 * part, total / _MB))

    def wait(self, what: str, seconds: float) -> None:
        """Something is waited for since `seconds`."""
        with self._lock:
            if seconds >= _FIRST_S:
                self._draw("{} ({:.0f} s)".format(what, seconds))

    def clear(self) -> None:
        """What was waited for is there."""
        with self._lock:
            self._clear()

    def _draw(self, text: str) -> None:
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns
        except (OSError, ValueError):
            columns = 0
        columns = columns or 80  # not known
        self._write("\r" + text[:max(columns - 1, 1)] + "\x1b[K")
        self._is_drawn = True

    def _clear(self) -> None:
        if self._is_drawn:
            self._write("\r\x1b[K")
        self._is_drawn = False

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            pass  # the terminal is gone; the work continues
