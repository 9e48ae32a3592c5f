# SPDX-License-Identifier: Apache-2.0
"""The two classes of the client, under the module name that scripts know."""
from ._compiler import SdkCompiler
from ._launcher import SdkLauncher

__all__ = ["SdkCompiler", "SdkLauncher"]
