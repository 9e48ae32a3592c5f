# SPDX-License-Identifier: Apache-2.0
"""Statements and functions that have a text and an effect: `run(frame)` changes the frame."""
import contextlib
import copy
import dataclasses

from tests.oracle.programs.expressions import Expression, Known


class Leave(Exception):
    """A break or continue on its way to its loop or block."""

    def __init__(self, label, again=False, value=None):
        super().__init__(label)
        self.label = label
        self.again = again
        self.value = value


class Return(Exception):
    """With the function's result."""

    def __init__(self, value):
        super().__init__()
        self.value = value


class TooManySteps(Exception):
    """The statements that may be evaluated are used up."""


_steps_left = [0]


@contextlib.contextmanager
def at_most(steps):
    """Within, evaluation raises TooManySteps after so many statements."""
    _steps_left[0] = steps
    yield


def indented(lines):
    return ["  " + line for line in lines]


def run_all(statements, frame):
    for statement in statements:
        _steps_left[0] -= 1
        if _steps_left[0] < 0:
            raise TooManySteps()
        statement.run(frame)


def lines_of(statements):
    return [line for statement in statements for line in statement.lines()]


def copied(value):
    return copy.deepcopy(value) if isinstance(value, (dict, list)) else value


@dataclasses.dataclass
class Declare:
    """A local; `spelled` is its initialiser's text if that is not the value's own."""
    keyword: str
    name: str
    value: object
    typed: bool = True

    def lines(self):
        of_type = f": {self.value.type.name}" if self.typed else ""
        return [f"{self.keyword} {self.name}{of_type} = {self.value.text};"]

    def run(self, frame):
        frame[self.name] = copied(self.value.run(frame))


@dataclasses.dataclass
class Assign:
    """`operation` is None, or what combines the old value with the new one."""
    place: object
    operator: str
    value: object
    operation: object = None

    def lines(self):
        return [f"{self.place.text} {self.operator} {self.value.text};"]

    def run(self, frame):
        if self.operation is None:
            self.place.store(frame, self.value.run(frame))
        else:
            old = self.place.run(frame)
            self.place.store(frame, self.operation.value(old, self.value.run(frame)))


@dataclasses.dataclass
class If:
    condition: object
    then: list
    other: list

    def lines(self):
        found = [f"if ({self.condition.text}) {{", *indented(lines_of(self.then))]
        if self.other:
            found += ["} else {", *indented(lines_of(self.other))]
        return [*found, "}"]

    def run(self, frame):
        run_all(self.then if self.condition.run(frame) else self.other, frame)


@dataclasses.dataclass
class For:
    """Over a range or an array, whose elements are read when it is their turn; `names` are the
    element and perhaps the index."""
    label: str
    names: list
    text: str
    items: object  # from the frame
    body: list
    inline: str = ""

    def lines(self):
        return [f"{self.label}: {self.inline}for ({self.text}) |{', '.join(self.names)}| {{",
                *indented(lines_of(self.body)), "}"]

    def run(self, frame):
        items = self.items(frame)
        for index in range(len(items)):
            frame[self.names[0]] = copied(items[index])
            if len(self.names) > 1:
                frame[self.names[1]] = index
            try:
                run_all(self.body, frame)
            except Leave as leave:
                if leave.label != self.label:
                    raise
                if not leave.again:
                    break


@dataclasses.dataclass
class While:
    """Counts a variable of its own up to `limit`, unless `condition` ends it."""
    label: str
    counter: str
    limit: int
    condition: object
    body: list

    def lines(self):
        return [f"var {self.counter}: u16 = 0;",
                f"{self.label}: while ({self.counter} < {self.limit} and {self.condition.text}) : "
                f"({self.counter} += 1) {{",
                *indented(lines_of(self.body)), "}"]

    def run(self, frame):
        frame[self.counter] = 0
        while frame[self.counter] < self.limit and self.condition.run(frame):
            try:
                run_all(self.body, frame)
            except Leave as leave:
                if leave.label != self.label:
                    raise
                if not leave.again:
                    break
            frame[self.counter] += 1


@dataclasses.dataclass
class Jump:
    """break or continue of the innermost loop, whose label is only for us; or break of a label."""
    text: str
    label: str
    again: bool
    value: object = None

    def lines(self):
        return [self.text]

    def run(self, frame):
        raise Leave(self.label, self.again, self.value and copied(self.value.run(frame)))


@dataclasses.dataclass
class Switch:
    """Prongs are (values, statements); the last statements are those of `else`."""
    operand: object
    prongs: list
    other: list

    def lines(self):
        found = [f"switch ({self.operand.text}) {{"]
        for values, body in self.prongs:
            found += [f"  {', '.join(map(str, values))} => {{",
                      *indented(indented(lines_of(body))), "  },"]
        return [*found, "  else => {", *indented(indented(lines_of(self.other))), "  },", "}"]

    def run(self, frame):
        value = self.operand.run(frame)
        for values, body in self.prongs:
            if value in values:
                return run_all(body, frame)
        return run_all(self.other, frame)


@dataclasses.dataclass
class Give:
    """return."""
    value: object

    def lines(self):
        return [f"return {self.value.text};"]

    def run(self, frame):
        raise Return(copied(self.value.run(frame)))


@dataclasses.dataclass
class Do:
    """An expression for what it does."""
    value: object

    def lines(self):
        return [f"{self.value.text};"]

    def run(self, frame):
        self.value.run(frame)


@dataclasses.dataclass
class Function:
    """Parameters are (name, type)."""
    keyword: str
    name: str
    parameters: list
    result: object
    body: list

    def lines(self):
        listed = ", ".join(f"{'comptime ' if isinstance(t, Known) else ''}{name}: {t.name}"
                           for name, t in self.parameters)
        return [f"{self.keyword} {self.name}({listed}) {self.result.name} {{",
                *indented(lines_of(self.body)), "}"]

    def call(self, arguments):
        """Of values; each call has a frame of its own."""
        frame = {name: copied(v) for (name, _), v in zip(self.parameters, arguments)}
        try:
            run_all(self.body, frame)
        except Return as done:
            return done.value
        raise AssertionError(f"{self.name} gives no result")

    def applied(self, arguments, called=None):
        """A call, by its name or through something that is `called` otherwise."""
        text = f"{called or self.name}({', '.join(a.text for a in arguments)})"
        return Expression(self.result, text,
                          lambda frame: self.call([a.run(frame) for a in arguments]))


def block_value(label, statements, value):
    """A labelled block as an expression: what it does, and then what it gives."""
    body = " ".join(lines_of(statements))
    text = f"{label}: {{ {body} break :{label} {value.text}; }}"

    def run(frame):
        try:
            run_all(statements, frame)
            return value.run(frame)
        except Leave as leave:
            if leave.label != label:
                raise
            return leave.value

    return Expression(value.type, text, run)
