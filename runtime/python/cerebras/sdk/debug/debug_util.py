# SPDX-License-Identifier: Apache-2.0
"""Reads a program's memory from the core file of a run.

    runner.stop()                               # leaves out.core
    debug = debug_util("out")
    debug.get_symbol(4, 1, "y", np.float32)     # columns and rows of the whole fabric
    debug.read_trace(4, 1, "trace")             # of <debug>
"""
import math
import os
from typing import Any, List, Optional, Tuple, Union

import numpy as np

from cerebras.sdk.runtime.sdkruntimepybind import SdkLookupError, SdkValueError, _ProgramCore

TraceValue = Union[bool, int, float, str]

# docs/formats/trace_buffer.md: records whose value lies in the words behind the first.
_WORD_TYPES = {4: np.uint16, 5: np.int16, 7: np.uint32, 8: np.int32, 9: np.float32,
               12: np.uint64, 13: np.int64}
_BYTE_TYPES = {1: np.bool_, 2: np.uint8, 3: np.int8}
_FLOAT16, _STRING, _TIME_STAMP = 6, 10, 11


def _cb16(bits: int) -> float:
    """A 16-bit float with 6 bits of exponent, bias 42, and 9 of fraction."""
    sign = -1.0 if bits >> 15 else 1.0
    exponent, fraction = bits >> 9 & 63, bits & 511
    if exponent == 63:
        return math.nan if fraction else sign * math.inf
    if exponent == 0:
        return sign * math.ldexp(fraction, 1 - 42 - 9)
    return sign * math.ldexp(512 + fraction, exponent - 42 - 9)


def _float16(bits: int, fp16_format: str) -> float:
    if fp16_format == "cb16":
        return _cb16(bits)
    if fp16_format == "bf16":
        return np.array([bits << 16], np.uint32).view(np.float32)[0].item()
    return np.array([bits], np.uint16).view(np.float16)[0].item()


class debug_util:  # pylint: disable=invalid-name
    """Reads the core file that stop() left (docs/formats/core.md).

    bindir: the folder that cslc wrote, with the program that ran.
    cmaddr: accepted for compatibility; the core file is always on the host.
    core_path: the core file; out.core in the current folder by default.

    Raises FileNotFoundError if there is no program or no core file, RuntimeError if the core is of
    another program.
    """

    def __init__(self, bindir: Union[str, "os.PathLike[str]"], cmaddr: Optional[str] = None, *,
                 core_path: Union[str, "os.PathLike[str]"] = "out.core") -> None:
        self._core = _ProgramCore(bindir, core_path)

    def get_symbol(self, col: int, row: int, symbol: str, dtype: Any) -> np.ndarray:
        """A variable of the PE at (col, row) of the fabric, as a 1-D array of `dtype`.

        Raises LookupError for a name that the PE's program does not have, ValueError for a PE
        outside of the program or a dtype that does not divide the variable's size.
        """
        raw = self._core.read_symbol(col, row, symbol)
        kind = np.dtype(dtype)
        if kind.itemsize == 0 or len(raw) % kind.itemsize != 0:
            raise SdkValueError(f"dtype: '{symbol}' has {len(raw)} bytes, no multiple of the "
                                f"{kind.itemsize} bytes of {kind}")
        return np.frombuffer(raw, kind).copy()

    def get_symbol_rect(self, rectangle: Tuple[Tuple[int, int], Tuple[int, int]], symbol: str,
                        dtype: Any) -> np.ndarray:
        """A variable of every PE of ((col, row), (width, height)).

        The result has the shape (width, height, elements): columns first.
        """
        (col, row), (width, height) = rectangle
        if width < 1 or height < 1:
            raise SdkValueError(f"rectangle = {rectangle}: width and height must be at least 1")
        return np.stack([np.stack([self.get_symbol(col + x, row + y, symbol, dtype)
                                   for y in range(height)]) for x in range(width)])

    def read_trace(self, px: int, py: int, name: str) -> List[TraceValue]:
        """The values that the PE at (px, py) of the fabric recorded with the <debug> key `name`.

        Values are in the order of the calls: bool, int, float and str; a time stamp is an int.

        Raises LookupError if the program has no such buffer, ValueError for a PE outside of the
        program or an overwritten buffer.
        """
        buffer = "debug.trace." + name
        try:
            words = self.get_symbol(px, py, buffer, np.uint16)
        except SdkLookupError:
            raise SdkLookupError(
                f"the program of PE ({px}, {py}) has no trace buffer '{name}': nothing in it "
                f"imports <debug> with .key = \"{name}\", or nothing traces with it") from None
        used, records = int(words[0]), words[2:]
        values: List[TraceValue] = []
        at = 0
        while at < min(used, len(records)):
            value, size = self._record(px, py, records[at:])
            values.append(value)
            at += size
        return values

    def _record(self, col: int, row: int, words: np.ndarray) -> Tuple[TraceValue, int]:
        """The first record of `words`, and how many of them it takes."""
        tag, byte = int(words[0]) & 255, int(words[0]) >> 8
        if tag in _BYTE_TYPES:
            return np.array([byte], np.uint8).view(_BYTE_TYPES[tag])[0].item(), 1
        if tag in _WORD_TYPES:
            size = np.dtype(_WORD_TYPES[tag]).itemsize // 2
            return words[1:1 + size].copy().view(_WORD_TYPES[tag])[0].item(), 1 + size
        if tag == _FLOAT16:
            return _float16(int(words[1]), self._core.fp16_format), 2
        if tag == _STRING:
            raw = self._core.read_memory(col, row, int(words[1]), int(words[2]))
            return raw.decode("utf-8", "replace"), 3
        if tag == _TIME_STAMP:
            return sum(int(words[1 + i]) << 16 * i for i in range(3)), 4
        raise SdkValueError(f"the trace has a record of an unknown kind ({tag}): its buffer was "
                            "written to by something else")
