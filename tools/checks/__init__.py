# SPDX-License-Identifier: Apache-2.0
"""What tools/tidy looks at. Each module is a few checks that yield findings."""
