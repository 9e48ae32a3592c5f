# SPDX-License-Identifier: Apache-2.0
"""Reading simulator core files; not supported yet."""


class debug_util:  # pylint: disable=invalid-name
    """The name that scripts import; using it says that it is not there yet."""

    def __init__(self, *args, **kwargs) -> None:
        raise NotImplementedError("not supported yet: debug_util")
