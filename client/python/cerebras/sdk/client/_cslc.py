# SPDX-License-Identifier: Apache-2.0
"""cslc --appliance: the compiler's command, as a compile job of an appliance.

Options, messages, exit codes and output folder are those of `cslc` on this machine. The sources are
the working folder, so the program must lie in it.
"""
import logging
import os
import pathlib
import shutil
import sys
import tarfile
import tempfile

from cerebras.appliance import errors

from ._compiler import SdkCompiler, output_name

_OUTPUT_LOG = "cerebras.sdk.client.sdk_appliance_client"
_MARK = "CSL compiler output:\n"
# Options of cslc whose value is the next word.
_WITH_VALUE = ("-o", "--params", "--colors", "--import-path", "--arch", "--fabric-dims",
               "--fabric-offsets", "--channels", "--dump", "--output-json", "--language")


class _Messages(logging.Handler):
    """Passes the compiler's messages on to standard error, as they are."""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if text.startswith(_MARK):
            sys.stderr.write(text[len(_MARK):])


def _main_file(words):
    """The position of the CSL file among the words; -1 if there is none."""
    skip = False
    for index, word in enumerate(words):
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in _WITH_VALUE
        else:
            return index
    return -1


def _unpack(artifact: str, output: str, scratch: str) -> None:
    """Puts the output folder of the archive in its place."""
    wanted = pathlib.PurePosixPath(output).parts
    with tarfile.open(artifact) as archive:
        for member in archive.getmembers():
            parts = pathlib.PurePosixPath(member.name).parts[1:]
            if parts[:len(wanted)] != wanted or ".." in parts or not (
                    member.isfile() or member.isdir()):
                continue
            member.name = str(pathlib.PurePosixPath(*parts))
            archive.extract(member, scratch)
    if os.path.isdir(output):
        shutil.rmtree(output)
    os.makedirs(os.path.dirname(os.path.abspath(output)), exist_ok=True)
    shutil.move(os.path.join(scratch, output), output)


def main(words) -> int:
    """The exit code: 0 compiled, 1 errors in the program, 2 wrong usage, 3 anything else."""
    words = [word for word in words if word != "--appliance"]
    index = _main_file(words)
    if index < 0:
        print("cslc: which CSL file? usage: cslc --appliance FILE.csl [OPTIONS]", file=sys.stderr)
        return 2
    file = words.pop(index)
    log = logging.getLogger(_OUTPUT_LOG)
    log.handlers = [_Messages()]
    log.propagate = False
    log.setLevel(logging.INFO)
    logging.getLogger("cerebras").setLevel(logging.WARNING)
    try:
        output = output_name(words)
        with tempfile.TemporaryDirectory(prefix="csl-artifact-") as scratch:
            artifact = SdkCompiler().compile(".", os.path.normpath(file), words, scratch)
            _unpack(artifact, output, scratch)
    except errors.ApplianceCompilationError:
        return 1
    except (ValueError, errors.ApplianceNotFoundError) as failure:
        print("cslc: {}".format(failure), file=sys.stderr)
        return 2
    except RuntimeError as failure:
        print("cslc: {}".format(failure), file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
