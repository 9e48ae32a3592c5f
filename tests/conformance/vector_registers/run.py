# SPDX-License-Identifier: Apache-2.0
"""Products of matrices and vectors on 2 x 2 PEs, compared with NumPy; more of them take longer."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

WIDTH, HEIGHT, SIZE = 2, 2, 6
COLUMN = 8  # elements of a column in memory

runner = host.runtime()
COPY = {"streaming": False, "order": MemcpyOrder.ROW_MAJOR, "nonblock": False}


def put(name, values):
    runner.memcpy_h2d(runner.get_id(name), values.ravel(), 0, 0, WIDTH, HEIGHT, values[0, 0].size,
                      data_type=MemcpyDataType.MEMCPY_32BIT, **COPY)


def get(name, size, data_type, dtype):
    words = np.zeros(HEIGHT * WIDTH * size, dtype)
    runner.memcpy_d2h(words, runner.get_id(name), 0, 0, WIDTH, HEIGHT, size, data_type=data_type,
                      **COPY)
    return words.reshape(HEIGHT, WIDTH, size)


def cycles():
    words = get("stamps", 6, MemcpyDataType.MEMCPY_16BIT, np.uint32).astype(np.uint64)
    start, end = (sum(words[..., first + k] << np.uint64(16 * k) for k in range(3))
                  for first in (0, 3))
    return end - start


runner.load()
runner.run()
rng = np.random.default_rng(seed=10)
columns = np.zeros((HEIGHT, WIDTH, SIZE, COLUMN), np.float32)
columns[..., :SIZE] = rng.integers(-20, 20, (HEIGHT, WIDTH, SIZE, SIZE))
vector = rng.integers(-20, 20, (HEIGHT, WIDTH, SIZE)).astype(np.float32)
put("columns", columns)
put("vector", vector)
product = np.einsum("yxji,yxj->yxi", columns, vector)
runner.launch("multiply", np.uint16(1), nonblock=False)
np.testing.assert_array_equal(get("result", COLUMN, MemcpyDataType.MEMCPY_32BIT, np.float32),
                              product)
once = cycles()
runner.launch("multiply", np.uint16(4), nonblock=False)
np.testing.assert_array_equal(get("result", COLUMN, MemcpyDataType.MEMCPY_32BIT, np.float32),
                              5 * product)
assert (once > SIZE * SIZE).all() and (cycles() > 3 * once).all(), (once, cycles())
assert len(set(once.ravel())) == 1, "tiles with the same program take the same time"
runner.stop()
print("SUCCESS")
