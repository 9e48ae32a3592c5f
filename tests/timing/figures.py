# SPDX-License-Identifier: Apache-2.0
"""Rows of figures.txt: published figures, and what we promise about each."""
import dataclasses
import math

TOLERANCE = 0.03


@dataclasses.dataclass(frozen=True)
class Row:
    """One figure; `ours` is None where we are within TOLERANCE of the published one."""
    program: str
    arch: str
    figure: str
    published: str
    ours: float | None
    note: str

    def nearest(self, value):
        """The published number, of a range the one nearest to `value`."""
        ends = [float(end) for end in self.published.split("..")]
        return min(max(value, ends[0]), ends[-1])

    def is_met_by(self, value):
        published = self.nearest(value)
        return abs(value - published) <= TOLERANCE * published

    def is_kept_by(self, value):
        """Whether a measured value is what the row promises. What is met must not be a number."""
        if self.ours is None:
            return self.is_met_by(value)
        return math.isclose(value, self.ours, abs_tol=0.005) and not self.is_met_by(value)


def rows(path, program=None, arch=None):
    """All rows of a file, or those of one program and architecture."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, where, figure, published, ours, note = (*line.split(None, 5), "")[:6]
        found.append(Row(name, where, figure, published,
                         None if ours == "met" else float(ours), note))
    return [row for row in found
            if program in (None, row.program) and arch in (None, row.arch)]
