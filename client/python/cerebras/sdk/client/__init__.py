# SPDX-License-Identifier: Apache-2.0
"""Compiles and runs CSL programs on an appliance.

    with SdkCompiler() as compiler:
        artifact = compiler.compile(".", "layout.csl", "--fabric-dims=8,3 -o out", ".")
    with SdkLauncher(artifact) as launcher:
        print(launcher.run("cs_python run.py --name out --cmaddr %CMADDR%"))

If no appliance is configured, a private one starts for this user. Importing needs no appliance.
"""
from cerebras.appliance import logger as _logger  # noqa: F401  (sets up logging)

from ._version import __version__
from .sdk_appliance_client import SdkCompiler, SdkLauncher
from .sdk_runtime import SdkRuntime, Task

__all__ = ["SdkCompiler", "SdkLauncher", "SdkRuntime", "Task", "debug_util", "sdk_utils",
           "__version__"]


def __getattr__(name):
    # These need NumPy; the rest of the client does not.
    if name in ("sdk_utils", "debug_util"):
        import importlib
        return importlib.import_module("." + name, __name__)
    raise AttributeError("module {!r} has no attribute {!r}".format(__name__, name))
