# SPDX-License-Identifier: Apache-2.0
"""The C++ rules that Bazel itself brings, under the names that other rule sets load.

Debian's rules_cc is newer than Debian's Bazel; this shim stands in for it.
"""

cc_library = native.cc_library
cc_binary = native.cc_binary
cc_test = native.cc_test
cc_import = native.cc_import
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
cc_proto_library = native.cc_proto_library
objc_library = native.objc_library

def cc_flags_supplier(**kwargs):
    """Accepted and ignored."""

def compiler_flag(**kwargs):
    """Accepted and ignored."""
