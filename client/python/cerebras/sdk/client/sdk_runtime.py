# SPDX-License-Identifier: Apache-2.0
"""The deprecated runtime on the client's side; not supported yet.

Host scripts import `cerebras.sdk.runtime.sdkruntimepybind` and run in a session of SdkLauncher.
"""
from cerebras.appliance.errors import ApplianceNotImplementedError


class SdkRuntime:
    """Imported by old scripts; using it says what to use in its place."""

    def __init__(self, *args, **kwargs) -> None:
        raise ApplianceNotImplementedError(
            "not supported yet: cerebras.sdk.client.SdkRuntime; run a host script that imports "
            "cerebras.sdk.runtime.sdkruntimepybind with SdkLauncher.run instead")


class Task:
    """What a non-blocking call of the client's SdkRuntime would return."""

    def __init__(self, *args, **kwargs) -> None:
        raise ApplianceNotImplementedError("not supported yet: cerebras.sdk.client.Task")
