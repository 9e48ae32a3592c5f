# SPDX-License-Identifier: Apache-2.0
"""Conversions between host arrays and the 32-bit words that copies move."""
from typing import Any, Optional

import numpy as np

# Stamps of the time-stamp counter have 48 bits: three words of 16.
_STAMP_WORDS = 3


def memcpy_view(arr: np.ndarray, datatype: Any) -> np.ndarray:
    """The low 32, 16 or 8 bits of each 4-byte element, as `datatype`.

    The result is a view of the same shape: writing to it writes to `arr`.

    Raises TypeError for elements that are not 4 bytes wide, ValueError for a type wider than that.
    """
    if not isinstance(arr, np.ndarray) or arr.dtype.itemsize != 4:
        given = getattr(arr, "dtype", type(arr).__name__)
        raise TypeError(f"arr: expected an array of 4-byte elements, got {given}")
    low = np.dtype(datatype)
    if low.itemsize not in (1, 2, 4):
        raise ValueError(f"datatype = {low}: must be a type of 1, 2 or 4 bytes")
    # A record of which only the low bytes have a name; little-endian, so they come first.
    record = np.dtype({"names": ["low"], "formats": [low], "offsets": [0], "itemsize": 4})
    return arr.view(record)["low"]


def input_array_to_u32(np_arr: Optional[np.ndarray] = None, sentinel: Optional[int] = None,
                       fast_dim_sz: Optional[int] = None, *,
                       arr: Optional[np.ndarray] = None) -> np.ndarray:
    """An array of 16-bit elements as uint32, one word per element, of the same shape.

    sentinel: None zero-extends each element. Any other value puts the element's index along the
        fastest dimension into the high half.
    fast_dim_sz: the size of the fastest dimension; the last axis by default.
    arr: an alias of the first argument.

    Arrays of 4-byte elements are returned as a uint32 view. Raises TypeError for other element
    sizes, ValueError for a fast_dim_sz that is not positive or does not fit into 16 bits.
    """
    if (np_arr is None) == (arr is None):
        raise TypeError("input_array_to_u32: expected one array, np_arr or arr")
    given = np.asarray(arr if np_arr is None else np_arr)
    if given.dtype.itemsize == 4:
        return given.view(np.uint32)
    if given.dtype.itemsize != 2:
        raise TypeError(f"np_arr: expected elements of 2 or 4 bytes, got {given.dtype}")
    low = given.view(np.uint16).astype(np.uint32)
    if sentinel is None:
        return low
    size = fast_dim_sz if fast_dim_sz is not None else (given.shape[-1] if given.ndim else 1)
    if not 0 < size <= 1 << 16:
        raise ValueError(f"fast_dim_sz = {size}: must be 1..65536")
    index = np.arange(low.size, dtype=np.uint32).reshape(low.shape) % np.uint32(size)
    return low | (index << np.uint32(16))


def calculate_cycles(timestamp_buf: np.ndarray) -> np.int64:
    """Cycles between two time stamps of one PE.

    timestamp_buf: three words of 4 bytes (usually float32 as copied from the device) that hold the
        48-bit start stamp, then the end stamp, as six 16-bit words, lowest first.
    """
    words = np.ascontiguousarray(timestamp_buf)
    if words.dtype.itemsize != 4 or words.size != _STAMP_WORDS:
        raise ValueError(f"timestamp_buf: expected three 4-byte elements, got {words.size} of "
                         f"{words.dtype}")
    halves = words.reshape(-1).view(np.uint16).astype(np.int64)
    start = halves[0] | halves[1] << 16 | halves[2] << 32
    end = halves[3] | halves[4] << 16 | halves[5] << 32
    return end - start
