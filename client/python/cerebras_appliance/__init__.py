# SPDX-License-Identifier: Apache-2.0
"""The names that host scripts of SDK 1.0 import; each module hands on one of today's."""
