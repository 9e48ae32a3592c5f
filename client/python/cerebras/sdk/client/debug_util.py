# SPDX-License-Identifier: Apache-2.0
"""cerebras.sdk.debug.debug_util under the client's name for it."""
try:
    from cerebras.sdk.debug.debug_util import debug_util  # noqa: F401
except ImportError:

    class debug_util:  # type: ignore[no-redef]  # pylint: disable=invalid-name
        """The name that scripts import, where the runtime is not installed beside the client."""

        def __init__(self, *args, **kwargs) -> None:
            raise NotImplementedError(
                "debug_util reads core files with the runtime, which is not installed here; run "
                "the script with SdkLauncher.run")
