# SPDX-License-Identifier: Apache-2.0
"""Tests of case files."""
load("//tests/harness:defs.bzl", "installed_test")

def conformance_cases(names):
    """A test `cases_NAME_test` of all case files in the folder cases/NAME, for each name."""
    for name in names:
        files = native.glob(["cases/" + name + "/*.csl"])
        if not files:
            continue
        installed_test(
            name = "cases_" + name + "_test",
            size = "medium",
            srcs = ["cases_test.py"],
            args = ["$(rootpath :" + file + ")" for file in files],
            data = files,
            deps = [":cases"],
        )
