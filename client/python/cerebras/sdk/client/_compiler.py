# SPDX-License-Identifier: Apache-2.0
"""SdkCompiler: one call, one compile job."""
import logging
import os
import pathlib
import posixpath
import shlex
import tempfile
from typing import Any, List, Sequence, Union

from cerebras.appliance import _native, errors
from cerebras.appliance._words import Reason

from ._jobs import LOG, Job, take_options, translated
from ._sources import tree_of

_OUTPUT = logging.getLogger("cerebras.sdk.client.sdk_appliance_client")
_UNSET: Any = object()
_DEFAULT_OUTPUT = "out"

PathLike = Union[str, "os.PathLike[str]"]


class SdkCompiler:
    """Compiles CSL programs on an appliance, with or without a `with` block.

    Keywords, all optional:
        disable_version_check: continue with an appliance of another API version.
        mgmt_namespace: the namespace of the job; "job-operator" by default.
        resource_cpu, resource_mem: milli-cpus and bytes. The documented defaults 24000 and 67 << 30
            are capped to the largest worker; explicit values must fit on one worker.
        job_time_sec: limit on the compile job's wall time.
    Other keywords have no effect and cause one warning each.
    """

    def __init__(self, **kwargs: Any) -> None:
        self._options = take_options("SdkCompiler", kwargs)
        self._template = Job(self._options)  # holds the connection; refuses wrong values at once

    def __enter__(self) -> "SdkCompiler":
        self._template.service  # pylint: disable=pointless-statement
        return self

    def __exit__(self, *exception: Any) -> None:
        self._template = Job(self._options)

    def compile(self, app_path: PathLike = _UNSET, csl_main: PathLike = _UNSET,
                options: Union[str, Sequence[str]] = _UNSET, out_path: PathLike = _UNSET, *,
                codedir: PathLike = _UNSET, layout: PathLike = _UNSET,
                args: Union[str, Sequence[str]] = _UNSET, outdir: PathLike = _UNSET) -> str:
        """Compiles `csl_main` in the folder `app_path`; returns the artifact's file name.

        Also sends files outside of the folder that its CSL files import.

        options: the compiler's, as for `cslc`, in shell quoting or as a sequence of words.
        out_path: the folder for the artifact, or the artifact's name if it ends in .tar.gz; the
            current folder by default.
        codedir, layout, args and outdir are aliases of the four.

        The artifact is a .tar.gz of one folder with the compiler's output and the sources. Raises
        ApplianceCompilationError for errors in the program.
        """
        folder = _one_of("app_path", app_path, "codedir", codedir)
        main = os.fspath(_one_of("csl_main", csl_main, "layout", layout))
        words = split_options(_one_of("options", options, "args", args))
        target = _one_of("out_path", out_path, "outdir", outdir, ".")
        _check_sources(folder, main)
        with translated():
            _native.check_source_travels(os.fspath(folder), posixpath.normpath(main))
        output = output_name(words)
        return self._compile(folder, posixpath.normpath(main), words, output, target)

    def _compile(self, folder: PathLike, main: str, words: List[str], output: str,
                 target: PathLike) -> str:
        job = Job(self._options, like=self._template)
        LOG.info("Initiating a new SDK compile job against the cluster server")
        try:
            with tempfile.TemporaryDirectory(prefix="csl-sources-") as scratch, translated():
                archive = os.path.join(scratch, "sources.tar.gz")
                tree = tree_of(pathlib.Path(folder), main, scratch)
                if tree is not None:
                    folder, main, words = tree.root, tree.inside(main), tree.options(words)
                _native.pack_sources(os.fspath(folder), output, archive)
                source = job.service.upload(archive, job.namespace)
            job.submit("compile", {"source": source, "csl_main": main, "args": words})
            job.wait_until_running()
            view = job.wait_until_ended()
            artifact = self._take_result(job, view, target)
        except KeyboardInterrupt:
            job.end("cancel", "the client, interrupted")
            raise
        except BaseException as failure:
            job.end("failed", str(failure))
            raise
        job.stop_heartbeat()
        if job.receipt is not None:
            job.receipt.add_output("artifact", artifact)
            job.receipt.end("SUCCEEDED")
        return artifact

    def _take_result(self, job: Job, view: Any, target: PathLike) -> str:
        with translated():
            text = job.service.whole_log(job.id).decode("utf-8", "replace")
        if text.strip():
            _OUTPUT.info("CSL compiler output:\n%s", text)
        elif view["state"] == "SUCCEEDED":
            _OUTPUT.info("CSL compiler produced no messages. Compilation successful.")
        if view["state"] == "SUCCEEDED":
            return _download(job, view["artifact"], os.fspath(target))
        if view["reason"] == Reason.COMPILATION_FAILED:
            failure = errors.ApplianceCompilationError(
                "compilation failed, job {}, exit code {}. CSL compiler output:\n{}".format(
                    job.id, view.get("exit_code"), text))
            failure.exit_code = view.get("exit_code") or 1
            raise failure
        raise errors.from_job(view)


def _one_of(name: str, value: Any, alias: str, other: Any, default: Any = _UNSET) -> Any:
    """The value of an argument with two names."""
    if value is not _UNSET and other is not _UNSET:
        raise TypeError("compile() got both {!r} and {!r}, which are the same".format(name, alias))
    given = other if value is _UNSET else value
    if given is _UNSET:
        if default is _UNSET:
            raise TypeError("compile() missing the argument {!r}".format(name))
        return default
    return given


def split_options(options: Union[str, Sequence[str]]) -> List[str]:
    """The words of an option string, quoted as in a POSIX shell; line ends are blanks."""
    if isinstance(options, str):
        return shlex.split(options.replace("\\\r\n", " ").replace("\\\n", " "))
    if isinstance(options, (list, tuple)) and all(isinstance(word, str) for word in options):
        return list(options)
    raise TypeError("options = {!r}: expected a string".format(options))


def output_name(words: Sequence[str]) -> str:
    """The value of -o; the last one counts. An absolute path or one that leaves the folder is an
    error."""
    name = _DEFAULT_OUTPUT
    for index, word in enumerate(words):
        if word == "-o" and index + 1 < len(words):
            name = words[index + 1]
        elif word.startswith("-o="):
            name = word[len("-o="):]
    if not name or posixpath.isabs(name) or ".." in name.split("/"):
        raise ValueError("-o {!r}: expected a relative path without '..'".format(name))
    return name


def _check_sources(folder: PathLike, main: str) -> None:
    """Errors that can be found without an appliance."""
    if not os.path.isdir(folder):
        raise errors.ApplianceNotFoundError(
            "app_path {!r} is not a folder".format(os.fspath(folder)))
    if posixpath.isabs(main) or posixpath.normpath(main).split("/")[0] == "..":
        raise ValueError("csl_main = {!r}: expected a path inside app_path".format(main))
    if not os.path.isfile(os.path.join(folder, main)):
        raise errors.ApplianceNotFoundError("csl_main {!r} is not in the folder {!r}".format(
            main, os.fspath(folder)))


def _download(job: Job, digest: str, target: str) -> str:
    path = pathlib.Path(target)
    if not target.endswith(".tar.gz"):
        path = path / "artifact_{}.tar.gz".format(digest[:16])
    path.parent.mkdir(parents=True, exist_ok=True)
    with translated():
        job.service.download(digest, str(path))
    return str(path)
