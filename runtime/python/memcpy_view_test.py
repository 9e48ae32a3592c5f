# SPDX-License-Identifier: Apache-2.0
"""Conversions between host arrays and 32-bit words."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import numpy as np
import pytest

from cerebras.sdk import sdk_utils


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int16, np.float16, np.float32])
def test_memcpy_view_is_a_view_of_the_low_bits(dtype):
    words = np.array([[0xABCD3C01, 0x0000FFFF], [7, 0x80000000]], dtype=np.uint32)
    view = sdk_utils.memcpy_view(words, np.dtype(dtype))
    assert view.shape == words.shape and view.dtype == dtype
    assert view[0, 0].tobytes() == words[0, 0].tobytes()[:view.dtype.itemsize]
    view[1, 0] = 3
    assert words[1, 0].tobytes()[:view.dtype.itemsize] == np.array(3, dtype).tobytes()


def test_memcpy_view_of_strided_arrays():
    words = np.arange(12, dtype=np.uint32).reshape(3, 4)
    assert (sdk_utils.memcpy_view(words[:, ::2], np.int16) == words[:, ::2]).all()
    assert (sdk_utils.memcpy_view(words.T, np.int16) == words.T).all()


def test_memcpy_view_refuses_other_widths():
    with pytest.raises(TypeError, match="4-byte"):
        sdk_utils.memcpy_view(np.zeros(2, np.int16), np.int16)
    with pytest.raises(TypeError, match="list"):
        sdk_utils.memcpy_view([1], np.int16)
    with pytest.raises(ValueError, match="float64"):
        sdk_utils.memcpy_view(np.zeros(2, np.uint32), np.float64)


def test_input_array_zero_extends():
    data = np.array([1, -1, 5], dtype=np.int16)
    assert sdk_utils.input_array_to_u32(data, None, 3).tolist() == [1, 0xFFFF, 5]
    assert sdk_utils.input_array_to_u32(arr=data).dtype == np.uint32


def test_input_array_puts_the_index_above():
    data = np.full(6, 0x1234, dtype=np.uint16)
    words = sdk_utils.input_array_to_u32(np_arr=data, sentinel=1, fast_dim_sz=3)
    assert words.tolist() == [0x1234, 0x11234, 0x21234] * 2
    table = sdk_utils.input_array_to_u32(data.reshape(2, 3), sentinel=0, fast_dim_sz=3)
    assert table.shape == (2, 3) and (table.ravel() == words).all()


def test_input_array_keeps_bits_of_floats():
    data = np.array([1.5], dtype=np.float16)
    assert sdk_utils.input_array_to_u32(data, None, 1).tolist() == [0x3E00]
    words = np.array([1.5], dtype=np.float32)
    assert sdk_utils.input_array_to_u32(words, None, 1).tolist() == [0x3FC00000]


def test_input_array_refuses_what_it_cannot_convert():
    with pytest.raises(TypeError, match="float64"):
        sdk_utils.input_array_to_u32(np.zeros(2), None, 2)
    with pytest.raises(TypeError):
        sdk_utils.input_array_to_u32(sentinel=1)
    for size in (0, 65537):
        with pytest.raises(ValueError, match=str(size)):
            sdk_utils.input_array_to_u32(np.zeros(2, np.int16), 1, size)


def test_calculate_cycles_unpacks_two_stamps():
    start, end = 0x0001_FFFF_FFF0, 0x0002_0000_0010
    halves = [stamp >> 16 * i & 0xFFFF for stamp in (start, end) for i in range(3)]
    packed = np.array(halves, dtype=np.uint16).view(np.float32)
    assert sdk_utils.calculate_cycles(packed) == 0x20
    with pytest.raises(ValueError, match="three"):
        sdk_utils.calculate_cycles(np.zeros(4, np.float32))


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
