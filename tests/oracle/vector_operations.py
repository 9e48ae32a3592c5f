# SPDX-License-Identifier: Apache-2.0
"""The DSD operations: the types of their operands and what they do to one element.

Elements are bit patterns; h stands for the 16-bit float of the program, s for f32, w for a word of
16 bits and d for one of 32.
"""
import dataclasses
from collections.abc import Callable
from fractions import Fraction

from fabric.isa.arith import exact_floats as exact

WIDTHS = {"h": 16, "w": 16, "s": 32, "d": 32}


@dataclasses.dataclass(frozen=True)
class VectorOperation:
    """`forms` are those of the language: D and S vectors, P a pointer to a scalar, v a scalar.

    `operands` has the kind of the destination, then of each source; `element` takes the sources.
    """
    name: str
    forms: tuple
    operands: str
    element: Callable

    def kinds(self, form):
        """Of the operands in a form."""
        if self.name == "faddhs" and form == "DSv":
            return "ssh"
        if self.name == "faddhs" and form == "PvS":
            return "ssh"
        return self.operands


class Carry:
    """The carry of @addc16, which stays from element to element and from operation to operation."""

    def __init__(self):
        self.bit = 0

    def add(self, a, b):
        total = a + b + self.bit
        self.bit = total >> 16
        return total & 0xFFFF


def signed(word):
    return word - 0x10000 if word & 0x8000 else word


def integer_elements():
    return {
        "add16": lambda a, b: (a + b) & 0xFFFF,
        "addc16": Carry().add,
        "sub16": lambda a, b: (a - b) & 0xFFFF,
        "and16": lambda a, b: a & b,
        "or16": lambda a, b: a | b,
        "xor16": lambda a, b: a ^ b,
        "sar16": lambda a, n: (signed(a) >> min(n, 16)) & 0xFFFF,
        "sll16": lambda a, n: (a << min(n, 16)) & 0xFFFF,
        "slr16": lambda a, n: a >> min(n, 16),
    }


def bit_counts():
    return {
        "clz": lambda a: 16 - a.bit_length(),
        "ctz": lambda a: (a & -a).bit_length() - 1 if a else 16,
        "popcnt": lambda a: bin(a).count("1"),
    }


def arithmetic(fmt):
    """On two operands of a format."""
    decode = fmt.decode
    return {
        "fadd": lambda a, b: exact.add(fmt, decode(a), decode(b)),
        "fsub": lambda a, b: exact.add(fmt, decode(a), exact.negated(decode(b))),
        "fmul": lambda a, b: exact.encode_any(fmt, exact.product(decode(a), decode(b))),
        "fmax": lambda a, b: exact.maximum(fmt, a, b),
    }


def scaled(fmt, a, exponent):
    number = fmt.decode(a)
    if not exact.is_number(number):
        return exact.encode_any(fmt, number)
    return fmt.encode(exact.number(number) * Fraction(2) ** signed(exponent),
                      zero_is_negative=exact.is_negative(number))


def significand(fmt, a):
    """In 1 to 2; what has none stays."""
    number = fmt.decode(a)
    if not exact.is_number(number) or exact.number(number) == 0:
        return exact.encode_any(fmt, number)
    while abs(number) >= 2:
        number /= 2
    while abs(number) < 1:
        number *= 2
    return fmt.encode(number)


def conversions(half):
    single = exact.FORMATS["f32"]

    def to_word(fmt):
        return lambda a: exact.to_int(fmt.decode(a), -(1 << 15), (1 << 15) - 1, round) & 0xFFFF

    return [
        ("fh2s", ("DS", "Dv"), "sh", lambda a: exact.encode_any(single, half.decode(a))),
        ("fs2h", ("DS", "Dv"), "hs", lambda a: exact.encode_any(half, single.decode(a))),
        ("fh2xp16", ("DS", "Dv", "Pv"), "wh", to_word(half)),
        ("fs2xp16", ("DS", "Dv", "Pv"), "ws", to_word(single)),
        ("xp162fh", ("DS", "Dv"), "hw", lambda a: half.encode(Fraction(signed(a)))),
        ("xp162fs", ("DS", "Dv"), "sw", lambda a: single.encode(Fraction(signed(a)))),
    ]


def mixed(half):
    """Two formats in one operation."""
    single = exact.FORMATS["f32"]

    def add(a, b):
        return exact.add(single, a, b)

    def added(a, b):
        return add(half.decode(a), single.decode(b))

    return [
        ("faddhs", ("DSS", "DvS"), "shs", added),
        ("faddhs", ("DSv", "PvS"), "shs", lambda a, b: added(b, a)),
        ("fmach", ("DSSv",), "hhhh",
         lambda a, b, c: exact.fma(half, *map(half.decode, (a, b, c)))),
        ("fmacs", ("DSSv",), "ssss",
         lambda a, b, c: exact.fma(single, *map(single.decode, (a, b, c)))),
        ("fmachs", ("DSSv",), "sshh",
         lambda a, b, c: exact.fma(single, single.decode(a), half.decode(b), half.decode(c))),
    ]


def of_format(fmt, letter):
    """The operations with a float format's letter."""
    pair = ("DSS", "DvS", "DSv", "PvS")
    for name, element in arithmetic(fmt).items():
        yield name + letter, pair, letter * 3, element
    yield "fabs" + letter, ("DS", "Dv"), letter * 2, lambda a: a & ~fmt.sign
    yield "fneg" + letter, ("DS", "Dv"), letter * 2, lambda a: a ^ fmt.sign
    yield "fmov" + letter, ("DS", "PS", "Dv"), letter * 2, lambda a: a
    yield "fnorm" + letter, ("Pv",), letter * 2, lambda a: significand(fmt, a)
    yield "fscale" + letter, ("Pvv",), letter * 2 + "w", lambda a, n: scaled(fmt, a, n)


def all_operations(half_name):
    """With the 16-bit float format of the program."""
    half = exact.FORMATS[half_name]
    rows = []
    for name, element in integer_elements().items():
        forms = ("DSS", "DSv") if name == "sub16" else ("DSS", "DvS", "DSv")
        rows.append((name, forms, "www", element))
    rows += [(name, ("DS", "Dv"), "ww", element) for name, element in bit_counts().items()]
    rows += [("mov16", ("DS", "PS", "Dv"), "ww", lambda a: a),
             ("mov32", ("DS", "PS", "Dv"), "dd", lambda a: a)]
    rows += [*of_format(half, "h"), *of_format(exact.FORMATS["f32"], "s")]
    rows += conversions(half) + mixed(half)
    return [VectorOperation(*row) for row in rows]
