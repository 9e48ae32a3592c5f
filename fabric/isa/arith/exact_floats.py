# SPDX-License-Identifier: Apache-2.0
"""Float arithmetic by exact rational numbers, rounded once: what tests compare the machine with.

A format decodes a bit pattern to a Fraction or to one of 'nan', '+inf', '-inf', '-0', and encodes
the nearest value, ties to even. NaN results are the canonical NaN of the format. Nothing here is
shared with the code under test.
"""
from fractions import Fraction


class Format:
    """An IEEE-like format: decode to Fraction, 'nan', '+inf', '-inf', '-0'; round back."""

    def __init__(self, exponent, mantissa, bias):
        self.e, self.m, self.bias = exponent, mantissa, bias
        self.width = 1 + exponent + mantissa
        self.inf = ((1 << exponent) - 1) << mantissa
        self.nan = self.inf | 1 << (mantissa - 1)
        self.sign = 1 << (self.width - 1)

    def decode(self, bits):
        magnitude = bits & (self.sign - 1)
        negative = bits & self.sign
        if magnitude > self.inf:
            return "nan"
        if magnitude == self.inf:
            return "-inf" if negative else "+inf"
        if magnitude == 0:
            return "-0" if negative else Fraction(0)
        exponent, fraction = magnitude >> self.m, magnitude & ((1 << self.m) - 1)
        if exponent:
            fraction += 1 << self.m
        value = fraction * Fraction(2) ** (max(exponent, 1) - self.bias - self.m)
        return -value if negative else value

    def encode(self, value, zero_is_negative=False):
        """The nearest value, ties to even; `value` is a Fraction."""
        if value == 0:
            return self.sign if zero_is_negative else 0
        sign, magnitude = (self.sign, -value) if value < 0 else (0, value)
        exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
        if Fraction(2) ** exponent > magnitude:
            exponent -= 1
        exponent = max(exponent, 1 - self.bias)
        ulp = Fraction(2) ** (exponent - self.m)
        units = round(magnitude / ulp)  # Python rounds Fractions half to even
        # Counting in units of the last place carries into the exponent by itself.
        bits = units + ((exponent + self.bias - 1) << self.m) if units >> self.m else units
        return sign | min(bits, self.inf)


FORMATS = {
    "f32": Format(8, 23, 127),
    "f16": Format(5, 10, 15),
    "bf16": Format(8, 7, 127),
    "cb16": Format(6, 9, 42),
}


def is_number(x):
    return isinstance(x, Fraction) or x == "-0"


def number(x):
    return Fraction(0) if x == "-0" else x


def is_negative(x):
    return x in ("-0", "-inf") or (isinstance(x, Fraction) and x < 0)


def infinity(fmt, negative):
    return fmt.inf | (fmt.sign if negative else 0)


def add(fmt, a, b):
    if "nan" in (a, b):
        return fmt.nan
    if not is_number(a) or not is_number(b):
        if not is_number(a) and not is_number(b) and a != b:
            return fmt.nan
        return infinity(fmt, is_negative(b if is_number(a) else a))
    total = number(a) + number(b)
    return fmt.encode(total, zero_is_negative=a == "-0" and b == "-0")


def negated(a):
    if isinstance(a, Fraction):
        return "-0" if a == 0 else -a
    return {"nan": "nan", "+inf": "-inf", "-inf": "+inf", "-0": Fraction(0)}[a]


def product(a, b):
    """The exact product as a decoded value."""
    if "nan" in (a, b):
        return "nan"
    negative = is_negative(a) != is_negative(b)
    if not is_number(a) or not is_number(b):
        if (is_number(a) and number(a) == 0) or (is_number(b) and number(b) == 0):
            return "nan"
        return "-inf" if negative else "+inf"
    p = number(a) * number(b)
    return "-0" if p == 0 and negative else p


def encode_any(fmt, x):
    if x == "nan":
        return fmt.nan
    if x in ("+inf", "-inf"):
        return infinity(fmt, x == "-inf")
    return fmt.encode(number(x), zero_is_negative=x == "-0")


def div(fmt, a, b):
    if "nan" in (a, b):
        return fmt.nan
    negative = is_negative(a) != is_negative(b)
    if not is_number(b):
        return fmt.nan if not is_number(a) else fmt.encode(Fraction(0), negative)
    if not is_number(a):
        return infinity(fmt, negative)
    if number(b) == 0:
        return fmt.nan if number(a) == 0 else infinity(fmt, negative)
    return fmt.encode(number(a) / number(b), zero_is_negative=negative)


def fma(fmt, addend, a, b):
    p = product(a, b)
    if is_number(p) and is_number(addend):
        both_negative = is_negative(p) and is_negative(addend) and number(p) == number(addend) == 0
        return fmt.encode(number(p) + number(addend), zero_is_negative=both_negative)
    return add(fmt, addend, p)


def maximum(fmt, a_bits, b_bits):
    a, b = fmt.decode(a_bits), fmt.decode(b_bits)
    if a == "nan":
        return fmt.nan if b == "nan" else b_bits
    if b == "nan":
        return a_bits
    rank = {"-inf": (-1, 0), "+inf": (1, 0)}
    key = lambda x: rank.get(x, (0, number(x) if is_number(x) else 0))  # noqa: E731
    if key(a) == key(b):
        return a_bits & b_bits
    return a_bits if key(a) > key(b) else b_bits


def to_int(x, low, high, rounding):
    if x == "nan":
        return 0
    if not is_number(x):
        return low if x == "-inf" else high
    return min(max(rounding(number(x)), low), high)


def compare(op, a, b):
    if "nan" in (a, b):
        return 0
    rank = {"-inf": (-1, 0), "+inf": (1, 0)}
    x, y = (rank.get(v, (0, number(v) if is_number(v) else 0)) for v in (a, b))
    return int({"eq": x == y, "lt": x < y, "le": x <= y}[op])
