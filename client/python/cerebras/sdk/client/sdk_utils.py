# SPDX-License-Identifier: Apache-2.0
"""The conversions of cerebras.sdk.sdk_utils under the client's name for them."""
from cerebras.sdk.sdk_utils import *  # noqa: F401,F403
