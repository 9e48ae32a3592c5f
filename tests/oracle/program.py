# SPDX-License-Identifier: Apache-2.0
"""Programs that evaluate tables of operands, each operation in three ways.

  run       a loop on the PE over operands in its memory
  known     the same loop, run by the compiler
  straight  on the PE, operands written into the program, so that optimisation may fold it all

Results lie in two arrays, `halves` of u16 and `words` of u32; what the compiler computed in
`known_halves` and `known_words`.
"""
import dataclasses

from tests.oracle.scalars import literal, load, store, to_words, word_bits, word_count

LAYOUT = """// Generated.
const memcpy = @import_module("<memcpy/get_params>", .{ .width = 1, .height = 1 });
layout {
  @set_rectangle(1, 1);
  @set_tile_code(0, 0, "pe.csl", .{ .memcpy_params = memcpy.get_params(0) });
  @export_name("halves", [*]u16, false);
  @export_name("words", [*]u32, false);
  @export_name("known_halves", [*]u16, false);
  @export_name("known_words", [*]u32, false);
  @export_name("evaluate", fn()void);
}
"""
ARRAYS = {16: "halves", 32: "words"}
# Integers that are wider exist at compile time only (docs/run_time_semantics.md).
MOST_RUN_TIME_BITS = 1024


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of operands, and the operations evaluated on every row; all take the same types."""
    name: str
    rows: list
    operations: list
    straight_rows: int = 6
    ways: tuple = ("run", "known", "straight")

    @property
    def types(self):
        return self.operations[0].arguments


@dataclasses.dataclass(frozen=True)
class Block:
    """The results of one operation in one way: they begin at `base` of an array of words."""
    way: str
    table: Table
    operation: object
    rows: list
    base: int

    @property
    def word_bits(self):
        return word_bits(self.operation.result)

    @property
    def array(self):
        return ("known_" if self.way == "known" else "") + ARRAYS[self.word_bits]

    @property
    def size(self):
        return len(self.rows) * word_count(self.operation.result)

    def cases(self):
        """(what it is, where the result begins, the words it must be)."""
        for n, row in enumerate(self.rows):
            words = to_words(self.operation.result, self.operation.value(*row))
            yield (f"{self.way} {self.table.name} {self.operation.name}{row}",
                   self.base + n * len(words), words)


class Program:
    """What to evaluate, as text; `blocks` say what lies where in the results."""

    def __init__(self, tables):
        self.tables = []
        self.blocks = []
        self.sizes = dict.fromkeys(["halves", "words", "known_halves", "known_words"], 1)
        for table in tables:
            self._add(table)

    def _add(self, table):
        def refused(row):
            return any(operation.refused(*row) for operation in table.operations)

        # The rows that the compiler takes come first.
        rows = sorted(table.rows, key=refused)
        table = dataclasses.replace(table, rows=rows)
        self.tables.append(table)
        legal = [row for row in rows if not refused(row)]
        step = -(-len(legal) // max(1, table.straight_rows))
        for operation in table.operations:
            evaluated = {"run": rows, "known": legal,
                         "straight": (legal[::step] + rows[len(legal):])[:2 * table.straight_rows]}
            scalars = [*operation.arguments, operation.result]
            at_run_time = all(scalar.bits <= MOST_RUN_TIME_BITS for scalar in scalars)
            for way in table.ways:
                if evaluated[way] and (at_run_time or way == "known"):
                    self._place(way, table, operation, evaluated[way])

    def _place(self, way, table, operation, rows):
        block = Block(way, table, operation, rows, 0)
        block = dataclasses.replace(block, base=self.sizes[block.array])
        self.sizes[block.array] += block.size
        self.blocks.append(block)

    def size(self):
        return sum(len(block.rows) for block in self.blocks)

    def text(self):
        lines = ["// Generated.", "param memcpy_params;",
                 'const sys = @import_module("<memcpy/memcpy>", memcpy_params);',
                 'const math = @import_module("<math>");']
        for table in self.tables:
            lines += _operand_arrays(table)
        calls = []
        for number, block in enumerate(b for b in self.blocks if b.way != "known"):
            lines += [f"fn evaluate_{number}() void {{", *_body(block, block.array), "}"]
            calls.append(f"  evaluate_{number}();")
        for bits, name in ARRAYS.items():
            lines += self._results(bits, name)
        lines += ["fn evaluate() void {", *calls, "  sys.unblock_cmd_stream();", "}"]
        symbols = [f'  @export_symbol({name}_ptr, "{name}");' for name in self.sizes]
        return "\n".join([*lines, "comptime {", *symbols, "  @export_symbol(evaluate);", "}", ""])

    def _results(self, bits, name):
        known = [line for block in self.blocks if block.array == "known_" + name
                 for line in ["  {", *_body(block, "results"), "  }"]]
        size, known_size = self.sizes[name], self.sizes["known_" + name]
        return [f"var {name} = @zeros([{size}]u{bits});",
                f"const {name}_ptr: [*]u{bits} = &{name};",
                f"fn all_{name}() [{known_size}]u{bits} {{",
                f"  var results = @zeros([{known_size}]u{bits});", *known,
                "  return results;", "}",
                f"var known_{name}: [{known_size}]u{bits} = all_{name}();",
                f"const known_{name}_ptr: [*]u{bits} = &known_{name};"]


def _operand_arrays(table):
    for n, scalar in enumerate(table.types):
        words = [word for row in table.rows for word in to_words(scalar, row[n])]
        values = ", ".join(map(str, words))
        name = f"{table.name}_{n}"
        array = f"[{len(words)}]u{word_bits(scalar)}"
        yield f"const known_{name} = {array}{{{values}}};"
        yield f"var {name}: {array} = known_{name};"


def _evaluation(block, arguments, results, index):
    operation = block.operation
    lines = [f"    const a{n}: {scalar.name} = {argument};"
             for n, (scalar, argument) in enumerate(zip(operation.arguments, arguments))]
    names = [f"a{n}" for n in range(len(arguments))]
    if operation.setup:
        lines.append("    " + operation.setup.format(*names))
    lines.append(f"    const value: {operation.result.name} = {operation.text.format(*names)};")
    lines.append("    " + store(operation.result, results, index, "value"))
    return lines


def _body(block, results):
    operation, table = block.operation, block.table
    step = word_count(operation.result)
    if block.way == "straight":
        lines = []
        for row, values in enumerate(block.rows):
            known = [f"known{n}" for n in range(len(values))]
            lines.append("  {")
            lines += [f"    var {name}: {scalar.name} = {literal(scalar, value)};"
                      for name, scalar, value in zip(known, operation.arguments, values)]
            lines += _evaluation(block, known, results, f"{block.base + row * step}")
            lines.append("  }")
        return lines
    prefix = "known_" if block.way == "known" else ""
    arguments = [load(scalar, f"{prefix}{table.name}_{n}", "i")
                 for n, scalar in enumerate(operation.arguments)]
    index = f"{block.base} + i" if step == 1 else f"{block.base} + {step} * i"
    return [f"  for (@range(u16, {len(block.rows)})) |i| {{",
            *_evaluation(block, arguments, results, index), "  }"]
