# SPDX-License-Identifier: Apache-2.0
"""Random expressions of CSL over typed leaves: each can be written as source text and evaluated.

Evaluation is by exact Python integers cut to their width, and NumPy's f32; it shares nothing with
the toolchain.
"""
import dataclasses
import warnings

import numpy as np

INTEGERS = {"i16": (16, True), "u16": (16, False), "i32": (32, True), "u32": (32, False)}
TYPES = [*INTEGERS, "f32"]


def cut(type_name, value):
    """An exact result as the type holds it: integers wrap, f32 rounds."""
    if type_name == "f32":
        return np.float32(value)
    bits, signed = INTEGERS[type_name]
    value = int(value) & ((1 << bits) - 1)
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def truncated_quotient(a, b):
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def arithmetic(operator, a, b):
    """`a operator b`, exact; division truncates, the remainder takes the dividend's sign."""
    if operator == "/":
        return truncated_quotient(a, b)
    if operator == "%":
        return a - b * truncated_quotient(a, b)
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "&": lambda: a & b,
            "|": lambda: a | b, "^": lambda: a ^ b, "<<": lambda: a << b, ">>": lambda: a >> b}[
                operator]()


def compare(operator, a, b):
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b,
            "!=": a != b}[operator]


@dataclasses.dataclass(frozen=True)
class Leaf:
    """Element `index` of the inputs of a type."""
    type: str
    index: int

    def text(self, leaf):
        return leaf(self.type, self.index)

    def value(self, inputs):
        return inputs[self.type][self.index]


@dataclasses.dataclass(frozen=True)
class Binary:
    """Both sides have the type of the result."""
    type: str
    operator: str
    left: object
    right: object

    def text(self, leaf):
        left, right = self.left.text(leaf), self.right.text(leaf)
        if self.operator in ("/", "%") and self.type != "f32":
            return f"({left} {self.operator} ({right} | 1))"
        if self.operator in ("<<", ">>"):
            bits = INTEGERS[self.type][0]
            return f"({left} {self.operator} @as(u16, {right} & {bits - 1}))"
        return f"({left} {self.operator} {right})"

    def value(self, inputs):
        left, right = self.left.value(inputs), self.right.value(inputs)
        if self.type == "f32":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return {"+": np.add, "-": np.subtract, "*": np.multiply}[self.operator](left, right)
        if self.operator in ("/", "%"):
            right |= 1
        if self.operator in ("<<", ">>"):
            right &= INTEGERS[self.type][0] - 1
        return cut(self.type, arithmetic(self.operator, left, right))


@dataclasses.dataclass(frozen=True)
class Unary:
    """Minus, or the complement of an integer."""
    type: str
    operator: str
    operand: object

    def text(self, leaf):
        return f"({self.operator}{self.operand.text(leaf)})"

    def value(self, inputs):
        operand = self.operand.value(inputs)
        return cut(self.type, -operand if self.operator == "-" else ~operand)


@dataclasses.dataclass(frozen=True)
class Cast:
    """@as between integers, which keeps the low bits, and from 16-bit integers to f32."""
    type: str
    operand: object

    def text(self, leaf):
        return f"@as({self.type}, {self.operand.text(leaf)})"

    def value(self, inputs):
        return cut(self.type, self.operand.value(inputs))


@dataclasses.dataclass(frozen=True)
class Choice:
    """An if-expression on a comparison, perhaps two joined by `and` or `or`."""
    type: str
    tests: tuple  # of (left, operator, right)
    joined_by: str
    then: object
    other: object

    def text(self, leaf):
        tests = [f"{a.text(leaf)} {op} {b.text(leaf)}" for a, op, b in self.tests]
        condition = f" {self.joined_by} ".join(tests)
        return f"(if ({condition}) {self.then.text(leaf)} else {self.other.text(leaf)})"

    def value(self, inputs):
        results = [compare(op, a.value(inputs), b.value(inputs)) for a, op, b in self.tests]
        taken = all(results) if self.joined_by == "and" else any(results)
        return (self.then if taken else self.other).value(inputs)


def generate(rng, type_name, depth, leaves):
    """A random expression of a type over `leaves` leaves of each type."""
    def sub(of=type_name):
        return generate(rng, of, depth - 1 - rng.randrange(2), leaves)

    if depth <= 0:
        return Leaf(type_name, rng.randrange(leaves))
    kind = rng.choice(["binary"] * 6 + ["unary", "cast", "choice"])
    if kind == "unary":
        return Unary(type_name, "-" if type_name == "f32" else rng.choice("-~"), sub())
    if kind == "cast":
        return Cast(type_name, sub(rng.choice(["i16", "u16"] if type_name == "f32" else
                                              list(INTEGERS))))
    if kind == "choice":
        of = rng.choice(TYPES)
        tests = tuple((sub(of), rng.choice(["<", "<=", ">", ">=", "==", "!="]), sub(of))
                      for _ in range(rng.choice([1, 1, 2])))
        return Choice(type_name, tests, rng.choice(["and", "or"]), sub(), sub())
    operators = ["+", "-", "*"]
    if type_name != "f32":
        operators += ["/", "%", "&", "|", "^", "<<", ">>"]
    return Binary(type_name, rng.choice(operators), sub(), sub())
