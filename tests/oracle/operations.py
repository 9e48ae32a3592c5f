# SPDX-License-Identifier: Apache-2.0
"""Operations of CSL on scalars: how each is written, and what it gives by exact arithmetic."""
import dataclasses
from collections.abc import Callable
from fractions import Fraction

from fabric.isa.arith import exact_floats as exact
from tests.oracle.scalars import BOOL, Float, Int, literal


@dataclasses.dataclass(frozen=True)
class Operation:
    """`text` has {0}, {1} ... where the arguments go; `setup` are statements before it.

    `refused` says for which arguments the compiler, if it knows them, must report an error; `value`
    then says what the PE gives.
    """
    name: str
    arguments: tuple
    result: object
    text: str
    value: Callable
    setup: str = ""
    refused: Callable = lambda *_: False

    def bind(self, index, known):
        """The same with one argument written into the program."""
        names = ["{%d}" % n for n in range(len(self.arguments) - 1)]
        names.insert(index, literal(self.arguments[index], known))

        def with_known(function):
            return lambda *rest: function(*rest[:index], known, *rest[index:])

        kept = self.arguments[:index] + self.arguments[index + 1:]
        spelled = str(known).replace("-", "minus_")
        return Operation(f"{self.name}_with_{index}_{spelled}", kept, self.result,
                         self.text.format(*names), with_known(self.value),
                         self.setup.format(*names), with_known(self.refused))


def quotient(a, b):
    """Cut off toward zero."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def remainder(a, b):
    """With the sign of the dividend."""
    return a - b * quotient(a, b)


COMPARISONS = {
    "eq": ("==", lambda a, b: a == b), "ne": ("!=", lambda a, b: a != b),
    "lt": ("<", lambda a, b: a < b), "le": ("<=", lambda a, b: a <= b),
    "gt": (">", lambda a, b: a > b), "ge": (">=", lambda a, b: a >= b),
}
ARITHMETIC = {
    "add": ("+", lambda a, b: a + b), "sub": ("-", lambda a, b: a - b),
    "mul": ("*", lambda a, b: a * b), "and": ("&", lambda a, b: a & b),
    "or": ("|", lambda a, b: a | b), "xor": ("^", lambda a, b: a ^ b),
}


def assigned(operation, operator):
    """The compound assignment of a binary operation."""
    t = operation.result
    return dataclasses.replace(
        operation, name=operation.name + "_assigned", text="changed",
        setup=f"var changed: {t.name} = {{0}}; changed {operator}= {{1}};")


def with_assignment(operation, operator):
    return [operation, assigned(operation, operator)]


def binary(t, name, operator, function, right=None, **more):
    return Operation(name, (t, right or t), t, f"{{0}} {operator} {{1}}", function, **more)


def wrapping(t, function):
    return lambda *values: t.wrap(function(*values))


def integer_operations(t):
    """Those that take any pair."""
    found = []
    for name, (operator, function) in ARITHMETIC.items():
        found += with_assignment(binary(t, name, operator, wrapping(t, function)), operator)
    for name, (operator, function) in COMPARISONS.items():
        found.append(Operation(name, (t, t), BOOL, f"{{0}} {operator} {{1}}", function))
    return found


def integer_unary(t):
    found = [Operation("not", (t,), t, "~{0}", lambda a: t.wrap(~a)),
             Operation("neg", (t,), t, "-{0}", lambda a: t.wrap(-a))]
    return found


def divisions(t):
    """By zero: an error at compile time; on the PE all bits set, and the dividend."""
    zero = {"refused": lambda a, b: b == 0}
    div = binary(t, "div", "/", lambda a, b: t.wrap(quotient(a, b) if b else -1), **zero)
    rem = binary(t, "rem", "%", lambda a, b: remainder(a, b) if b else a, **zero)
    return with_assignment(div, "/") + with_assignment(rem, "%")


def shifts(t, count):
    """By the width or more: an error at compile time; on the PE everything is shifted out."""
    wide = {"refused": lambda a, n: n >= t.bits}

    # `a << 65535` is exact, but large: nothing is left of it from the width on.
    left = binary(t, "shl", "<<", lambda a, n: t.wrap(a << min(n, t.bits)), count, **wide)
    right = binary(t, "shr", ">>", lambda a, n: a >> min(n, t.bits), count, **wide)
    return with_assignment(left, "<<") + with_assignment(right, ">>")


def bool_operations():
    return [
        Operation("and", (BOOL, BOOL), BOOL, "{0} and {1}", lambda a, b: a and b),
        Operation("or", (BOOL, BOOL), BOOL, "{0} or {1}", lambda a, b: a or b),
        Operation("not", (BOOL, BOOL), BOOL, "!{0} or !{1}", lambda a, b: not (a and b)),
        Operation("eq", (BOOL, BOOL), BOOL, "{0} == {1}", lambda a, b: a == b),
        Operation("ne", (BOOL, BOOL), BOOL, "{0} != {1}", lambda a, b: a != b),
    ]


def float_add(t):
    fmt = t.format
    return lambda a, b: exact.add(fmt, fmt.decode(a), fmt.decode(b))


def float_sub(t):
    fmt = t.format
    return lambda a, b: exact.add(fmt, fmt.decode(a), exact.negated(fmt.decode(b)))


def float_mul(t):
    fmt = t.format
    return lambda a, b: exact.encode_any(fmt, exact.product(fmt.decode(a), fmt.decode(b)))


def float_div(t):
    fmt = t.format
    return lambda a, b: exact.div(fmt, fmt.decode(a), fmt.decode(b))


FLOAT_ARITHMETIC = {"add": ("+", float_add), "sub": ("-", float_sub), "mul": ("*", float_mul),
                    "div": ("/", float_div)}


def float_order(t, name):
    """Comparisons with NaN are false, but for !=."""
    fmt = t.format

    def compared(op, a, b):
        return exact.compare(op, fmt.decode(a), fmt.decode(b))

    return {"eq": lambda a, b: compared("eq", a, b), "ne": lambda a, b: 1 - compared("eq", a, b),
            "lt": lambda a, b: compared("lt", a, b), "le": lambda a, b: compared("le", a, b),
            "gt": lambda a, b: compared("lt", b, a), "ge": lambda a, b: compared("le", b, a)}[name]


def float_operations(t):
    found = []
    for name, (operator, function) in FLOAT_ARITHMETIC.items():
        found += with_assignment(binary(t, name, operator, function(t)), operator)
    for name, (operator, _) in COMPARISONS.items():
        found.append(Operation(name, (t, t), BOOL, f"{{0}} {operator} {{1}}",
                               float_order(t, name)))
    return found


def float_unary(t):
    """The sign bit alone changes, NaN or not."""
    return [Operation("neg", (t,), t, "-{0}", lambda a: a ^ t.format.sign)]


def converted(source, target, value):
    """@as: integers keep the low bits, floats round, floats to integers cut off and saturate.

    To the same type nothing happens, not even to a NaN.
    """
    if source == target:
        return value
    if isinstance(source, Float):
        number = source.format.decode(value)
        if isinstance(target, Float):
            return exact.encode_any(target.format, number)
        if target == BOOL:
            return int(not (exact.is_number(number) and exact.number(number) == 0))
        return exact.to_int(number, target.low, target.high, int)
    if isinstance(target, Float):
        return target.format.encode(Fraction(value))
    return int(value != 0) if target == BOOL else target.wrap(value)


def cast(source, target):
    return Operation(f"as_{target.name}", (source,), target, f"@as({target.name}, {{0}})",
                     lambda a: converted(source, target, a))


def bitcast(source, target):
    def value(a):
        bits = source.to_bits(a)
        return target.wrap(bits) if isinstance(target, Int) else bits

    return Operation(f"bitcast_{target.name}", (source,), target, f"@bitcast({target.name}, {{0}})",
                     value)
