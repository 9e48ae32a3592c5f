# SPDX-License-Identifier: Apache-2.0
"""Headers that include each other: none of them can be read, or changed, without the others."""
from tools.checks.layering import INCLUDE
from tools.checks.tree import Finding


def _included(headers):
    """{header: {header that it includes: line}}."""
    found = {}
    for path, file in headers.items():
        matches = ((n, INCLUDE.match(line)) for n, line in enumerate(file.lines, 1))
        named = {m.group(1): n for n, m in matches if m}
        found[path] = {used: line for used, line in named.items() if used in headers}
    return found


def _in_cycles(included):
    """What is left when headers that include nothing that is left are taken away one by one."""
    left = {header: set(uses) for header, uses in included.items()}
    while leaves := [header for header, uses in left.items() if not uses & left.keys()]:
        for header in leaves:
            del left[header]
    return left


def _way(included, start, goal):
    """The shortest chain of headers by which `start` includes `goal`, or None."""
    ways = {start: [start]}
    queue = [start]
    for header in queue:
        if header == goal:
            return ways[header]
        for used in sorted(included[header] & included.keys()):
            if used not in ways:
                ways[used] = ways[header] + [used]
                queue.append(used)
    return None


def cycles(files):
    """A finding for each `#include` of a header by which a cycle of headers closes."""
    lines = _included({f.path: f for f in files if f.suffix in (".h", ".def")})
    left = _in_cycles(lines)
    for header, uses in sorted(left.items()):
        for used in sorted(uses & left.keys()):
            way = _way(left, used, header)
            if way:
                text = "headers include each other: " + " -> ".join([header] + way)
                yield Finding(header, lines[header][used], text)


TREE_CHECKS = (cycles,)
