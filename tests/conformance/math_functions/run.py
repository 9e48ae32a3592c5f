# SPDX-License-Identifier: Apache-2.0
"""Compares every function with NumPy's in double precision, in units of the last place."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

N = 1024
BLOCKS = 4
EDGES = [0, -0.0, 1, -1, 2, 0.5, -0.5, 1.5, 2.5, np.inf, -np.inf, np.nan, 1e-45, 1.17549435e-38,
         3.4028235e38, 1e-10, 88.7, 88.72, -87.3, -103.9, -104]

runner = host.runtime()
runner.load()
runner.run()
rng = np.random.default_rng(1)
np.seterr(all="ignore")


def copy(to_host, array, name):
    transfer = runner.memcpy_d2h if to_host else runner.memcpy_h2d
    symbol = runner.get_id(name)
    pair = (array, symbol) if to_host else (symbol, array)
    transfer(*pair, 0, 0, 1, 1, N, streaming=False, order=MemcpyOrder.ROW_MAJOR,
             data_type=MemcpyDataType.MEMCPY_32BIT, nonblock=False)


def apply(which, x, y):
    """The PE's f32 and f16 results."""
    results = []
    for block in range(0, x.size, N):
        copy(False, x[block:block + N], "x")
        copy(False, y[block:block + N], "y")
        runner.launch("apply", np.uint16(which), nonblock=False)
        pair = np.zeros((2, N), np.float32)
        copy(True, pair[0], "result")
        copy(True, pair[1], "half_result")
        results.append(pair)
    return np.concatenate(results, axis=1)


def sample(*parts):
    """The edge values, then the parts, as f32."""
    values = np.concatenate([EDGES, *parts]).astype(np.float32)
    return np.resize(values, N * BLOCKS)


def distance(got, want, dtype):
    """In units of the last place of `dtype`; 0 where both are NaN or the same infinity."""
    rounded = want.astype(dtype)
    ulp = np.spacing(np.abs(rounded)).astype(np.float64)
    same = (np.isnan(got) & np.isnan(rounded)) | (got == rounded)
    off = np.abs(got.astype(np.float64) - want) / ulp
    # Overflow: the exact result is finite as a double, but not in the format.
    off = np.where(np.isinf(rounded) & np.isfinite(want), np.where(np.isinf(got), 0, np.inf), off)
    exact = same & ((got == 0) | ~np.isfinite(rounded))
    return np.where(exact, 0, np.where(np.isnan(off), np.inf, off))


def check(name, which, limit, x, function, y=None, domain=np.inf):
    y = x[::-1].copy() if y is None else y
    single, half = apply(which, x, y)
    inside = ~(np.abs(x) >= domain)
    off = distance(single, function(x.astype(np.float64), y.astype(np.float64)), np.float32)
    worst = np.argmax(np.where(inside, off, 0))
    assert off[worst] <= limit, (name, off[worst], x[worst], y[worst], single[worst])
    # f16 numbers into the functions, exact results rounded to f16.
    hx, hy = (v.astype(np.float16).astype(np.float64) for v in (x, y))
    off = distance(half, function(hx, hy), np.float16)
    worst = np.argmax(np.where(np.abs(hx) >= domain, 0, off))
    assert off[worst] <= 0.51, (name, "f16", off[worst], hx[worst], hy[worst], half[worst])


def bits():
    return rng.integers(0, 2**32, N).astype(np.uint32).view(np.float32)


def of_size(low, high, count=N):
    return rng.uniform(low, high, count)


positive = np.exp(of_size(-80, 80))
angles = [of_size(-51400, 51400), of_size(-10, 10), np.arange(1, 500) * np.pi / 2]
check("sqrt", 0, 0.5001, sample(positive, bits()), lambda x, y: np.sqrt(x))
check("exp", 1, 1, sample(of_size(-105, 89, 3 * N)), lambda x, y: np.exp(x))
check("log", 2, 1, sample(positive, of_size(0.5, 2), bits()), lambda x, y: np.log(x))
check("sin", 3, 1, sample(*angles), lambda x, y: np.sin(x), domain=16384 * np.pi)
check("cos", 4, 1, sample(*angles), lambda x, y: np.cos(x), domain=16384 * np.pi)
check("tanh", 5, 2, sample(of_size(-10, 10), of_size(-1, 1)), lambda x, y: np.tanh(x))
check("inv", 6, 0.5001, sample(bits()), lambda x, y: 1 / x)
check("invsqrt", 7, 1.5, sample(positive, bits()), lambda x, y: 1 / np.sqrt(x))
check("floor", 8, 0, sample(of_size(-1e4, 1e4), bits()), lambda x, y: np.floor(x))
check("ceil", 9, 0, sample(of_size(-1e4, 1e4), bits()), lambda x, y: np.ceil(x))
check("abs", 10, 0, sample(bits()), lambda x, y: np.abs(x))
check("sign", 11, 0, sample(bits()), lambda x, y: np.sign(x))
check("pow", 12, 2, sample(np.exp(of_size(-20, 20)), of_size(0.9, 1.1)), np.power,
      y=np.resize([*of_size(-10, 10), *of_size(-120, 120), *rng.integers(-20, 20, N), *EDGES],
                  N * BLOCKS).astype(np.float32))
check("max", 13, 0, sample(bits()), np.fmax)
check("min", 14, 0, sample(bits()), np.fmin)
check("fscale", 15, 0.5001, sample(bits(), of_size(-9, 9)), lambda x, y: x * 2.0**np.trunc(y),
      y=np.round(of_size(-300, 300, N * BLOCKS)).astype(np.float32))
numbers = np.resize(of_size(-9, 9, 2 * N), N * BLOCKS).astype(np.float32)
check("subsat", 16, 0.5001, numbers, lambda x, y: np.maximum(x - y, 0))
runner.stop()
print("SUCCESS")
