# SPDX-License-Identifier: Apache-2.0
"""Sequences of DSD operations on one piece of memory: operands overlap, differ in length, and are
made and changed in every way.

Memory is an array of u16. An operation on 32 bits takes two of them, and its strides count pairs.
"""
import dataclasses

from tests.oracle.scalars import FLOATS
from tests.oracle.vector_operations import WIDTHS

WORDS = 72  # of a sequence
LONGEST = 9
SCALARS = {"w": "u16", "d": "u32", "s": "f32"}


@dataclasses.dataclass(frozen=True)
class Vector:
    """`first` is its word; dimensions are (extent, stride), the fastest first, in elements."""
    text: str
    kind: str
    first: int
    dimensions: tuple
    length: int

    def address(self, k, width):
        """Of element k; the outermost dimension does not end."""
        total = self.first
        for n, (extent, stride) in enumerate(self.dimensions):
            is_last = n + 1 == len(self.dimensions)
            step, k = (k, 0) if is_last else (k % extent, k // extent)
            total += step * stride * (width // 16)
        return total


@dataclasses.dataclass(frozen=True)
class Sequence:
    """What it leaves in its words."""
    base: int
    expected: list
    lines: list
    array: str = "halves"

    def cases(self):
        for n, word in enumerate(self.expected):
            yield f"word {n} after {' '.join(self.lines)}", self.base + n, [word]


class Memory:
    """The words of one sequence, and statements that change them."""

    def __init__(self, rng, found, half, base):
        self.rng = rng
        self.found = found
        self.half = half
        self.base = base
        self.initial = [rng.choice([0, 1, 2, 0x3C00, 0xBC00, 0x7E00, rng.randrange(1 << 16)])
                        for _ in range(WORDS)]
        self.words = list(self.initial)
        self.lines = []
        self.elements = 0

    # Vectors

    def vector(self):
        """In one of the ways that the language has."""
        make = self.rng.choice([self.by_access, self.by_fields, self.rows, self.changed])
        return make()

    def by_access(self):
        count, stride = self.rng.randint(1, LONGEST), self.rng.choice([1, 1, 2, 3, -1, -2, 0])
        first = self.rng.randrange(WORDS)
        text = f"|i|{{{count}}} -> halves[{stride} * i + {self.base + first}]"
        if stride == 0:
            text = f"|i|{{{count}}} -> halves[{self.base + first}]"
        return Vector(f"@get_dsd(mem1d_dsd, .{{ .tensor_access = {text} }})", "mem1d_dsd", first,
                      ((count, stride),), count)

    def by_fields(self):
        count, stride = self.rng.randint(0, LONGEST), self.rng.choice([1, 2, -1, -3])
        first, offset = self.rng.randrange(WORDS), self.rng.randint(-5, 5)
        text = (f"@get_dsd(mem1d_dsd, .{{ .base_address = &halves[{self.base + first - offset}], "
                f".extent = {count}, .stride = {stride}, .offset = {offset} }})")
        return Vector(text, "mem1d_dsd", first, ((count, stride),), count)

    def rows(self):
        """Two or three dimensions."""
        extents = [self.rng.randint(1, 3) for _ in range(self.rng.choice([2, 2, 3]))]
        strides = [self.rng.choice([0, 1, 2, 3, 5, -1, -4]) for _ in extents]
        first = self.rng.randrange(WORDS)
        names = "ijk"[:len(extents)]
        terms = " + ".join(f"{stride} * {name}" for name, stride in zip(names, strides))
        access = (f"|{', '.join(names)}|{{{', '.join(map(str, extents))}}} -> "
                  f"halves[{terms} + {self.base + first}]")
        count = 1
        for extent in extents:
            count *= extent
        dimensions = tuple(zip(reversed(extents), reversed(strides)))
        return Vector(f"@get_dsd(mem4d_dsd, .{{ .tensor_access = {access} }})", "mem4d_dsd", first,
                      dimensions, count)

    def changed(self):
        """By a mutator; lengths and offsets come from memory, so that they are not known."""
        old = self.rng.choice([self.by_access, self.by_fields])()
        choice = self.rng.randrange(4)
        if choice == 0:
            count = self.rng.randint(0, LONGEST)
            return dataclasses.replace(
                old, text=f"@set_dsd_length({old.text}, numbers[{count}])", length=count,
                dimensions=((count, old.dimensions[0][1]),))
        if choice == 1:
            stride = self.rng.choice([-2, -1, 1, 2, 3])
            return dataclasses.replace(old, text=f"@set_dsd_stride({old.text}, {stride})",
                                       dimensions=((old.length, stride),))
        if choice == 2:
            first = self.rng.randrange(WORDS)
            return dataclasses.replace(
                old, text=f"@set_dsd_base_addr({old.text}, &halves[{self.base + first}])",
                first=first)
        by, (name, words) = self.rng.randint(0, 9), self.rng.choice([("i16", 1), ("f32", 2)])
        number = f"@bitcast(i16, numbers[{by}])"
        return dataclasses.replace(
            old, text=f"@increment_dsd_offset({old.text}, {number}, {name})",
            first=old.first + by * words)

    # Elements

    def read(self, address, width):
        value = self.words[address]
        return value | self.words[address + 1] << 16 if width == 32 else value

    def write(self, address, width, value):
        self.words[address] = value & 0xFFFF
        if width == 32:
            self.words[address + 1] = value >> 16

    def fits(self, vector, length, width):
        return all(0 <= vector.address(k, width) <= WORDS - width // 16 for k in range(length))

    # Operations

    def step(self):
        operation = self.rng.choice(self.found)
        form = self.rng.choice(operation.forms)
        if self.rng.random() < 0.2 and "P" not in form:
            self.repeated(operation, form)
        else:
            self.call(operation, form)

    def call(self, operation, form):
        kinds = operation.kinds(form)
        operands = self.fitting(form, kinds, 1)
        texts = []
        for letter, kind, operand in zip(form, kinds, operands):
            if isinstance(operand, Vector):
                texts.append(operand.text if letter != "P" else self.pointer(kind, operand))
            else:
                texts.append(self.scalar(kind, operand))
        self.lines.append(f"@{operation.name}({', '.join(texts)});")
        self.evaluate(operation, form, operands)

    def repeated(self, operation, form):
        """On registers that continue where the last operation ended."""
        kinds = operation.kinds(form)
        operands = self.fitting(form, kinds, 3)
        number = self.rng.randint(1, 3)
        # The source of an operation with one source is source 1.
        sources = ["dsr_src1"] if len(kinds) == 2 else ["dsr_src0", "dsr_src1"]
        texts = []
        for name, kind, operand in zip(["dsr_dest", *sources, ""], kinds, operands):
            if isinstance(operand, Vector):
                register = f"@get_dsr({name}, {number})"
                self.lines.append(f"@load_to_dsr({register}, {operand.text}, "
                                  ".{ .save_address = true });")
                texts.append(register)
            else:
                texts.append(self.scalar(kind, operand))
        for _ in range(self.rng.randint(1, 3)):
            self.lines.append(f"@{operation.name}({', '.join(texts)});")
            self.evaluate(operation, form, list(operands))
            operands = advanced(operands, kinds)

    def fitting(self, form, kinds, times):
        """Operands that stay inside for so many operations; more than one needs one dimension."""
        while True:
            operands = [self.operand(letter, kind) for letter, kind in zip(form, kinds)]
            length = times * length_of(operands)
            vectors = [(o, kind) for o, kind in zip(operands, kinds) if isinstance(o, Vector)]
            flat = times == 1 or all(v.kind == "mem1d_dsd" for v, _ in vectors)
            if flat and all(self.fits(v, length, WIDTHS[kind]) for v, kind in vectors):
                return operands

    def evaluate(self, operation, form, operands):
        kinds = operation.kinds(form)
        length = length_of(operands)
        self.elements += length
        running = form == "PvS"
        for k in range(length):
            values = []
            for o, kind in zip(operands[1:], kinds[1:]):
                is_vector = isinstance(o, Vector)
                width = WIDTHS[kind]
                values.append(self.read(o.address(k, width), width) if is_vector else o)
            value = operation.element(*values)
            if running:
                operands[1] = value
            self.write(operands[0].address(k, WIDTHS[kinds[0]]), WIDTHS[kinds[0]], value)

    def operand(self, letter, kind):
        if letter in "DS":
            return self.vector()
        if letter == "P":
            return Vector("", "", self.rng.randrange(WORDS), ((1, 0),), 0)
        return self.rng.choice([0, 1, 3, self.rng.randrange(1 << WIDTHS[kind])])

    def scalar(self, kind, value):
        if kind in "wd":
            return f"@as({SCALARS[kind]}, {value})"
        t = FLOATS[self.half] if kind == "h" else FLOATS["f32"]
        return f"@bitcast({t.name}, @as(u{t.bits}, {value:#x}))"

    def pointer(self, kind, place):
        t = {"h": self.half, "w": "i16"}.get(kind) or SCALARS[kind]
        return f"@ptrcast(*{t}, &halves[{self.base + place.first}])"


def length_of(operands):
    """Of the first source that has one, else of the destination; one if no operand is a DSD."""
    vectors = [o for o in [*operands[1:], operands[0]] if isinstance(o, Vector)]
    return next((v.length for v in vectors if v.length), 0 if any(v.kind for v in vectors) else 1)


def advanced(operands, kinds):
    """After an operation, where registers keep their address."""
    length = length_of(operands)
    return [dataclasses.replace(o, first=o.address(length, WIDTHS[kind]))
            if isinstance(o, Vector) else o for o, kind in zip(operands, kinds)]


class MemoryProgram:
    """Many sequences."""

    def __init__(self, found, half, rng, sequences, steps):
        self.memories, self.blocks = [], []
        for n in range(sequences):
            memory = Memory(rng, found, half, n * WORDS + 8)
            for _ in range(steps):
                memory.step()
            self.memories.append(memory)
            self.blocks.append(Sequence(memory.base, memory.words, memory.lines))
        self.sizes = {"halves": sequences * WORDS + 16, "words": 1, "known_halves": 1,
                      "known_words": 1}

    def size(self):
        return sum(memory.elements for memory in self.memories)

    def text(self):
        initial = [0] * 8 + [word for memory in self.memories for word in memory.initial] + [0] * 8
        lines = ["// Generated.", "param memcpy_params;",
                 'const sys = @import_module("<memcpy/memcpy>", memcpy_params);',
                 f"var numbers = [10]u16{{ {', '.join(map(str, range(10)))} }};",
                 f"var halves align(4) = [{len(initial)}]u16{{ {', '.join(map(str, initial))} }};",
                 "var words = @zeros([1]u32);", "var known_halves = @zeros([1]u16);",
                 "var known_words = @zeros([1]u32);"]
        calls, symbols = [], []
        for n, memory in enumerate(self.memories):
            lines += [f"fn sequence_{n}() void {{", *(f"  {line}" for line in memory.lines), "}"]
            calls.append(f"  sequence_{n}();")
        for name in self.sizes:
            word = "u16" if name.endswith("halves") else "u32"
            lines.append(f"const {name}_ptr: [*]{word} = &{name};")
            symbols.append(f'  @export_symbol({name}_ptr, "{name}");')
        return "\n".join([*lines, "fn evaluate() void {", *calls, "  sys.unblock_cmd_stream();",
                          "}", "comptime {", *symbols, "  @export_symbol(evaluate);", "}", ""])
