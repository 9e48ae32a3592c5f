# SPDX-License-Identifier: Apache-2.0
"""Which functions of the library the tests run.

A test runs a function if a program that runs, on some architecture, imports its module and calls it
in code that stays in the program. Cases that only compile, or are refused, do not count.
"""
import re

from tests.conformance.harness import case_file

_IMPORT = re.compile(r'@import_module\(\s*"<([^">]+)>"')
_CALL = re.compile(r"[\w\]\)]\.(\w+)\s*[(,)]")
_COMMENT = re.compile(r"//.*")
_FUNCTION = re.compile(r"(?:inline |noinline )?fn ")


def functions(offered):
    """Names of the functions among a module's signatures {name: signature}."""
    return [name for name, text in offered.items() if _FUNCTION.match(text)]


def runs(program):
    """Whether some architecture takes and runs a program of a case file."""
    refused = all(program.is_refused(arch) for arch in program.architectures())
    return not refused and "compiles" not in program.directives


def programs_of_cases(paths):
    """The text of each program of case files that runs."""
    for path in paths:
        for program in filter(runs, case_file.read(path)):
            yield "".join(program.files.values())


def programs_of_folders(folders):
    """The text of each program with a host script."""
    for folder in folders:
        if list(folder.glob("*.py")):
            yield "".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.csl")))


def calls(text):
    """{(module, function)} that a program may call: every member that it calls or hands to a
    function, of every module that it imports."""
    code = _COMMENT.sub("", text)
    return {(module, name) for module in _IMPORT.findall(code) for name in _CALL.findall(code)}


def is_called(module, name, called):
    """A submodule comes with the module that it is a part of: <tile_config> has
    <tile_config/teardown>."""
    whole = module.split("/")[0]
    return (module, name) in called or (whole, name) in called
