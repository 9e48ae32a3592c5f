# SPDX-License-Identifier: Apache-2.0
"""Enumerations of the SDK."""
