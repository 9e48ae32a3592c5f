# SPDX-License-Identifier: Apache-2.0
"""Today: cerebras.appliance.logger, which is a logger."""
import sys

from cerebras.appliance import logger

sys.modules[__name__] = logger
