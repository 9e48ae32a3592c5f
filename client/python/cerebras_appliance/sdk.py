# SPDX-License-Identifier: Apache-2.0
"""Today: cerebras.sdk.client."""
from cerebras.sdk.client import SdkCompiler, SdkLauncher, SdkRuntime, Task

__all__ = ["SdkCompiler", "SdkLauncher", "SdkRuntime", "Task"]
