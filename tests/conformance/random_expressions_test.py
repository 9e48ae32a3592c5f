# SPDX-License-Identifier: Apache-2.0
"""Random expressions give what exact arithmetic gives, at run time and at compile time.

The seeds are fixed: a failure comes back. `random_expressions_test SEED ...` tries others.
"""
import random
import sys

import numpy as np
import pytest

from tests.conformance.random import expressions
from tests.harness import toolchain

TOOLS = toolchain.installed()
SEEDS = [int(seed) for seed in sys.argv[1:]] or [1, 2, 3]
COUNT, LEAVES, DEPTH = 16, 6, 4
DTYPES = {"i16": np.int16, "u16": np.uint16, "i32": np.int32, "u32": np.uint32, "f32": np.float32}

LAYOUT = """// Generated.
const memcpy = @import_module("<memcpy/get_params>", .{ .width = 1, .height = 1 });
layout {
  @set_rectangle(1, 1);
  @set_tile_code(0, 0, "pe.csl", .{ .memcpy_params = memcpy.get_params(0) });
EXPORTS
  @export_name("evaluate", fn()void);
}
"""


def random_inputs(rng):
    """Edge values among others."""
    inputs = {}
    for name, (bits, signed) in expressions.INTEGERS.items():
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        edges = [low, high, 0, 1]
        inputs[name] = [rng.choice([*edges, *(rng.randint(low, high) for _ in range(8))])
                        for _ in range(LEAVES)]
    inputs["f32"] = [np.float32(rng.choice([0.0, 1.0, -1.5, rng.uniform(-1e3, 1e3),
                                            rng.uniform(-1, 1) * 1e-6])) for _ in range(LEAVES)]
    return inputs


def load(type_name, index):
    return f"in_{type_name}[{index}]"


def known_leaf(type_name, index):
    return f"known_leaf_{type_name}_{index}"


def literal(type_name, value):
    return f"{float(value)!r}" if type_name == "f32" else str(value)


def source(inputs, wanted):
    """The PE program, and the exports of its layout."""
    lines = ["// Generated.", "param memcpy_params;",
             'const sys = @import_module("<memcpy/memcpy>", memcpy_params);']
    exports, symbols, body = [], [], []
    for name in DTYPES:
        for index, value in enumerate(inputs[name]):
            lines.append(f"const known_leaf_{name}_{index}: {name} = {literal(name, value)};")
        for array, size in (("in", LEAVES), ("out", COUNT), ("known", COUNT)):
            symbol = f"{array}_{name}"
            lines += [f"var {symbol} = @zeros([{size}]{name});",
                      f"var {symbol}_ptr: [*]{name} = &{symbol};"]
            exports.append(f'  @export_name("{symbol}", [*]{name}, true);')
            symbols.append(f'  @export_symbol({symbol}_ptr, "{symbol}");')
        for k, expression in enumerate(wanted[name]):
            lines.append(f"const value_{name}_{k}: {name} = {expression.text(known_leaf)};")
            body += [f"  out_{name}[{k}] = {expression.text(load)};",
                     f"  known_{name}[{k}] = value_{name}_{k};"]
    lines += ["fn evaluate() void {", *body, "  sys.unblock_cmd_stream();", "}",
              "comptime {", *symbols, "  @export_symbol(evaluate);", "}", ""]
    return "\n".join(lines), LAYOUT.replace("EXPORTS", "\n".join(exports))


@pytest.mark.parametrize("seed", SEEDS)
def test_device_and_compiler_agree_with_exact_arithmetic(seed):
    rng = random.Random(seed)
    inputs = random_inputs(rng)
    wanted = {name: [expressions.generate(rng, name, DEPTH, LEAVES) for _ in range(COUNT)]
              for name in DTYPES}
    folder = toolchain.copy_program("tests/conformance/random")
    program, layout = source(inputs, wanted)
    (folder / "pe.csl").write_text(program)
    (folder / "layout.csl").write_text(layout)
    np.savez(folder / "inputs.npz", **{n: np.array(v, DTYPES[n]) for n, v in inputs.items()})
    TOOLS.compile(folder, "layout.csl", "--fabric-dims=8,3", "--fabric-offsets=4,1", "--memcpy",
                  "--channels=1")
    toolchain.succeed(TOOLS.cs_python(folder, "run.py", "--name", "out", "--count", COUNT))
    results = np.load(folder / "results.npz")
    for name, dtype in DTYPES.items():
        for k, expression in enumerate(wanted[name]):
            expected = np.array(expression.value(inputs), dtype)
            for kind in ("out", "known"):
                np.testing.assert_array_equal(
                    results[f"{kind}_{name}"][k], expected,
                    err_msg=f"{kind}_{name}[{k}] = {expression.text(load)}")


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
