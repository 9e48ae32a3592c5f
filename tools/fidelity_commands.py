# SPDX-License-Identifier: Apache-2.0
"""The commands of a published case, made complete.

Reports shorten commands. What is read as what:

  {arch}                 the case's architecture
  layout*.csl            layout.csl, or with device_run.py the folder's other layout_*.csl
  C0_ID:0..C8_ID:8       C0_ID:0,C1_ID:1,...,C8_ID:8
  as NAME but P:V        the command of the first case whose program contains NAME, with P:V instead
  ...                    nothing; the words before and behind it belong together
  name=value, in device_run.py's or run.py's words: --name=value
  (text)                 a remark
"""
import re
import shlex

PROGRAM = re.compile(r"^(?P<folder>[\w/.-]+?)(?:/README\.rst)?(?: \((?P<script>[\w.]+)\))?$")
SERIES = re.compile(r"([A-Za-z]+)(\d+)(\w*):(\d+)\.\.\1(\d+)\3:(\d+)")
LIKE = re.compile(r"^as (?P<name>[\w-]+) but (?P<param>\w+):(?P<value>\w+)$")


class Unreadable(Exception):
    """A case does not say how its program is compiled and run."""


def program(case):
    """Folder of the program in its repository, and the host script."""
    match = PROGRAM.match(case["program_path"])
    if not match:
        raise Unreadable(f"no folder: '{case['program_path']}'")
    return match["folder"], match["script"] or "run.py"


def architecture(case):
    """wse2 or wse3; where the case only infers one, that one."""
    if case["arch"] in ("wse2", "wse3"):
        return case["arch"]
    match = re.search(r"suggests (wse[23])", case["arch"])
    if not match:
        raise Unreadable(f"no architecture: '{case['arch']}'")
    return match[1]


def expanded(text):
    """C0_ID:0..C2_ID:2 -> C0_ID:0,C1_ID:1,C2_ID:2"""
    def series(match):
        name, first, tail, value, last, _ = match.groups()
        return ",".join(f"{name}{number}{tail}:{int(value) + number - int(first)}"
                        for number in range(int(first), int(last) + 1))
    return SERIES.sub(series, text)


def model(case, cases, text, key):
    """The case whose command stands for `text`."""
    match = LIKE.match(case["compile"])
    if match:
        for other in cases:
            if match["name"] in other["program_path"] and other is not case:
                changed = re.sub(rf"\b{match['param']}:\w+",
                                 f"{match['param']}:{match['value']}", other["compile"])
                return changed if key == "compile" else f"{other['run']} {text}"
    if text.startswith(("cslc", "cs_python")):
        return text
    for other in cases:
        # A case of the same program with whole commands.
        if program_or_none(other) == program_or_none(case) and other is not case:
            if other[key].startswith(("cslc", "cs_python")) and same_size(case, other):
                return other[key]
    raise Unreadable(f"no whole command: '{text}'")


def program_or_none(case):
    try:
        return program(case)
    except Unreadable:
        return None


def same_size(case, other):
    """Whether all NAME:VALUE of the case's commands are in the other's."""
    return set(re.findall(r"\b\w+:\w+", case["compile"])) <= set(
        re.findall(r"\b\w+:\w+", other["compile"]))


def commands(case, cases):
    """Architecture, and the words of the two commands; layout*.csl is left to of_folder."""
    arch = architecture(case)
    compilation = expanded(model(case, cases, case["compile"], "compile"))
    words = shlex.split(compilation.replace("{arch}", arch))
    if not any(word.startswith("-o") for word in words):
        words.append("-o=out")
    execution = re.sub(r"\(.*?\)", "", model(case, cases, case["run"], "run"))
    run_words = []
    for word in shlex.split(execution):
        if word != "...":
            is_bare = re.match(r"^\w+=", word)
            run_words.append("--" + word.replace("_", "-") if is_bare else word)
    return arch, words, run_words


def of_folder(words, folder, script):
    """The words of a compilation with layout*.csl replaced by the file that `script` is for."""
    found = []
    for word in words:
        if "*" not in word:
            found.append(word)
            continue
        files = sorted(file.name for file in folder.glob(word.removeprefix("./")))
        wanted = [name for name in files if (name == "layout.csl") == (script == "run.py")]
        if len(wanted) != 1:
            raise Unreadable(f"{word} is one of {', '.join(files)}")
        found.append(word.rpartition("/")[0] + "/" + wanted[0])
    return found
