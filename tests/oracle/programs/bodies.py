# SPDX-License-Identifier: Apache-2.0
"""Random statements, and functions made of them."""
from tests.oracle import operations
from tests.oracle.programs import expressions as ex
from tests.oracle.programs import statements as st
from tests.oracle.programs.expressions import Array, Pointer, Struct
from tests.oracle.programs.generate import BOOL, INTEGERS, SCALARS, U16, U32, Generator, Int, Scope
from tests.oracle.scalars import FLOATS

WIDER = {FLOATS["f32"]: [FLOATS["f16"]]}
for wide in INTEGERS:
    WIDER[wide] = [t for t in INTEGERS if t.bits < wide.bits and (wide.signed or not t.signed)]


class Writer(Generator):
    """Adds statements to what the generator knows."""

    def wanted(self, scope, t, depth):
        """A value where the context fixes the type, so that narrower ones widen by themselves."""
        if WIDER.get(t) and self.rng.random() < 0.15:
            narrow = self.value(scope, self.rng.choice(WIDER[t]), depth)
            convert = operations.converted
            return ex.Expression(t, narrow.text,
                                 lambda frame: convert(narrow.type, t, narrow.run(frame)))
        return self.value(scope, t, depth)

    def statements(self, scope, count, depth):
        """Some; what they declare is visible to the later ones, and to the caller in `scope`."""
        found = []
        kinds = {self.declare: 4, self.assign: 4, self.compound: 3}
        if depth > 0:
            kinds |= {self.branch: 2, self.loop: 1, self.array_loop: 1, self.while_loop: 1,
                      self.switch: 1, self.block: 1, self.changed: 2, self.pointer: 1,
                      self.function_pointer: 1}
        if scope.loops:
            kinds[self.leave] = 1
        for _ in range(count):
            make = self.rng.choices(list(kinds), list(kinds.values()))[0]
            found += make(scope, depth) or []
        return found

    def body(self, scope, depth, *places, loop=None):
        return self.statements(scope.inner(*places, loop=loop), self.rng.randint(1, 3), depth - 1)

    def declare(self, scope, _):
        t = self.some_type()
        keyword = self.rng.choice(["var", "var", "const"])
        statement = st.Declare(keyword, self.name("v"), self.wanted(scope, t, 3))
        scope.places.append(ex.variable(t, statement.name, keyword == "var"))
        return [statement]

    def target(self, scope, wanted=lambda t: True, address=False):
        found = [p for p in self.places(scope, mutable=True)
                 if wanted(p.type) and (p.addressable or not address)]
        return self.rng.choice(found) if found else None

    def assign(self, scope, _):
        place = self.target(scope)
        return place and [st.Assign(place, "=", self.wanted(scope, place.type, 3))]

    def compound(self, scope, _):
        place = self.target(scope, lambda t: t in SCALARS and t != BOOL)
        if not place:
            return None
        t = place.type
        value = self.wanted(scope, t, 2)
        if isinstance(t, Int) and self.rng.random() < 0.2:
            operation, value = self.rng.choice(operations.divisions(t)[::2]), ex.nonzero(
                self.value(scope, t, 2))
        elif isinstance(t, Int) and self.rng.random() < 0.25:
            operation = self.rng.choice(operations.shifts(t, U16)[::2])
            value = ex.below(self.value(scope, U16, 2), t.bits)
        else:
            operation = self.rng.choice([op for op in ex.binary_operations(t) if op.result == t])
        operator = operation.text.split()[1] + "="
        return [st.Assign(place, operator, value, operation)]

    def branch(self, scope, depth):
        other = self.body(scope, depth) if self.rng.random() < 0.5 else []
        return [st.If(self.value(scope, BOOL, 2), self.body(scope, depth), other)]

    def loop(self, scope, depth):
        label, name = self.name("l"), self.name("i")
        if self.rng.random() < 0.5:
            t, numbers = U16, range(self.rng.randint(0, 5))
            text = f"@range(u16, {len(numbers)})"
        else:
            t = self.rng.choice([t for t in INTEGERS if t.signed and t.bits >= 8])
            numbers = range(self.rng.randint(-5, 5), self.rng.randint(-5, 5),
                            self.rng.choice([1, 2, -1, -3]))
            text = f"@range({t.name}, {numbers.start}, {numbers.stop}, {numbers.step})"
        body = self.body(scope, depth, ex.variable(t, name, False), loop=label)
        inline = "inline " if self.rng.random() < 0.2 else ""
        return [st.For(label, [name], text, lambda frame: list(numbers), body, inline)]

    def array_loop(self, scope, depth):
        place = self.target(scope, lambda t: isinstance(t, Array))
        if not place:
            return None
        label, item, index = self.name("l"), self.name("e"), self.name("i")
        body = self.body(scope, depth, ex.variable(place.type.element, item, False),
                         ex.variable(U16, index, False), loop=label)
        return [st.For(label, [item, index], place.text, place.run, body)]

    def while_loop(self, scope, depth):
        label, counter = self.name("l"), self.name("n")
        condition = self.value(scope, BOOL, 2)
        body = self.body(scope, depth, ex.variable(U16, counter, False), loop=label)
        return [st.While(label, counter, self.rng.randint(1, 6), condition, body)]

    def switch(self, scope, depth):
        t = self.rng.choice(INTEGERS)
        values = [v for v in dict.fromkeys([*range(6), t.low, t.high]) if t.low <= v <= t.high]
        self.rng.shuffle(values)
        prongs = []
        while values and len(prongs) < 3:
            taken = [values.pop() for _ in range(min(len(values), self.rng.randint(1, 2)))]
            prongs.append((taken, self.body(scope, depth)))
        operand = self.value(scope, t, 2)
        if self.rng.random() < 0.7 and not t.signed:
            operand = ex.below(operand, 7)
        return [st.Switch(operand, prongs, self.body(scope, depth))]

    def block(self, scope, depth):
        """A labelled block whose value initialises a variable; an inner break may give another."""
        t = self.rng.choice(SCALARS)
        label = self.name("b")
        inner = scope.inner()
        early = st.If(self.value(inner, BOOL, 2), [self.give_from(inner, label, t)], [])
        rest = self.statements(inner, 2, 0)
        value = st.block_value(label, [early, *rest], self.wanted(inner, t, 2))
        statement = st.Declare("const", self.name("v"), value)
        scope.places.append(ex.variable(t, statement.name, False))
        return [statement]

    def give_from(self, scope, label, t):
        value = self.value(scope, t, 2)
        return st.Jump(f"break :{label} {value.text};", label, False, value)

    def changed(self, scope, _):
        value = self.changing_call(scope)
        if not value:
            return None
        statement = st.Declare("var", self.name("v"), value)
        scope.places.append(ex.variable(value.type, statement.name))
        return [statement]

    def function_pointer(self, scope, _):
        found = [f for f in self.functions if f.keyword == "fn" and not self.globals and
                 not any(isinstance(p, (Pointer, ex.Known)) for _, p in f.parameters)]
        if not found:
            return None
        function = self.rng.choice(found)
        t = ex.FunctionPointer(function)
        value = ex.Expression(t, function.name, lambda frame: function)
        statement = st.Declare("var", self.name("call"), value)
        scope.places.append(ex.variable(t, statement.name, False))
        return [statement]

    def pointer(self, scope, _):
        place = self.target(scope, address=True)
        if not place:
            return None
        statement = st.Declare("const", self.name("p"), ex.address(place))
        scope.places.append(ex.variable(Pointer(place.type), statement.name, False))
        return [statement]

    def leave(self, scope, _):
        """Of the innermost loop by `break` or `continue`, or of an outer one by its label."""
        label = self.rng.choice(scope.loops)
        again = self.rng.random() < 0.5 and label == scope.loops[-1]
        text = "continue;" if again else f"break :{label};"
        if label == scope.loops[-1] and not again and self.rng.random() < 0.5:
            text = "break;"
        return [st.If(self.value(scope, BOOL, 2), [st.Jump(text, label, again)], [])]

    # Functions

    def function(self):
        kinds = SCALARS + self.structs + self.enums + [self.union]
        result = self.rng.choice(kinds)
        parameters = []
        for _ in range(self.rng.randint(1, 3)):
            t = self.rng.choice(kinds)
            if self.rng.random() < 0.1:
                t = ex.Known(U16)
            elif self.rng.random() < 0.35:
                array = Array(self.rng.choice(INTEGERS), 3)
                many = self.rng.random() < 0.2
                t = Pointer(array if many else self.rng.choice([*kinds, array]), many)
            parameters.append((self.name("a"), t))
        seen = [ex.variable(t.type if isinstance(t, ex.Known) else t, name, False)
                for name, t in parameters]
        scope = Scope(self.globals + seen, [], result)
        early_scope = Scope(list(scope.places), [], result)
        body = self.statements(scope, self.rng.randint(2, 6), 2)
        body.append(st.Give(self.wanted(scope, result, 2)))
        if self.rng.random() < 0.3:
            early = st.If(self.value(early_scope, BOOL, 2),
                          [st.Give(self.value(early_scope, result, 2))], [])
            body.insert(0, early)
        keyword = self.rng.choice(["fn", "fn", "fn", "noinline fn", "inline fn"])
        made = st.Function(keyword, self.name("function"), parameters, result, body)
        self.functions.append(made)
        return made

    def recursive_function(self):
        """Its first parameter, modulo 8, counts the calls that are left."""
        parameters = [(self.name("a"), U16)]
        parameters += [(self.name("a"), self.rng.choice(SCALARS + self.structs)) for _ in range(2)]
        result = self.rng.choice(SCALARS)
        made = st.Function("fn", self.name("function"), parameters, result, [])
        places = [ex.variable(t, name, False) for name, t in parameters]
        scope = Scope(self.globals + places, [], result)
        left = ex.below(places[0], 8)
        zero = ex.apply(named(U16, "eq"), left, ex.known(U16, 0))
        made.body.append(st.If(zero, [st.Give(self.value(scope, result, 2))], []))
        made.body += self.statements(scope, 2, 1)
        fewer = ex.apply(named(U16, "sub"), left, ex.known(U16, 1))
        inner = made.applied([fewer, *(self.value(scope, t, 2) for _, t in parameters[1:])])
        declared = st.Declare("const", self.name("v"), inner)
        scope.places.append(ex.variable(result, declared.name, False))
        made.body += [declared, st.Give(self.wanted(scope, result, 2))]
        self.functions.append(made)

    def entry(self, parameters):
        """Of scalars; gives a checksum of all its variables."""
        scope = Scope([*self.globals, *(ex.variable(t, name, False) for name, t in parameters)], [],
                      U32)
        body = [line for _ in range(4) for line in self.declare(scope, 0)]
        body += self.statements(scope, self.rng.randint(6, 12), 3)
        total = ex.variable(U32, "checksum")
        body.append(st.Declare("var", "checksum", ex.known(U32, 17)))
        for place in scope.places:
            for scalar in scalars_in(place):
                step = ex.apply(named(U32, "mul"), total, ex.known(U32, 31))
                mixed = ex.apply(named(U32, "add"), step, ex.raw_bits(scalar))
                body.append(st.Assign(total, "=", mixed))
        body.append(st.Give(total))
        return st.Function("fn", self.name("entry"), parameters, U32, body)


def named(t, name):
    return next(op for op in operations.integer_operations(t) if op.name == name)


def element_number(place, n):
    columns = place.type.columns
    if not columns:
        return ex.element(place, number(n))
    return ex.element_at(place, number(n // columns), number(n % columns))


def number(n):
    return ex.Expression(U16, str(n), lambda frame: n)


def scalars_in(place):
    """Every scalar of a variable; not what a pointer points to."""
    if isinstance(place.type, ex.Union):
        yield ex.union_field(place, *place.type.fields[0])
    elif isinstance(place.type, Struct):
        for name, t in place.type.fields:
            yield from scalars_in(ex.field(place, name, t))
    elif isinstance(place.type, Array):
        for n in range(place.type.size):
            yield from scalars_in(element_number(place, n))
    elif not isinstance(place.type, (Pointer, ex.FunctionPointer)):
        yield place
