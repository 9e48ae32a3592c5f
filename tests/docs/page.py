# SPDX-License-Identifier: Apache-2.0
"""Pages that can be run: their files, their commands, and what the commands print.

A page marks what belongs to a run by the first lines of its blocks, which no viewer shows:

    ```sh run          commands, run as typed, all of a page in one shell that ends at a failure
    ```text output     what the commands of the block above print; `...` stands for any lines, or
                       within a line for any text

A third word after `run` names the machine that the commands are typed on, for pages about several.
A block that follows a line with nothing but a file name in backticks is that file, complete.
"""
import dataclasses
import re
import subprocess

_FENCE = re.compile(r"```(.*)")
_FILE = re.compile(r"`([\w./-]+)`:?")
_MARKS = {"run", "output"}
# Ends what each block prints; no program prints it.
_END = "\x1e"
PAGE_TIMEOUT_S = 300


class PageError(Exception):
    """A page whose blocks cannot be understood."""


@dataclasses.dataclass(frozen=True)
class Block:
    """`first` is the number of the block's first line of text, `language` that of its fence."""
    first: int
    language: str
    mark: str
    text: str
    file: str  # the name of the file that it is, or ""
    machine: str = ""


@dataclasses.dataclass
class Step:
    """A file to write, or commands with the block of what they print."""
    block: Block
    output: Block | None = None


def blocks(text):
    """Every fenced block of a page."""
    lines = text.splitlines()
    last_words, begin, info, found = "", None, "", []
    for number, line in enumerate(lines, 1):
        fence = _FENCE.fullmatch(line)
        if not fence:
            if begin is None and line.strip():
                last_words = line
            continue
        if begin is None:
            begin, info = number, fence.group(1).split()
            continue
        if fence.group(1):
            raise PageError(f"line {number}: a block begins inside the one of line {begin}")
        language, mark, machine = (info + ["", "", ""])[:3]
        if mark and mark not in _MARKS:
            raise PageError(f"line {begin}: mark '{mark}' must be one of run, output")
        file = _FILE.fullmatch(last_words.strip())
        content = "".join(line + "\n" for line in lines[begin:number - 1])
        found.append(Block(begin + 1, language, mark, content, file.group(1) if file else "",
                           machine))
        begin, last_words = None, ""
    if begin is not None:
        raise PageError(f"line {begin}: the block has no end")
    return found


def steps(text):
    """What a reader of the page does, in order."""
    found, before = [], None
    for block in blocks(text):
        if block.mark == "output":
            if before is None or before.mark != "run":
                raise PageError(f"line {block.first}: output without commands above it")
            found[-1].output = block
        elif block.mark == "run" or block.file:
            found.append(Step(block))
        before = block
    return found


def _script(todo, folder):
    """One shell script of all steps; files lie in `folder` under the number of their step."""
    lines = ["set -eu",
             "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT"]
    for number, step in enumerate(todo):
        if step.block.file:
            (folder / str(number)).write_text(step.block.text, encoding="utf-8")
            lines.append(f"mkdir -p \"$(dirname '{step.block.file}')\"")
            lines.append(f"cp '{folder / str(number)}' '{step.block.file}'")
        else:
            lines.append(step.block.text.rstrip("\n"))
            lines.append(f"printf '{_END}'")
    return "\n".join(lines) + "\n"


def agree(shown, printed):
    """Whether a page shows what was printed: `...` is any lines, or within a line any text."""
    parts = ["(?:.*\n)*" if line == "..." else
             ".*".join(map(re.escape, line.rstrip().split("..."))) + "\n"
             for line in shown.splitlines()]
    text = "".join(line.rstrip() + "\n" for line in printed.splitlines())
    return re.fullmatch("".join(parts), text) is not None


@dataclasses.dataclass
class Result:
    """What a run of a page gave: problems in words, and for each output block what was printed."""
    problems: list
    printed: dict  # by the number of the block's first line


def run(text, work, scratch, environment):
    """Does what the page says in the folder `work`; `scratch` is a folder for the files' texts."""
    todo = steps(text)
    done = subprocess.run(["bash", "-c", _script(todo, scratch)], cwd=work, env=environment,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=PAGE_TIMEOUT_S)
    *ended, rest = done.stdout.split(_END)
    commands = [step for step in todo if not step.block.file]
    result = Result([], {})
    for step, printed in zip(commands, ended):
        if step.output is None:
            continue
        result.printed[step.output.first] = printed
        if not agree(step.output.text, printed):
            result.problems.append(f"line {step.output.first}: the page shows\n{step.output.text}"
                                   f"but the commands print\n{printed}")
    if done.returncode != 0 or len(ended) != len(commands):
        failed = commands[min(len(ended), len(commands) - 1)].block.first
        result.problems.append(f"line {failed}: exit code {done.returncode}\n{rest}\n{done.stderr}")
    return result


def with_output(text, printed):
    """The page with other output: texts by the number of the block's first line."""
    lines = text.splitlines()
    for block in reversed(blocks(text)):
        if block.first in printed and "..." not in block.text:
            begin = block.first - 1
            end = begin + block.text.count("\n")
            lines[begin:end] = [line.rstrip() for line in printed[block.first].splitlines()]
    return "\n".join(lines) + "\n"
