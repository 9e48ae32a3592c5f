# SPDX-License-Identifier: Apache-2.0
"""Links between pages, and the README of every folder that builds something."""
import posixpath
import re

from tools.checks.shape import blank
from tools.checks.tree import GENERATED_PARTS, Finding

MAX_README_LINES = 60
# The text of a link may begin on another line, and may hold an image: only its end tells.
LINK = re.compile(r"\]\(([^)\s]+)\)")
REFERENCE = re.compile(r"^\[[^\]]+\]:\s+(\S+)", re.M)
# Blocks between fences, and code between backticks, hold no links.
CODE = re.compile(r"^```.*?^```|``.+?``|`[^`\n]*`", re.M | re.S)
# Folders whose README would only repeat the one above.
NO_README = re.compile(r"third_party(/.*)?|tests/.*|.*/(testdata|testing/.*)")


def _anchors(text):
    """The anchors of a page's headings; one that comes again gets a number."""
    seen = {}
    blocks = re.compile(r"^```.*?^```", re.M | re.S)
    for line in blocks.sub(blank, text).splitlines():
        if line.startswith("#"):
            words = re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower()).replace(" ", "-")
            count = seen[words] = seen.get(words, 0) + 1
            yield words if count == 1 else f"{words}-{count - 1}"


def links(text):
    """(line, target) of every link of a page, images and references included."""
    prose = CODE.sub(blank, text)
    found = [(match.start(1), match.group(1))
             for pattern in (LINK, REFERENCE) for match in pattern.finditer(prose)]
    return [(1 + text.count("\n", 0, at), target) for at, target in sorted(found)]


def dead_links(files):
    """Links of pages to files or headings that are not there; web addresses are not followed."""
    known = {f.path: f for f in files}
    folders = {"/".join(p.split("/")[:n]) for p in known for n in range(1, p.count("/") + 1)}
    for page in _pages(files):
        for number, target in links(page.text):
            if re.match(r"[a-z]+:", target):
                continue
            reason = _why_dead(page, target, known, folders)
            if reason:
                yield Finding(page.path, number, f"link to '{target}': {reason}")


def _pages(files):
    """Generated pages have links, too; only golden files and test data have none that count."""
    return [f for f in files
            if f.suffix == ".md" and not GENERATED_PARTS & set(f.path.split("/"))]


def unreachable(files):
    """Pages of docs/ and examples/ to which no path of links leads from README.md."""
    pages = {f.path: f for f in _pages(files)}
    folders = {p.rsplit("/", 1)[0]: p for p in pages if p.endswith("/README.md")}
    seen, todo = set(), ["README.md"] if "README.md" in pages else []
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for _, target in links(pages[path].text):
            full = _target(pages[path], target)
            full = folders.get(full, full)
            todo += [full] if full in pages else []
    for path in sorted(set(pages) - seen if seen else ()):
        if path.startswith(("docs/", "examples/")):
            yield Finding(path, 0, "no page leads here: link to it from docs/README.md")


def _target(page, link):
    """The path that a link leads to; of an anchor alone the page, of the root '.'."""
    path = link.partition("#")[0]
    if not path:
        return page.path
    folder = "" if path.startswith("/") else page.folder
    return posixpath.normpath(posixpath.join(folder, path.lstrip("/")))


def _why_dead(page, link, known, folders):
    full = _target(page, link)
    anchor = link.partition("#")[2]
    if full == ".." or full.startswith("../"):
        return "leaves the repository"
    if full not in known and full not in folders and full != ".":
        return "no such file"
    if anchor and full in known and anchor not in set(_anchors(known[full].text)):
        return "no such heading"
    return None


def marks(files):
    """Commands that are marked to be run where no test looks: //tests/docs:pages_test."""
    for page in _pages(files):
        if page.path.startswith(("docs/", "examples/")) or page.path == "README.md":
            continue
        for number, line in enumerate(page.lines, 1):
            if line == "```sh run":
                yield Finding(page.path, number, "only README.md and pages of docs/ and "
                                                 "examples/ are run: remove the mark")


def readmes(files):
    known = {f.path: f for f in files}
    for build in (f for f in files if f.name == "BUILD" and f.folder):
        if NO_README.fullmatch(build.folder):
            continue
        if f"{build.folder}/README.md" not in known:
            yield Finding(build.folder, 0, "no README.md that says what this folder is and is not")
    for page in (f for f in files if f.name == "README.md" and f.folder):
        if len(page.lines) > MAX_README_LINES:
            yield Finding(page.path, 0, f"{len(page.lines)} lines, at most {MAX_README_LINES}")


TREE_CHECKS = (dead_links, unreachable, marks, readmes)
