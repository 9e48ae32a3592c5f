# SPDX-License-Identifier: Apache-2.0
"""The version: written in the file VERSION alone, with a dated section of CHANGELOG.md."""
import re

from tools.checks.tree import Finding

_SECTION = re.compile(r"^## \[([^\]]+)\](?: - (\S+))?$", re.M)


def version(files):
    """Findings about the version of this tree; none where there is no file VERSION."""
    known = {f.path: f for f in files}
    if "VERSION" not in known:
        return
    current = known["VERSION"].text.strip()
    if not re.fullmatch(r"\d+\.\d+\.\d+", current):
        yield Finding("VERSION", 1, f"'{current}' must be MAJOR.MINOR.PATCH")
    for file in files:
        if file.is_source() and not file.is_generated():
            for number, line in enumerate(file.lines, 1):
                if f'"{current}"' in line:
                    yield Finding(file.path, number, "the version is typed: include "
                                                     "base/version.h, or read VERSION")
    if "CHANGELOG.md" in known:
        yield from _sections(known["CHANGELOG.md"], current)


def _sections(changelog, current):
    sections = _SECTION.findall(changelog.text)
    if not sections or sections[0][0] != "Unreleased":
        yield Finding(changelog.path, 0, "the first section must be [Unreleased]")
    if current not in (name for name, _ in sections[:2]):
        yield Finding(changelog.path, 0, f"the first release must be [{current}], that of VERSION")
    for name, date in sections:
        if name != "Unreleased" and not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
            yield Finding(changelog.path, 0, f"[{name}] must have its date: [{name}] - YYYY-MM-DD")


TREE_CHECKS = (version,)
