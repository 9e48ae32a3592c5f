# SPDX-License-Identifier: Apache-2.0
"""Random functions: loops, branches, arrays, structs, pointers and calls, that always end."""
import dataclasses
import itertools

from tests.oracle import operations
from tests.oracle.programs import expressions as ex
from tests.oracle.programs import statements as st
from tests.oracle.programs.expressions import Array, Enum, Pointer, Struct, Union
from tests.oracle.scalars import BOOL, FLOATS, Int, integer

U16, U32 = integer("u16"), integer("u32")
SCALARS = [integer(name) for name in ("i16", "u16", "i32", "u32", "i8", "u8", "i12", "u7", "u24")]
SCALARS += [FLOATS["f32"], FLOATS["f16"], BOOL]
INTEGERS = [t for t in SCALARS if isinstance(t, Int)]
NUMBERS = [t for t in SCALARS if t != BOOL]


@dataclasses.dataclass
class Scope:
    """What a statement can see: places, and the loops around it from the outermost."""
    places: list
    loops: list
    result: object

    def inner(self, *places, loop=None):
        return Scope(self.places + list(places), self.loops + ([loop] if loop else []),
                     self.result)


class Generator:
    """Functions of one program; later ones may call earlier ones.

    `globals` are places that every function sees: then what functions do depends on when they are
    called, and only statements of their own call them.
    """

    def __init__(self, rng):
        self.rng = rng
        self.globals = []
        self.numbers = itertools.count()
        self.functions = []
        self.enums = [Enum("E0", integer("u8"), 3), Enum("E1", U16, rng.randint(1, 6))]
        width = rng.choice([t.bits for t in NUMBERS])
        same = [t for t in NUMBERS if t.bits == width]
        self.union = Union("U0", tuple((f"u{n}", t) for n, t in enumerate(same)))
        self.structs = [self.packed_struct(rng)] if rng.random() < 0.5 else []
        for _ in range(2):
            kinds = SCALARS + self.enums + [Array(rng.choice(NUMBERS), 3), self.union]
            kinds += self.structs
            fields = [(f"f{n}", rng.choice(kinds)) for n in range(rng.randint(1, 4))]
            self.structs.append(Struct(f"S{len(self.structs)}", tuple(fields)))

    def types(self):
        """Those that the program declares, in order."""
        return [*self.enums, self.union, *self.structs]

    @staticmethod
    def packed_struct(rng):
        """Of at most 32 bits."""
        left, fields = 32, []
        while len(fields) < 5:
            t = rng.choice(SCALARS)
            if t.bits > left:
                break
            left -= t.bits
            fields.append((f"f{len(fields)}", t))
        if left and rng.random() < 0.5:
            fields.append((f"f{len(fields)}", Int(left, False)))
        return Struct("S0", tuple(fields), packed=True)

    def name(self, prefix):
        return f"{prefix}_{next(self.numbers)}"

    def some_type(self):
        draw = self.rng.random()
        if draw < 0.65:
            return self.rng.choice(SCALARS)
        if draw < 0.67:
            return self.union
        if draw < 0.7:
            return self.rng.choice(self.enums)
        if draw < 0.8:
            return Array(self.rng.choice(SCALARS + self.structs), self.rng.randint(1, 5))
        if draw < 0.85:
            columns = self.rng.randint(1, 3)
            return Array(self.rng.choice(NUMBERS), columns * self.rng.randint(1, 3), columns)
        return self.rng.choice(self.structs)

    # Places

    def places(self, scope, mutable=False):
        """All that can be reached: variables, fields, elements, what pointers point to."""
        found = []
        pending = [p for p in scope.places if not isinstance(p.type, ex.FunctionPointer)]
        while pending:
            place = pending.pop()
            if isinstance(place.type, Pointer):
                target = ex.pointed_to(place)
                # Of an array behind a many-item pointer only elements can be named.
                pending.append(self.element(scope, target) if place.type.many else target)
                continue
            if place.mutable or not mutable:
                found.append(place)
            if isinstance(place.type, Union):
                pending += [ex.union_field(place, name, t) for name, t in place.type.fields]
            elif isinstance(place.type, Struct):
                pending += [ex.field(place, name, t) for name, t in place.type.fields]
            elif isinstance(place.type, Array):
                pending.append(self.element(scope, place))
        return found

    def element(self, scope, place):
        t = place.type
        if not t.columns:
            return ex.element(place, self.index(scope, t.size))
        return ex.element_at(place, self.index(scope, t.size // t.columns),
                             self.index(scope, t.columns))

    def index(self, scope, size):
        """A known place, or a number made small enough."""
        counts = [p for p in scope.places if p.type == U16]
        if counts and self.rng.random() < 0.6:
            return ex.below(self.rng.choice(counts), size)
        return ex.Expression(U16, *(lambda n: (str(n), lambda frame: n))(self.rng.randrange(size)))

    def place(self, scope, t, mutable=False, addressable=False):
        found = [p for p in self.places(scope, mutable) if p.type == t and
                 (p.addressable or not addressable)]
        return self.rng.choice(found) if found else None

    # Values

    def value(self, scope, t, depth):
        if isinstance(t, Struct):
            return self.struct_value(scope, t, depth)
        if isinstance(t, Array):
            return self.array_value(scope, t, depth)
        if isinstance(t, Enum):
            return self.member(scope, t, depth)
        if isinstance(t, Union):
            place = self.place(scope, t)
            if place and self.rng.random() < 0.5:
                return place
            name, kind = self.rng.choice(t.fields)
            return ex.union_of(t, name, self.value(scope, kind, depth - 1))
        draw = self.rng.random()
        if depth <= 0 or draw < 0.15:
            return self.leaf(scope, t)
        if draw < 0.18:
            return self.switch_value(scope, t, depth - 1)
        if draw < 0.3:
            condition = self.value(scope, BOOL, depth - 1)
            return ex.choice(condition, self.value(scope, t, depth - 1),
                             self.value(scope, t, depth - 1))
        if draw < 0.4:
            return self.call(scope, t, depth - 1) or self.value(scope, t, depth - 1)
        if t == BOOL:
            return self.truth(scope, depth - 1)
        if draw < 0.43 and self.structs[0].packed:
            bits = ex.packed_bits(self.value(scope, self.structs[0], depth - 1))
            return ex.apply(operations.cast(bits.type, t), bits)
        if draw < 0.55:
            source = self.rng.choice(SCALARS)
            return ex.apply(operations.cast(source, t), self.value(scope, source, depth - 1))
        if draw < 0.6:
            same = [s for s in NUMBERS if s.bits == t.bits] or [t]
            source = self.rng.choice(same)
            return ex.apply(operations.bitcast(source, t), self.value(scope, source, depth - 1))
        return self.arithmetic(scope, t, depth - 1)

    def member(self, scope, t, depth):
        place = self.place(scope, t)
        draw = self.rng.random()
        if place and draw < 0.5:
            return place
        if draw < 0.7 or depth <= 0:
            return ex.known(t, t.random(self.rng))
        return ex.from_number(t, ex.below(self.value(scope, U16, depth - 1), t.count))

    def leaf(self, scope, t):
        """What is there, or made of what is there; seldom a constant."""
        place = self.place(scope, t)
        if place and self.rng.random() < 0.8:
            return place
        others = [p for p in self.places(scope) if p.type in SCALARS and p.type != t]
        if not others or self.rng.random() < 0.15:
            return ex.known(t, self.constant(t))
        other = self.rng.choice(others)
        if t == BOOL:
            found = [op for op in ex.binary_operations(other.type) if op.result == BOOL]
            return ex.apply(self.rng.choice(found), other, self.leaf(scope, other.type))
        return ex.apply(operations.cast(other.type, t), other)

    def switch_value(self, scope, t, depth):
        operand = ex.below(self.value(scope, U16, depth), 6)
        values = self.rng.sample(range(6), 4)
        prongs = [(values[:1], self.value(scope, t, depth)),
                  (values[1:3], self.value(scope, t, depth))]
        return ex.switched(operand, prongs, self.value(scope, t, depth))

    def constant(self, t):
        return self.rng.choice(t.edges()) if self.rng.random() < 0.5 else t.random(self.rng)

    def arithmetic(self, scope, t, depth):
        left = self.value(scope, t, depth)
        if self.rng.random() < 0.1:
            unary = operations.integer_unary(t) if isinstance(t, Int) else operations.float_unary(t)
            return ex.apply(self.rng.choice(unary), left)
        if isinstance(t, Int) and self.rng.random() < 0.3:
            if self.rng.random() < 0.5:
                divisions = operations.divisions(t)[::2]
                return ex.apply(self.rng.choice(divisions), left,
                                ex.nonzero(self.value(scope, t, depth)))
            count = self.rng.choice([U16, U32])
            shifts = operations.shifts(t, count)[::2]
            return ex.apply(self.rng.choice(shifts), left,
                            ex.below(self.value(scope, count, depth), t.bits))
        found = [op for op in ex.binary_operations(t) if op.result == t]
        return ex.apply(self.rng.choice(found), left, self.value(scope, t, depth))

    def truth(self, scope, depth):
        if self.rng.random() < 0.4:
            return ex.joined(self.rng.choice(["and", "or"]), self.value(scope, BOOL, depth),
                             self.value(scope, BOOL, depth))
        if self.rng.random() < 0.1:
            t = self.rng.choice(self.enums)
            return ex.same_member(self.rng.choice(["==", "!="]), self.member(scope, t, depth),
                                  self.member(scope, t, depth))
        t = self.rng.choice(NUMBERS)
        found = [op for op in ex.binary_operations(t) if op.result == BOOL]
        return ex.apply(self.rng.choice(found), self.value(scope, t, depth),
                        self.value(scope, t, depth))

    def struct_value(self, scope, t, depth):
        place = self.place(scope, t)
        if place and self.rng.random() < 0.5:
            return place
        called = self.call(scope, t, depth - 1)
        if called and depth > 0 and self.rng.random() < 0.5:
            return called
        if t.packed and depth > 0 and self.rng.random() < 0.3:
            return ex.unpacked(t, self.value(scope, Int(t.bits, False), depth - 1))
        parts = [(name, self.value(scope, kind, depth - 1)) for name, kind in t.fields]
        text = ", ".join(f".{name} = {part.text}" for name, part in parts)
        return ex.Expression(t, f"{t.name}{{ {text} }}", lambda frame: {
            name: st.copied(part.run(frame)) for name, part in parts})

    def array_value(self, scope, t, depth):
        place = self.place(scope, t)
        if place and self.rng.random() < 0.5:
            return place
        parts = [self.value(scope, t.element, depth - 1) for _ in range(t.size)]
        text = ", ".join(part.text for part in parts)
        return ex.Expression(t, f"{t.name}{{ {text} }}",
                             lambda frame: [st.copied(part.run(frame)) for part in parts])

    def call(self, scope, t, depth):
        """Of a function that changes nothing but its own variables, perhaps through a pointer."""
        pointers = [p for p in scope.places if isinstance(p.type, ex.FunctionPointer) and
                    p.type.function.result == t]
        if pointers and depth > 0 and self.rng.random() < 0.7:
            place = self.rng.choice(pointers)
            function = place.type.function
            return function.applied([self.argument(scope, p, depth)
                                     for _, p in function.parameters], place.text)
        found = [f for f in self.functions if f.result == t and not self.globals and
                 not any(isinstance(p, Pointer) for _, p in f.parameters)]
        if not found or depth <= 0:
            return None
        function = self.rng.choice(found)
        return function.applied([self.argument(scope, p, depth) for _, p in function.parameters])

    def argument(self, scope, t, depth):
        if isinstance(t, ex.Known):
            return ex.known(t.type, self.rng.randrange(20))
        return self.value(scope, t, depth)

    def changing_call(self, scope):
        """With pointers, as the initialiser of a local or for itself."""
        found = [f for f in self.functions if self.globals or
                 any(isinstance(p, Pointer) for _, p in f.parameters)]
        if not found:
            return None
        function = self.rng.choice(found)
        arguments = []
        for _, p in function.parameters:
            if isinstance(p, Pointer):
                place = self.place(scope, p.target, mutable=True, addressable=True)
                if not place:
                    return None
                arguments.append(ex.address(place))
            else:
                arguments.append(self.argument(scope, p, 1))
        return function.applied(arguments)
