# SPDX-License-Identifier: Apache-2.0
"""Reads the sizes back from out.json, where every parameter is a string."""
import json
import pathlib

import numpy as np
import host
from host import args, COPY

params = json.loads((pathlib.Path(args.name) / "out.json").read_text())["params"]
assert params == {"rows": "3", "cols": "11", "offset": "4294967290"}, params
rows, cols, offset = (int(params[name]) for name in ("rows", "cols", "offset"))

runner = host.runtime()
grid_id, sums_id = runner.get_id("grid"), runner.get_id("row_sums")
runner.load()
runner.run()
grid = np.random.default_rng(3).integers(0, 2**32, rows * cols, dtype=np.uint32)
runner.memcpy_h2d(grid_id, grid, 0, 0, 1, 1, rows * cols, **COPY)
runner.launch("sum_rows", nonblock=False)
sums = np.zeros(rows, dtype=np.uint32)
runner.memcpy_d2h(sums, sums_id, 0, 0, 1, 1, rows, **COPY)
runner.stop()

expected = (3 * grid.reshape(rows, cols).astype(object)).sum(axis=1) + offset
np.testing.assert_array_equal(sums, [value % 2**32 for value in expected])
print("SUCCESS")
