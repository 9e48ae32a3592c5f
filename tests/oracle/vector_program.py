# SPDX-License-Identifier: Apache-2.0
"""A program of DSD operations on memory, and what each leaves there.

Every vector has room for SPAN elements and is walked in one of several ways; what lies between the
elements of a destination must stay zero.
"""
import dataclasses

from tests.oracle.scalars import FLOATS, integer, operands
from tests.oracle.vector_operations import WIDTHS

LENGTH = 12
SPAN = 2 * LENGTH
WALKS = {
    "onward": ("|i|{%d} -> {0}[i + {1}]" % LENGTH, lambda k: k),
    "strided": ("|i|{%d} -> {0}[2 * i + {1}]" % LENGTH, lambda k: 2 * k),
    "backward": ("|i|{%d} -> {0}[{1} + %d - i]" % (LENGTH, LENGTH - 1), lambda k: LENGTH - 1 - k),
    "rows": ("|i, j|{%d, 3} -> {0}[5 * i + j + {1}]" % (LENGTH // 3),
             lambda k: 5 * (k // 3) + k % 3),
    "columns": ("|i, j|{4, %d} -> {0}[i + 4 * j + {1}]" % (LENGTH // 4),
                lambda k: k // 3 + 4 * (k % 3)),
}
ARRAYS = {16: "halves", 32: "words"}
SCALARS = {"w": "u16", "d": "u32", "s": "f32"}
UNSIGNED = {16: "u16", 32: "u32"}


@dataclasses.dataclass(frozen=True)
class Call:
    """One operation; `expected` are the words it leaves from `base` on."""
    what: str
    array: str
    base: int
    expected: list
    lines: list

    def cases(self):
        yield self.what, self.base, self.expected


class VectorProgram:
    """`repeats` calls of each form of each operation, with the 16-bit floats of the format."""

    def __init__(self, found, half, rng, repeats):
        self.half = half
        self.rng = rng
        self.sizes = {"halves": 1, "words": 1, "known_halves": 1, "known_words": 1}
        self.inputs = {kind: self._values(kind) for kind in "hwsd"}
        self.blocks = []
        self.elements = 0
        for operation in found:
            for form in operation.forms:
                for _ in range(repeats):
                    self._call(operation, form)

    def _values(self, kind):
        t = FLOATS[self.half] if kind == "h" else type_of(kind)
        values = [t.to_bits(v) for v in operands(t, self.rng, 6 * SPAN)]
        self.rng.shuffle(values)
        return values

    def _vector(self, kind, array, first, walk):
        kinds = "mem4d_dsd" if "j|" in WALKS[walk][0] else "mem1d_dsd"
        access = WALKS[walk][0].replace("{0}", array).replace("{1}", str(first))
        return f"@get_dsd({kinds}, .{{ .tensor_access = {access} }})"

    def _source(self, letter, kind):
        """Its text, and its elements; a scalar has one."""
        values = self.inputs[kind]
        first = self.rng.randrange(len(values) - SPAN)
        if letter == "v":
            # Where counts are small numbers, small numbers are wanted.
            if kind == "w" and self.rng.random() < 0.5:
                count = self.rng.randrange(18)
                return f"@as(u16, {count})", [count]
            loaded = f"in_{kind}[{first}]"
            if kind in "hs":
                loaded = f"@bitcast({self.half if kind == 'h' else 'f32'}, {loaded})"
            return loaded, [values[first]]
        walk = self.rng.choice(list(WALKS))
        place = WALKS[walk][1]
        return (self._vector(kind, f"in_{kind}", first, walk),
                [values[first + place(k)] for k in range(LENGTH)])

    def _call(self, operation, form):
        kinds = operation.kinds(form)
        array = ARRAYS[WIDTHS[kinds[0]]]
        base = self.sizes[array]
        sources = [self._source(letter, kind) for letter, kind in zip(form[1:], kinds[1:])]
        length = LENGTH
        texts = [text for text, _ in sources]
        if form[0] == "P":
            target, expected = self._pointer(kinds[0], array, base), [0]
            place = lambda _: 0  # noqa: E731
            length = LENGTH if "S" in form else 1
        else:
            walk = self.rng.choice(list(WALKS))
            target, place = self._vector(kinds[0], array, base, walk), WALKS[walk][1]
            expected = [0] * SPAN
        running = form == "PvS"
        scalar = sources[0][1][0]
        for k in range(length):
            values = [elements[k % len(elements)] for _, elements in sources]
            if running:
                values[0] = scalar
            scalar = operation.element(*values)
            expected[place(k)] = scalar
        self.sizes[array] += len(expected)
        self.elements += length
        call = f"@{operation.name}({', '.join([target, *texts])});"
        self.blocks.append(Call(f"{operation.name} {form} {call}", array, base, expected, [call]))

    def _pointer(self, kind, array, base):
        t = {"h": self.half, "w": "i16"}.get(kind) or SCALARS[kind]
        if kind == "w":
            return f"@ptrcast(*i16, &{array}[{base}])"
        return f"&{array}[{base}]" if kind == "d" else f"@ptrcast(*{t}, &{array}[{base}])"

    def size(self):
        return self.elements

    def text(self):
        lines = ["// Generated.", "param memcpy_params;",
                 'const sys = @import_module("<memcpy/memcpy>", memcpy_params);']
        for kind, values in self.inputs.items():
            array = f"[{len(values)}]{UNSIGNED[WIDTHS[kind]]}"
            lines.append(f"var in_{kind} = {array}{{{', '.join(map(str, values))}}};")
        for name, size in self.sizes.items():
            word = "u16" if name.endswith("halves") else "u32"
            lines += [f"var {name} = @zeros([{size}]{word});",
                      f"const {name}_ptr: [*]{word} = &{name};"]
        calls = []
        for number, block in enumerate(self.blocks):
            lines += [f"fn call_{number}() void {{", *(f"  {line}" for line in block.lines), "}"]
            calls.append(f"  call_{number}();")
        symbols = [f'  @export_symbol({name}_ptr, "{name}");' for name in self.sizes]
        return "\n".join([*lines, "fn evaluate() void {", *calls, "  sys.unblock_cmd_stream();",
                          "}", "comptime {", *symbols, "  @export_symbol(evaluate);", "}", ""])


def type_of(kind):
    """Of the values of a kind that is not the 16-bit float."""
    return FLOATS["f32"] if kind == "s" else integer(SCALARS[kind])
