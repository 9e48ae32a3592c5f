# SPDX-License-Identifier: Apache-2.0
"""A matrix product in blocks that are broadcast along both axes."""
import numpy as np
import host
from host import COPY

P, SIZE = 3, 5

runner = host.runtime()
ids = {name: runner.get_id(name) for name in "ABC"}
runner.load()
runner.run()


def blocks(matrix):
    """[row of PEs][column of PEs][elements of a block, column by column]"""
    return matrix.reshape(P, SIZE, P, SIZE).transpose(0, 2, 3, 1)


for shift in range(2):
    A = np.arange((P * SIZE) ** 2, dtype=np.float32).reshape(P * SIZE, P * SIZE) % 8 - shift
    B = np.arange((P * SIZE) ** 2, dtype=np.float32).reshape(P * SIZE, P * SIZE) % 5 - 2
    for name, matrix in (("A", A), ("B", B)):
        runner.memcpy_h2d(ids[name], blocks(matrix).ravel(), 0, 0, P, P, SIZE * SIZE, **COPY)
    runner.launch("multiply", nonblock=False)
    got = np.zeros((P * SIZE) ** 2, np.float32)
    runner.memcpy_d2h(got, ids["C"], 0, 0, P, P, SIZE * SIZE, **COPY)
    np.testing.assert_array_equal(got, blocks(A @ B).ravel())
runner.stop()
print("SUCCESS")
