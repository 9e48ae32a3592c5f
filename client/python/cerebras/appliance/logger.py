# SPDX-License-Identifier: Apache-2.0
"""`from cerebras.appliance import logger` gives a logging.Logger: the one above all of ours.

Its level counts for all that the client logs. As long as the program has configured no logging of
its own, what is logged goes to standard error; never to standard output, which belongs to scripts.
"""
import logging
import sys

_FORMAT = "%(asctime)s %(levelname)s:   %(message)s"


class _FallbackHandler(logging.StreamHandler):
    """Standard error, as long as nobody has set up the root logger."""

    def emit(self, record: logging.LogRecord) -> None:
        if not logging.getLogger().handlers:
            self.stream = sys.stderr
            super().emit(record)


def _make() -> logging.Logger:
    top = logging.getLogger("cerebras")
    if top.level == logging.NOTSET:
        top.setLevel(logging.INFO)
    if not any(isinstance(handler, _FallbackHandler) for handler in top.handlers):
        handler = _FallbackHandler()
        handler.setFormatter(logging.Formatter(_FORMAT))
        top.addHandler(handler)
    return top


# The module's name stands for the logger itself.
sys.modules[__name__] = _make()  # type: ignore[assignment]
