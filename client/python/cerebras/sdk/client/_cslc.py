# SPDX-License-Identifier: Apache-2.0
"""cslc --appliance: the compiler's command, as a compile job of an appliance.

Options, messages, exit codes and output folder are those of `cslc` on this machine. The sources are
the working folder, so the program and its import folders must lie in it. What the compiler prints
on standard output goes to standard error, with its messages.
"""
import logging
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

from cerebras.appliance import errors

from ._compiler import SdkCompiler, output_name

_OUTPUT_LOG = "cerebras.sdk.client.sdk_appliance_client"
_MARK = "CSL compiler output:\n"
# Options of cslc whose value may be the next word.
WITH_VALUE = ("-o", "--arch", "--fabric-dims", "--fabric-offsets", "--params", "--colors",
              "--channels", "--width-west-buf", "--width-east-buf", "--import-path",
              "--fp16-format", "--max-inlined-iterations", "--comptime-func-depth-limit",
              "--comptime-recursion-limit", "--comptime-step-limit", "--max-parallelism",
              "--language", "--diagnostics", "--link-section-start-address-bytes", "--dump")
# Options that are about this machine, and why.
_LOCAL = {"--fix": "it rewrites the sources of this machine",
          "--dump": "it prints what the compiler of this machine does"}


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
            skip = word in WITH_VALUE
        else:
            return index
    return -1


def _value_of(words, option):
    """The values that an option has among the words."""
    values = []
    for index, word in enumerate(words):
        if word == option and index + 1 < len(words):
            values.append(words[index + 1])
        elif word.startswith(option + "="):
            values.append(word[len(option) + 1:])
    return values


def _json_files(words):
    """The files that --output-json writes beside the output folder."""
    start = "--output-json="
    named = [word[len(start):] for word in words if word.startswith(start) and word != start]
    return named + [os.path.normpath(output_name(words)) + ".json"] * ("--output-json" in words)


def _import_path():
    """The folders that the environment names."""
    return [path for path in os.environ.get("CSL_IMPORT_PATH", "").split(":") if path]


def _leaves(path: str) -> bool:
    """Whether a path leads out of the working folder."""
    return os.path.isabs(path) or os.path.normpath(path).split(os.sep)[0] == ".."


def _check(words, file: str) -> None:
    """What cannot be done elsewhere."""
    for word in words:
        option = word.split("=", 1)[0]
        if option in _LOCAL:
            raise ValueError("{} does not go with --appliance: {}".format(option, _LOCAL[option]))
    places = [("the CSL file", file)]
    places += [("--import-path", path) for path in _value_of(words, "--import-path")]
    places += [("CSL_IMPORT_PATH", path) for path in _import_path()]
    places += [("--output-json", path) for path in _json_files(words)]
    for what, path in places:
        if _leaves(path):
            raise ValueError("{} {!r} is not in the working folder, which is all that --appliance "
                             "sends".format(what, path))


def _unpack(artifact: str, output: str, others, scratch: str) -> None:
    """Puts the output folder of the archive, and the other files written, in their places."""
    wanted = pathlib.PurePosixPath(os.path.normpath(output)).parts
    others = [os.path.normpath(path) for path in others]
    with tarfile.open(artifact) as archive:
        for member in archive.getmembers():
            parts = pathlib.PurePosixPath(member.name).parts[1:]
            if ".." in parts or not (member.isfile() or member.isdir()):
                continue
            if parts[:len(wanted)] != wanted and (
                    not member.isfile() or os.path.join("", *parts) not in others):
                continue
            member.name = str(pathlib.PurePosixPath(*parts))
            archive.extract(member, scratch)
    # As the compiler does here: what else lies in the folder stays.
    os.makedirs(output, exist_ok=True)
    for entry in sorted(os.listdir(os.path.join(scratch, output))):
        older = os.path.join(output, entry)
        if os.path.isdir(older) and not os.path.islink(older):
            shutil.rmtree(older)
        elif os.path.lexists(older):
            os.unlink(older)
        shutil.move(os.path.join(scratch, output, entry), older)
    for path in others:
        if os.path.isfile(os.path.join(scratch, path)):
            shutil.move(os.path.join(scratch, path), path)


def main(words) -> int:
    """The exit code: 0 compiled, 1 errors in the program, 2 wrong usage, 3 anything else."""
    words = [word for word in words if word != "--appliance"]
    if {"-h", "--help", "--version"}.intersection(words):
        return subprocess.call([str(pathlib.Path(__file__).resolve().parents[4] / "bin" / "cslc"),
                                *words])
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
        if os.path.normpath(output) == ".":
            raise ValueError("-o {!r}: expected the name of a folder".format(output))
        _check(words, file)
        for path in _import_path():
            words += ["--import-path", path]
        with tempfile.TemporaryDirectory(prefix="csl-artifact-") as scratch:
            artifact = SdkCompiler().compile(".", os.path.normpath(file), words, scratch)
            _unpack(artifact, output, _json_files(words), scratch)
    except errors.ApplianceCompilationError as failure:
        return failure.exit_code
    except (ValueError, errors.ApplianceNotFoundError) as failure:
        print("cslc: {}".format(failure), file=sys.stderr)
        return 2
    except (OSError, RuntimeError, tarfile.TarError) as failure:
        print("cslc: {}".format(failure), file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("cslc: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
