# SPDX-License-Identifier: Apache-2.0
"""Tests that run the installed tree."""

def installed_test(name, srcs, deps = [], data = [], **kwargs):
    """A pytest file that runs programs of the installed tree."""
    native.py_test(
        name = name,
        srcs = srcs,
        main = srcs[0],
        data = data + ["//:installed_tree"],
        deps = deps + ["//tests/harness"],
        **kwargs
    )

def conformance_program(name, cslc):
    """A CSL program with a host script that checks it, in the folder `name`, on both architectures.

    `cslc` are the options of the compilation beside --arch and -o.
    """
    native.filegroup(
        name = name,
        srcs = native.glob([name + "/**"]),
        visibility = ["//:__subpackages__"],
    )
    for arch in ["wse2", "wse3"]:
        native.py_test(
            name = name + "_" + arch + "_test",
            size = "small",
            srcs = ["//tests/harness:conformance_main.py"],
            main = "//tests/harness:conformance_main.py",
            args = [native.package_name() + "/" + name, arch] + cslc,
            data = [
                name,
                "//:installed_tree",
            ],
            deps = ["//tests/harness"],
        )
