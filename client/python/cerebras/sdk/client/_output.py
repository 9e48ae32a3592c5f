# SPDX-License-Identifier: Apache-2.0
"""What SdkLauncher.run returns, and how output is shown while a command runs."""
import logging
from typing import Any, Callable, List, Optional


class RunOutput(str):
    """The commands' standard output, with more about them, one entry per command.

    Attributes:
        exit_codes: as the shell reports them.
        stderr: standard error of all commands.
        durations: seconds.
        max_rss: peak memory in bytes.
    """

    exit_codes: List[int]
    stderr: str
    durations: List[float]
    max_rss: List[int]

    def __new__(cls, text: str = "", results: Any = ()) -> "RunOutput":
        made = super().__new__(cls, text)
        made.exit_codes = [result["exit_code"] for result in results]
        made.stderr = "".join(decode(result["stderr"]) for result in results)
        made.durations = [result["duration_ms"] / 1000 for result in results]
        made.max_rss = [result["max_rss_bytes"] for result in results]
        return made

    def __getnewargs__(self):
        return (str(self),)


def decode(data: bytes) -> str:
    """Bytes of a program as text, whatever they are."""
    return data.decode("utf-8", "replace")


class LineLogger:
    """Collects pieces of output and logs each whole line."""

    def __init__(self, logger: logging.Logger, level: int, label: str,
                 listener: Optional[Callable[[str], None]]) -> None:
        self._logger = logger
        self._level = level
        self._label = label
        self._listener = listener
        self._rest = b""

    def __call__(self, piece: bytes) -> None:
        lines = (self._rest + piece).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            self._emit(line, "\n")

    def close(self) -> None:
        """Logs what has no line end."""
        if self._rest:
            self._emit(self._rest, "")
        self._rest = b""

    def _emit(self, line: bytes, end: str) -> None:
        text = decode(line)
        self._logger.log(self._level, "[%s] %s", self._label, text)
        if self._listener is not None:
            self._listener(text + end)
