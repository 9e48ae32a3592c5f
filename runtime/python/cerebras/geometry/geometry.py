# SPDX-License-Identifier: Apache-2.0
"""Points and rectangles of PEs for SdkLayout: x grows east, y grows south."""
import operator


class IntVector:
    """Two integers: the position of a PE, or an offset."""

    __slots__ = ("x", "y")

    def __init__(self, x: int, y: int) -> None:
        """x, y: integers; TypeError for anything else."""
        self.x = _integer("x", x)
        self.y = _integer("y", y)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IntVector):
            return NotImplemented
        return self.x == other.x and self.y == other.y

    def __hash__(self) -> int:
        return hash((self.x, self.y))

    def __repr__(self) -> str:
        return f"IntVector({self.x}, {self.y})"


class IntRectangle:
    """The PEs from `origin`, the north-west one, up to, not including, `dims`.

    `dims` is the corner past the last PE: IntRectangle(IntVector(2, 0), IntVector(3, 4)) is column
    2 of rows 0 to 3. With origin (0, 0) it is width and height.
    """

    __slots__ = ("origin", "dims")

    def __init__(self, origin: IntVector, dims: IntVector) -> None:
        """origin, dims: IntVector; TypeError for anything else."""
        for name, value in (("origin", origin), ("dims", dims)):
            if not isinstance(value, IntVector):
                raise TypeError(f"IntRectangle: {name} = {value!r}: must be an IntVector")
        self.origin = origin
        self.dims = dims

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IntRectangle):
            return NotImplemented
        return self.origin == other.origin and self.dims == other.dims

    def __hash__(self) -> int:
        return hash((self.origin, self.dims))

    def __repr__(self) -> str:
        return f"IntRectangle({self.origin!r}, {self.dims!r})"


def _integer(name: str, value: int) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"IntVector: {name} = {value!r}: must be an integer") from None
