# SPDX-License-Identifier: Apache-2.0
"""A program of random functions, each entry called with several arguments in three ways.

  run       on the PE, arguments from memory
  known     by the compiler
  straight  on the PE, arguments written into the program
"""
import dataclasses

from tests.oracle.programs import expressions as ex
from tests.oracle.programs import statements as st
from tests.oracle.programs.bodies import Writer
from tests.oracle.programs.generate import SCALARS, Scope
from tests.oracle.scalars import literal, load, to_words, word_bits

FUNCTIONS, ENTRIES, CALLS, GLOBALS = 5, 3, 4, 6
MOST_STEPS = 4_000  # of a call, on average


@dataclasses.dataclass(frozen=True)
class Call:
    """One result."""
    what: str
    array: str
    base: int
    word: int

    def cases(self):
        yield self.what, self.base, [self.word]


class RandomProgram:
    """Raises TooManySteps. With globals the compiler cannot run it, only the PE."""

    def __init__(self, rng, with_globals=False):
        self.rng = rng
        writer = Writer(rng)
        self.storage, self.initial = {}, []
        for _ in range(GLOBALS if with_globals else 0):
            t, name = writer.some_type(), writer.name("g")
            self.initial.append(st.Declare("var", name, writer.value(Scope([], [], None), t, 0)))
            writer.globals.append(ex.global_variable(t, name, self.storage))
        for _ in range(FUNCTIONS):
            if rng.random() < 0.1:
                writer.recursive_function()
            else:
                writer.function()
        self.writer = writer
        self.entries, self.arguments, self.blocks = [], [], []
        for _ in range(ENTRIES):
            kinds = [rng.choice(SCALARS) for _ in range(3)]
            names = [(writer.name("x"), t) for t in kinds]
            entry = writer.entry(names)
            self.entries.append(entry)
            self.arguments.append([[t.random(rng) if rng.random() < 0.5 else rng.choice(t.edges())
                                    for t in kinds] for _ in range(CALLS)])
        self._evaluate()
        count = ENTRIES * CALLS
        self.sizes = {"halves": 1, "words": 2 * count, "known_halves": 1, "known_words": count}

    def _evaluate(self):
        st.run_all(self.initial, self.storage)
        for e, entry in enumerate(self.entries):
            for c, arguments in enumerate(self.arguments[e]):
                place = e * CALLS + c
                what = f"{entry.name}({arguments})"
                self.blocks.append(Call("run " + what, "words", place, entry.call(arguments)))
                self.blocks.append(Call("straight " + what, "words", ENTRIES * CALLS + place,
                                        entry.call(arguments)))
                if not self.initial:
                    self.blocks.append(Call("known " + what, "known_words", place,
                                            entry.call(arguments)))

    def size(self):
        return len(self.blocks)

    def text(self):
        lines = ["// Generated.", "param memcpy_params;",
                 'const sys = @import_module("<memcpy/memcpy>", memcpy_params);']
        lines += [t.declaration() for t in self.writer.types()]
        lines += st.lines_of(self.initial)
        for function in self.writer.functions + self.entries:
            lines += function.lines()
        calls = []
        for e, entry in enumerate(self.entries):
            lines += self._arguments(e, entry)
            calls += self._calls(e, entry)
        count = ENTRIES * CALLS
        lines += [f"var words = @zeros([{2 * count}]u32);",
                  f"var known_words = [{count}]u32{{ {', '.join(self._known())} }};",
                  "var halves = @zeros([1]u16);", "var known_halves = @zeros([1]u16);"]
        symbols = []
        for name in self.sizes:
            word = "u16" if name.endswith("halves") else "u32"
            lines.append(f"const {name}_ptr: [*]{word} = &{name};")
            symbols.append(f'  @export_symbol({name}_ptr, "{name}");')
        return "\n".join([*lines, "fn evaluate() void {", *calls, "  sys.unblock_cmd_stream();",
                          "}", "comptime {", *symbols, "  @export_symbol(evaluate);", "}", ""])

    def _arguments(self, e, entry):
        for n, (_, t) in enumerate(entry.parameters):
            words = [word for arguments in self.arguments[e] for word in to_words(t, arguments[n])]
            values = ", ".join(map(str, words))
            yield f"var in_{e}_{n} = [{len(words)}]u{word_bits(t)}{{ {values} }};"

    def _calls(self, e, entry):
        for c, arguments in enumerate(self.arguments[e]):
            loaded = [load(t, f"in_{e}_{n}", str(c)) for n, (_, t) in enumerate(entry.parameters)]
            written = [literal(t, value) for (_, t), value in zip(entry.parameters, arguments)]
            place = e * CALLS + c
            yield f"  words[{place}] = {entry.name}({', '.join(loaded)});"
            yield f"  words[{ENTRIES * CALLS + place}] = {entry.name}({', '.join(written)});"

    def _known(self):
        for e, entry in enumerate(self.entries):
            for arguments in self.arguments[e]:
                written = [literal(t, v) for (_, t), v in zip(entry.parameters, arguments)]
                yield "0" if self.initial else f"{entry.name}({', '.join(written)})"


def random_program(rng, with_globals=False):
    """The first that ends soon enough."""
    while True:
        try:
            with st.at_most(MOST_STEPS * ENTRIES * CALLS):
                return RandomProgram(rng, with_globals)
        except st.TooManySteps:
            continue
