# SPDX-License-Identifier: Apache-2.0
"""cerebras.sdk.debug.debug_util under the client's name for it, for artifacts of SdkCompiler.

    with SdkRuntime(artifact, simulator=True) as runner: ...   # leaves out.core here
    debug = debug_util(artifact)
    debug.get_symbol(4, 1, "y", np.float32)
"""
import os
import pathlib
import tarfile
import tempfile
from typing import Any, Optional, Union

_Path = Union[str, "os.PathLike[str]"]

try:
    from cerebras.sdk.debug.debug_util import debug_util as _debug_util
except ImportError:

    class debug_util:  # type: ignore[no-redef]  # pylint: disable=invalid-name
        """The name that scripts import, where the runtime is not installed beside the client."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            raise NotImplementedError(
                "debug_util reads core files with the runtime, which is not installed here; run "
                "the script with SdkLauncher.run")
else:

    class debug_util(_debug_util):  # type: ignore[no-redef]  # pylint: disable=invalid-name
        """Reads the core file of a simulated run (written by SdkRuntime.stop).

        artifact: the result of SdkCompiler.compile, or the folder that cslc wrote.
        cmaddr: accepted for compatibility.
        core_path: the core file; out.core in the current folder by default.

        Raises FileNotFoundError if there is no program or no core file, RuntimeError if the core is
        of another program.
        """

        def __init__(self, artifact: _Path, cmaddr: Optional[str] = None, *,
                     core_path: _Path = "out.core") -> None:
            self._unpacked = None
            folder = pathlib.Path(artifact)
            if not folder.exists():
                raise FileNotFoundError(
                    "artifact = {!r}: there is no such file or folder; SdkCompiler.compile returns "
                    "the artifact's name".format(str(artifact)))
            if folder.is_file():
                self._unpacked = tempfile.TemporaryDirectory(prefix="csl-artifact-")
                folder = _unpack(folder, pathlib.Path(self._unpacked.name))
            super().__init__(folder, cmaddr, core_path=core_path)


def _unpack(archive: pathlib.Path, into: pathlib.Path) -> pathlib.Path:
    """Unpacks what an artifact's program consists of; returns the program's folder."""
    programs = []
    with tarfile.open(str(archive)) as tar:
        for member in tar.getmembers():
            parts = pathlib.PurePosixPath(member.name).parts
            if ".." in parts or member.name.startswith("/") or not member.isfile():
                continue
            tar.extract(member, str(into))
            if parts[-1] == "out.json":
                programs.append(into.joinpath(*parts[:-1]))
    if len(programs) != 1:
        raise FileNotFoundError("the artifact {!r} holds {} compiled programs; expected one".format(
            str(archive), len(programs)))
    return programs[0]
