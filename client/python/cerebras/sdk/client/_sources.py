# SPDX-License-Identifier: Apache-2.0
"""Sources that a program imports from outside of its folder.

A compile job sends the program's folder. Where its files name others by `../`, those travel too, in
a tree in which every path between them is as it is here.
"""
import os
import pathlib
import re
import shutil
from typing import List, Optional, Set

# How a CSL file names another, be it in an import, for a tile, or in a function that one of them
# calls.
_NAMED = re.compile(r'"([^"<>\n]+\.csl)"')
_PATH_OPTIONS = ("--import-path",)


def _named_files(file: pathlib.Path, main_folder: pathlib.Path) -> List[pathlib.Path]:
    """The files that exist of those that a CSL file names."""
    found = []
    for name in _NAMED.findall(file.read_text(encoding="utf-8", errors="replace")):
        for folder in (file.parent, main_folder):
            path = pathlib.Path(os.path.normpath(folder / name))
            if path.is_file():
                found.append(path)
                break
    return found


def outside_files(folder: pathlib.Path, main: str) -> List[pathlib.Path]:
    """Files outside of the folder that its CSL files need, by absolute path."""
    folder = pathlib.Path(os.path.abspath(folder))
    main_folder = (folder / main).parent
    outside: Set[pathlib.Path] = set()
    left = [path for path in folder.rglob("*.csl") if path.is_file()]
    while left:
        for path in _named_files(left.pop(), main_folder):
            if folder not in path.parents and path not in outside:
                outside.add(path)
                left.append(path)
    return sorted(outside)


class Tree:
    """The folder and what it needs, below their nearest common folder: `root`."""

    def __init__(self, folder: pathlib.Path, outside: List[pathlib.Path], scratch: str) -> None:
        folder = pathlib.Path(os.path.abspath(folder))
        top = pathlib.Path(os.path.commonpath([str(folder)] + [str(path) for path in outside]))
        self.root = pathlib.Path(scratch) / "sources"
        self._inside = folder.relative_to(top).as_posix()
        shutil.copytree(str(folder), str(self.root / self._inside))
        for path in outside:
            target = self.root / path.relative_to(top)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(path), str(target))

    def inside(self, path: str) -> str:
        """A path of the folder, from the root."""
        return path if os.path.isabs(path) else os.path.normpath(self._inside + "/" + path)

    def options(self, words: List[str]) -> List[str]:
        """The compiler's options, with folders named from the root."""
        moved: List[str] = []
        for index, word in enumerate(words):
            option, equals, value = word.partition("=")
            if option in _PATH_OPTIONS and equals:
                word = option + "=" + self.inside(value)
            elif index > 0 and words[index - 1] in _PATH_OPTIONS:
                word = self.inside(word)
            moved.append(word)
        return moved


def tree_of(folder: pathlib.Path, main: str, scratch: str) -> Optional[Tree]:
    """None where the program needs nothing from outside of its folder."""
    outside = outside_files(folder, main)
    return Tree(folder, outside, scratch) if outside else None
