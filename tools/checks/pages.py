# SPDX-License-Identifier: Apache-2.0
"""Links between pages, and the README of every folder that builds something."""
import re

from tools.checks.tree import Finding

MAX_README_LINES = 60
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# Folders whose README would only repeat the one above.
NO_README = re.compile(r"third_party(/.*)?|tests/.*|.*/(testdata|testing/.*)")


def _anchors(text):
    for line in text.splitlines():
        if line.startswith("#"):
            words = re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower())
            yield words.replace(" ", "-")


def dead_links(files):
    """Links of pages to files or headings that are not there; web addresses are not followed."""
    known = {f.path: f for f in files}
    folders = {"/".join(p.split("/")[:n]) for p in known for n in range(1, p.count("/") + 1)}
    for page in (f for f in files if f.suffix == ".md" and not f.is_generated()):
        for number, line in enumerate(page.lines, 1):
            for target in LINK.findall(line):
                if re.match(r"[a-z]+:", target):
                    continue
                reason = _why_dead(page, target, known, folders)
                if reason:
                    yield Finding(page.path, number, f"link to '{target}': {reason}")


def _why_dead(page, target, known, folders):
    path, _, anchor = target.partition("#")
    parts = [] if path.startswith("/") or not page.folder else page.folder.split("/")
    if not path:
        full = page.path
    else:
        for part in path.strip("/").split("/"):
            if part == "..":
                if not parts:
                    return "leaves the repository"
                parts.pop()
            elif part != ".":
                parts.append(part)
        full = "/".join(parts)
    if full not in known and full not in folders and full:
        return "no such file"
    if anchor and full in known and anchor not in set(_anchors(known[full].text)):
        return "no such heading"
    return None


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


TREE_CHECKS = (dead_links, readmes)
