# SPDX-License-Identifier: Apache-2.0
"""@map with random functions: DSDs, scalars and pointers as inputs, a DSD or a pointer as output.

It ends as soon as one DSD has no elements left; a result is stored before the next input is read.
"""
import dataclasses

from tests.oracle.programs import expressions as ex
from tests.oracle.programs import statements as st
from tests.oracle.programs.bodies import Writer
from tests.oracle.programs.generate import U16, Scope
from tests.oracle.scalars import FLOATS, integer, literal

TYPES = [integer(name) for name in ("i16", "u16", "i32", "u32")] + [FLOATS["f16"], FLOATS["f32"]]
WORDS, LONGEST = 40, 7


@dataclasses.dataclass(frozen=True)
class Walk:
    """Elements of the memory of a width: `first`, then every `stride`."""
    text: str
    first: int
    stride: int
    length: int


@dataclasses.dataclass(frozen=True)
class Region:
    """What the calls leave in one part of an array."""
    array: str
    base: int
    expected: list
    what: str

    def cases(self):
        for n, word in enumerate(self.expected):
            yield f"word {n} after {self.what}", self.base + n, [word]


class MapProgram:
    """`calls` maps, each on words of its own in both arrays."""

    def __init__(self, rng, calls):
        self.rng = rng
        self.writer = Writer(rng)
        self.sizes = {"halves": WORDS * calls, "words": WORDS * calls, "known_halves": 1,
                      "known_words": 1}
        self.initial = {16: [], 32: []}
        self.blocks, self.lines = [], []
        self.elements = 0
        for n in range(calls):
            self._map(n * WORDS)

    def _function(self):
        parameters = [(self.writer.name("a"), self.rng.choice(TYPES))
                      for _ in range(self.rng.randint(1, 3))]
        result = self.rng.choice(TYPES)
        scope = Scope([ex.variable(t, name, False) for name, t in parameters], [], result)
        body = self.writer.statements(scope, 2, 1)
        body.append(st.Give(self.writer.wanted(scope, result, 3)))
        made = st.Function(self.rng.choice(["fn", "fn", "inline fn"]), self.writer.name("function"),
                           parameters, result, body)
        self.writer.functions.append(made)
        return made

    def _walk(self, t, base):
        count, stride = self.rng.randint(0, LONGEST), self.rng.choice([1, 2, 3, -1, -2])
        lowest = max(0, -stride * count)
        first = self.rng.randint(lowest, WORDS - 1 - max(0, stride * count))
        array = "halves" if t.bits == 16 else "words"
        text = (f"@get_dsd(mem1d_dsd, .{{ .base_address = &{array}[{base + first}], "
                f".extent = {count}, .stride = {stride} }})")
        return Walk(text, first, stride, count)

    def _map(self, base):
        function = self._function()
        memory = {16: self._random_words(U16), 32: self._random_words(integer("u32"))}
        for bits, words in memory.items():
            self.initial[bits] += words
        inputs, texts = [], []
        for n, (_, t) in enumerate(function.parameters):
            # The first is a DSD: one there must be.
            if n == 0 or self.rng.random() < 0.6:
                inputs.append(self._walk(t, base))
                texts.append(inputs[-1].text)
            else:
                inputs.append(t.random(self.rng))
                texts.append(literal(t, inputs[-1]))
        output = self._walk(function.result, base)
        call = f"@map({', '.join([function.name, *texts, output.text])});"
        self.lines.append(call)
        length = min(w.length for w in [*inputs, output] if isinstance(w, Walk))
        for k in range(length):
            values = []
            for walk, (_, t) in zip(inputs, function.parameters):
                if isinstance(walk, Walk):
                    raw = memory[t.bits][walk.first + k * walk.stride]
                    values.append(t.wrap(raw) if hasattr(t, "wrap") else raw)
                else:
                    values.append(walk)
            result = function.result.to_bits(function.call(values))
            memory[function.result.bits][output.first + k * output.stride] = result
        self.elements += length
        for bits, array in ((16, "halves"), (32, "words")):
            self.blocks.append(Region(array, base, memory[bits], call))

    def _random_words(self, t):
        return [t.random(self.rng) for _ in range(WORDS)]

    def size(self):
        return self.elements

    def text(self):
        lines = ["// Generated.", "param memcpy_params;",
                 'const sys = @import_module("<memcpy/memcpy>", memcpy_params);']
        lines += [t.declaration() for t in self.writer.types()]
        for function in self.writer.functions:
            lines += function.lines()
        for bits, name in ((16, "halves"), (32, "words")):
            values = ", ".join(map(str, self.initial[bits]))
            lines.append(f"var {name} = [{len(self.initial[bits])}]u{bits}{{ {values} }};")
            lines.append(f"var known_{name} = @zeros([1]u{bits});")
        symbols = []
        for name in self.sizes:
            word = "u16" if name.endswith("halves") else "u32"
            lines.append(f"const {name}_ptr: [*]{word} = &{name};")
            symbols.append(f'  @export_symbol({name}_ptr, "{name}");')
        return "\n".join([*lines, "fn evaluate() void {", *(f"  {line}" for line in self.lines),
                          "  sys.unblock_cmd_stream();", "}", "comptime {", *symbols,
                          "  @export_symbol(evaluate);", "}", ""])
