# SPDX-License-Identifier: Apache-2.0
"""The scalar types of CSL: how programs hold them in words, and operands worth trying.

A value is a Python int: the number itself for integers, 0 or 1 for bool, the bit pattern for
floats. In memory every value is its bits in one u16, one u32, or several u32 (the low one first),
because that is what a host can copy.
"""
import dataclasses
import functools

from fabric.isa.arith import exact_floats


@dataclasses.dataclass(frozen=True)
class Int:
    """iN or uN."""
    bits: int
    signed: bool

    @property
    def name(self):
        return f"{'i' if self.signed else 'u'}{self.bits}"

    @property
    def low(self):
        return -(1 << self.bits - 1) if self.signed else 0

    @property
    def high(self):
        return (1 << self.bits - self.signed) - 1

    def wrap(self, number):
        """The value with the low bits of an exact result."""
        number &= (1 << self.bits) - 1
        return number - (1 << self.bits) if number > self.high else number

    def to_bits(self, value):
        return value & ((1 << self.bits) - 1)

    def from_bits(self, raw):
        """CSL text: a value of this type from one of uN."""
        return f"@bitcast({self.name}, {raw})" if self.signed else raw

    def raw(self, value):
        """CSL text: the bits of a value of this type, as uN."""
        return f"@bitcast(u{self.bits}, {value})" if self.signed else value

    def edges(self):
        near = [0, 1, 2, 3, 5, 7, 10]
        near += [self.high, self.high - 1, self.low, self.low + 1, self.high // 2 + 1]
        if self.signed:
            near += [-value for value in near]
        for power in range(self.bits):
            near += [1 << power, (1 << power) - 1, -(1 << power)]
        return [value for value in dict.fromkeys(near) if self.low <= value <= self.high]

    def random(self, rng):
        """Small numbers as often as large ones."""
        return self.wrap(rng.getrandbits(self.bits) >> rng.randrange(self.bits) ^
                         (-1 if self.signed and rng.random() < 0.5 else 0))


@dataclasses.dataclass(frozen=True)
class Float:
    """f32 or a 16-bit float."""
    name: str

    @functools.cached_property
    def format(self):
        return exact_floats.FORMATS[self.name]

    @property
    def bits(self):
        return self.format.width

    def to_bits(self, value):
        return value

    def from_bits(self, raw):
        return f"@bitcast({self.name}, {raw})"

    def raw(self, value):
        return f"@bitcast(u{self.bits}, {value})"

    def edges(self):
        """Zeros, subnormals, the ends of the normal range, one and its neighbours, NaN."""
        fmt = self.format
        one = fmt.bias << fmt.m
        positive = [0, 1, 2, (1 << fmt.m) - 1, 1 << fmt.m, (1 << fmt.m) + 1, fmt.inf - 1, fmt.inf,
                    fmt.nan, fmt.inf | 1, one - 1, one, one + 1, one + (1 << fmt.m),
                    one | 1 << fmt.m - 1]
        return [pattern | sign for pattern in positive for sign in (0, fmt.sign)]

    def random(self, rng):
        """Any pattern, or one near 1, where sums cancel and round."""
        fmt = self.format
        if rng.random() < 0.3:
            return rng.randrange(2 * fmt.sign)
        near = (fmt.bias << fmt.m) + rng.randrange(-(4 << fmt.m), 4 << fmt.m)
        return near | (fmt.sign if rng.random() < 0.5 else 0)


@dataclasses.dataclass(frozen=True)
class Bool:
    """bool."""
    name: str = "bool"
    bits: int = 1

    def to_bits(self, value):
        return int(value)

    def from_bits(self, raw):
        return f"({raw} == 1)"

    def raw(self, value):
        return f"@as(u1, {value})"

    def edges(self):
        return [0, 1]

    def random(self, rng):
        return rng.randrange(2)


BOOL = Bool()
FLOATS = {name: Float(name) for name in ("f32", "f16", "bf16", "cb16")}


def integer(name):
    return Int(int(name[1:]), name[0] == "i")


def type_named(name):
    return BOOL if name == "bool" else FLOATS.get(name) or integer(name)


def word_bits(scalar):
    """The width of the words that hold a value."""
    return 16 if scalar.bits <= 16 else 32


def word_count(scalar):
    return -(-scalar.bits // 32) if scalar.bits > 32 else 1


def to_words(scalar, value):
    """A value as it lies in memory."""
    bits = scalar.to_bits(value)
    if scalar.bits <= 32:
        return [bits]
    return [bits >> 32 * n & 0xFFFFFFFF for n in range(word_count(scalar))]


def load(scalar, array, index):
    """CSL text: element `index` of an array of words, as a value."""
    raw = f"{array}[{index}]"
    unsigned = f"u{scalar.bits}"
    if scalar.bits > 32:
        count = word_count(scalar)
        words = [f"@as({unsigned}, {array}[{count} * {index} + {n}])" for n in range(count)]
        raw = f"({' | '.join(f'({word} << {32 * n})' for n, word in enumerate(words))})"
    elif scalar.bits not in (16, 32):
        raw = f"@as({unsigned}, {raw})"
    return scalar.from_bits(raw)


def store(scalar, array, index, value):
    """CSL statements: a value (a name) into an array of words, beginning at `index`."""
    raw = scalar.raw(value)
    if scalar.bits > 32:
        words = [f"@as(u32, ({raw} >> {32 * n}) & 0xffffffff)" for n in range(word_count(scalar))]
        words[-1] = f"@as(u32, {raw} >> {32 * (len(words) - 1)})"
        return " ".join(f"{array}[{index} + {n}] = {word};" for n, word in enumerate(words))
    if scalar.bits not in (16, 32):
        raw = f"@as(u{word_bits(scalar)}, {raw})"
    return f"{array}[{index}] = {raw};"


def operands(scalar, rng, count):
    """`count` values: edges first, as far as they fit, then random ones."""
    edges = scalar.edges()
    rng.shuffle(edges)
    edges = edges[:count * 2 // 3]
    return edges + [scalar.random(rng) for _ in range(count - len(edges))]


def literal(scalar, value):
    """CSL text: a known value."""
    if hasattr(scalar, "literal"):
        return scalar.literal(value)
    if scalar == BOOL:
        return "true" if value else "false"
    if isinstance(scalar, Float):
        return f"@bitcast({scalar.name}, @as(u{scalar.bits}, {value:#x}))"
    return f"@as({scalar.name}, {value})"
