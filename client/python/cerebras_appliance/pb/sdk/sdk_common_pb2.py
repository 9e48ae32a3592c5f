# SPDX-License-Identifier: Apache-2.0
"""Today: cerebras.appliance.pb.sdk.sdk_common_pb2."""
from cerebras.appliance.pb.sdk.sdk_common_pb2 import *  # noqa: F401,F403  pylint: disable=W
