# SPDX-License-Identifier: Apache-2.0
"""Expressions that have a text and a value: `run(frame)` evaluates, `text` is CSL.

A frame is a dict from names to values. Scalars are as in `tests.oracle.scalars`; a struct is a dict
of its fields, an array a list. Whoever stores a value copies it.
"""
import copy
import dataclasses
from collections.abc import Callable

from tests.oracle import operations
from tests.oracle.scalars import BOOL, FLOATS, Int, literal


@dataclasses.dataclass(frozen=True)
class Struct:
    """A named struct; fields are pairs of name and type. Those of a packed one have no address."""
    name: str
    fields: tuple
    packed: bool = False

    @property
    def bits(self):
        """Of a packed one."""
        return sum(t.bits for _, t in self.fields)

    def to_bits(self, value):
        """Of a packed one: the first field lowest."""
        bits = shift = 0
        for name, t in self.fields:
            bits |= t.to_bits(value[name]) << shift
            shift += t.bits
        return bits

    def from_number(self, bits):
        value = {}
        for name, t in self.fields:
            part = bits & (1 << t.bits) - 1
            value[name] = t.wrap(part) if isinstance(t, Int) else part
            bits >>= t.bits
        return value

    def declaration(self):
        fields = ", ".join(f"{name}: {t.name}" for name, t in self.fields)
        return f"const {self.name} = {'packed ' if self.packed else ''}struct {{ {fields} }};"


@dataclasses.dataclass(frozen=True)
class Union:
    """A packed union: fields of one width that show the same bits. A value is its bits."""
    name: str
    fields: tuple

    def declaration(self):
        fields = ", ".join(f"{name}: {t.name}" for name, t in self.fields)
        return f"const {self.name} = packed union {{ {fields} }};"


class UnionFields:
    """A union's fields as a container, over the place of its bits."""

    def __init__(self, container, key, fields):
        self.container, self.key, self.types = container, key, dict(fields)

    def __getitem__(self, name):
        t, bits = self.types[name], self.container[self.key]
        return t.wrap(bits) if isinstance(t, Int) else bits

    def __setitem__(self, name, value):
        self.container[self.key] = self.types[name].to_bits(value)


@dataclasses.dataclass(frozen=True)
class Enum:
    """Members m0, m1 ... count from 0; a value is its number."""
    name: str
    underlying: Int
    count: int

    @property
    def bits(self):
        return self.underlying.bits

    def declaration(self):
        members = ", ".join(f"m{n}" for n in range(self.count))
        return f"const {self.name} = enum({self.underlying.name}) {{ {members} }};"

    def literal(self, value):
        return f"{self.name}.m{value}"

    def to_bits(self, value):
        return value

    def raw(self, value):
        return f"@as(u{self.bits}, @get_int({value}))"

    def edges(self):
        return list(range(self.count))

    def random(self, rng):
        return rng.randrange(self.count)


@dataclasses.dataclass(frozen=True)
class Array:
    """Of one dimension, or of two when `columns` is not 0; row by row."""
    element: object
    size: int
    columns: int = 0

    @property
    def name(self):
        dims = f"{self.size // self.columns}, {self.columns}" if self.columns else f"{self.size}"
        return f"[{dims}]{self.element.name}"


@dataclasses.dataclass(frozen=True)
class Pointer:
    """To one value; a value of it is a Place's (container, key). With `many` it is spelled as one
    to an unknown number of elements of an array."""
    target: object
    many: bool = False

    @property
    def name(self):
        return f"[*]{self.target.element.name}" if self.many else f"*{self.target.name}"


@dataclasses.dataclass(frozen=True)
class Known:
    """Of a comptime parameter: its argument is written into the program."""
    type: object

    @property
    def name(self):
        return self.type.name


@dataclasses.dataclass(frozen=True)
class FunctionPointer:
    """A value of it is a statements.Function."""
    function: object

    @property
    def name(self):
        f = self.function
        return f"*const fn({', '.join(t.name for _, t in f.parameters)}) {f.result.name}"


@dataclasses.dataclass(frozen=True)
class Expression:
    type: object
    text: str
    run: Callable


@dataclasses.dataclass(frozen=True)
class Place:
    """Something that can be stored to: `find(frame)` gives its container and its key there."""
    type: object
    text: str
    find: Callable
    mutable: bool = True
    addressable: bool = True

    def run(self, frame):
        container, key = self.find(frame)
        return container[key]

    def store(self, frame, value):
        container, key = self.find(frame)
        overwrite(container, key, copy.deepcopy(value))


def overwrite(container, key, value):
    """In place: pointers to parts of a struct or an array stay pointers to them."""
    if isinstance(value, dict):
        for name, part in value.items():
            overwrite(container[key], name, part)
    elif isinstance(value, list):
        for n, part in enumerate(value):
            overwrite(container[key], n, part)
    else:
        container[key] = value


def variable(t, name, mutable=True):
    return Place(t, name, lambda frame: (frame, name), mutable)


def global_variable(t, name, storage):
    """In `storage`, a dict that all frames share."""
    return Place(t, name, lambda frame: (storage, name))


def union_field(place, name, t):
    fields = place.type.fields
    return Place(t, f"{place.text}.{name}",
                 lambda frame: (UnionFields(*place.find(frame), fields), name), place.mutable,
                 addressable=False)


def union_of(t, name, value):
    """A literal that sets one field."""
    kind = dict(t.fields)[name]
    return Expression(t, f"{t.name}{{ .{name} = {value.text} }}",
                      lambda frame: kind.to_bits(value.run(frame)))


def field(place, name, t):
    return Place(t, f"{place.text}.{name}", lambda frame: (place.run(frame), name), place.mutable,
                 place.addressable and not place.type.packed)


def element(place, index):
    """`index` is an unsigned expression that is below the size."""
    return Place(place.type.element, f"{place.text}[{index.text}]",
                 lambda frame: (place.run(frame), index.run(frame)), place.mutable,
                 place.addressable)


def element_at(place, row, column):
    """Of two dimensions."""
    columns = place.type.columns
    return Place(place.type.element, f"{place.text}[{row.text}, {column.text}]",
                 lambda frame: (place.run(frame), row.run(frame) * columns + column.run(frame)),
                 place.mutable, place.addressable)


def pointed_to(place):
    if place.type.many:
        # A many-item pointer is the array itself.
        return Place(place.type.target, place.text, place.run)
    return Place(place.type.target, f"{place.text}.*", place.run)


def address(place):
    return Expression(Pointer(place.type), f"&{place.text}", place.find)


def known(t, value):
    return Expression(t, literal(t, value), lambda frame: value)


def apply(operation, *arguments):
    """An operation of tests.oracle.operations; those that the compiler refuses must not occur."""
    text = operation.text.format(*[a.text for a in arguments])

    def run(frame):
        values = [a.run(frame) for a in arguments]
        assert not operation.refused(*values), text
        return operation.value(*values)

    return Expression(operation.result, f"({text})" if " " in text else text, run)


def binary_operations(t):
    """By type, those that take any operands."""
    if isinstance(t, Int):
        found = operations.integer_operations(t)
    elif t in FLOATS.values():
        found = operations.float_operations(t)
    else:
        found = operations.bool_operations()
    return [op for op in found if not op.name.endswith("_assigned")]


def from_number(t, number):
    """The enum member of an unsigned number that is below the count."""
    return Expression(t, f"@as({t.name}, {number.text})", number.run)


def packed_bits(value):
    """Of a packed struct, as an unsigned integer."""
    t = Int(value.type.bits, False)
    return Expression(t, f"@bitcast({t.name}, {value.text})",
                      lambda frame: value.type.to_bits(value.run(frame)))


def unpacked(t, number):
    """A packed struct with the bits of an unsigned integer of its width."""
    return Expression(t, f"@bitcast({t.name}, {number.text})",
                      lambda frame: t.from_number(number.run(frame)))


def same_member(operator, left, right):
    def run(frame):
        return int((left.run(frame) == right.run(frame)) == (operator == "=="))

    return Expression(BOOL, f"({left.text} {operator} {right.text})", run)


def below(index, size):
    """An expression of an unsigned type, made smaller than `size`."""
    if size == 1:
        return known(index.type, 0)
    return Expression(index.type, f"({index.text} % {size})", lambda frame: index.run(frame) % size)


def nonzero(divisor):
    """An odd integer."""
    t = divisor.type
    return Expression(t, f"({divisor.text} | 1)", lambda frame: t.wrap(divisor.run(frame) | 1))


def choice(condition, then, other):
    text = f"(if ({condition.text}) {then.text} else {other.text})"

    def run(frame):
        return (then if condition.run(frame) else other).run(frame)

    return Expression(then.type, text, run)


def switched(operand, prongs, other):
    """`prongs` are (values, expression), all of one type."""
    listed = ", ".join(f"{', '.join(map(str, values))} => {value.text}"
                       for values, value in prongs)
    text = f"(switch ({operand.text}) {{ {listed}, else => {other.text} }})"

    def run(frame):
        chosen = operand.run(frame)
        taken = [value for values, value in prongs if chosen in values]
        return (taken[0] if taken else other).run(frame)

    return Expression(other.type, text, run)


def joined(operator, left, right):
    """`and` or `or`: the right side may not be evaluated."""
    def run(frame):
        first = left.run(frame)
        return right.run(frame) if bool(first) == (operator == "and") else first

    return Expression(BOOL, f"({left.text} {operator} {right.text})", run)


def raw_bits(value):
    """As u32, from at most 32 bits, for a checksum."""
    t = value.type
    raw = t.raw(value.text)
    text = raw if t.bits == 32 else f"@as(u32, {raw})"
    return Expression(Int(32, False), text, lambda frame: t.to_bits(value.run(frame)))
