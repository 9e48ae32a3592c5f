#!/usr/bin/env cs_python
# SPDX-License-Identifier: Apache-2.0
"""fidelity_spmm_host.py ARTIFACT WIDTH HEIGHT N K M: runs a gemm program of SpMM_Cerebras.

Prints the cycles between its two time stamps for each PE of the last column. Exits 1 if C is wrong.
"""
import sys

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import (  # pylint: disable=no-name-in-module
    MemcpyDataType, MemcpyOrder, SdkRuntime)

artifact = sys.argv[1]
width, height, N, K, M = (int(word) for word in sys.argv[2:])
Nt, Kt = N // height, K // width
generator = np.random.default_rng(1)
A = generator.integers(1, 5, (N, K)).astype(np.float32)
B = generator.integers(1, 5, (K, M)).astype(np.float32)

options = {"streaming": False, "data_type": MemcpyDataType.MEMCPY_32BIT,
           "order": MemcpyOrder.ROW_MAJOR, "nonblock": False}
runner = SdkRuntime(artifact)
symbols = {name: runner.get_id(name) for name in ("A", "B", "C", "time_memcpy")}
runner.load()
runner.run()
tiles = A.reshape(height, Nt, width, Kt).transpose(0, 2, 1, 3)
runner.memcpy_h2d(symbols["A"], tiles.ravel(), 0, 0, width, height, Nt * Kt, **options)
runner.memcpy_h2d(symbols["B"], B.ravel(), 0, 0, width, 1, Kt * M, **options)
runner.launch("bcast_B", nonblock=False)
C = np.zeros(N * M, np.float32)
runner.memcpy_d2h(C, symbols["C"], width - 1, 0, 1, height, Nt * M, **options)
stamps = np.zeros(height * 3, np.float32)
runner.memcpy_d2h(stamps, symbols["time_memcpy"], width - 1, 0, 1, height, 3, **options)
runner.stop()

words = stamps.view(np.uint16).reshape(height, 2, 3).astype(np.int64)
start, end = (words << np.array([0, 16, 32])).sum(axis=2).T
print(*(end - start))
sys.exit(0 if np.array_equal(C.reshape(N, M), A @ B) else 1)
