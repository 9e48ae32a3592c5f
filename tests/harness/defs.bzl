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

def conformance_program(name, cslc, folder = None, archs = ["wse2", "wse3"]):
    """A CSL program with a host script that checks it, in `folder` (`name`, if not given).

    `cslc` are the options of the compilation beside --arch and -o.
    """
    folder = folder or name
    native.filegroup(
        name = name,
        srcs = native.glob([folder + "/**"]),
        visibility = ["//:__subpackages__"],
    )
    for arch in archs:
        native.py_test(
            name = name + "_" + arch + "_test",
            size = "small",
            srcs = ["//tests/harness:conformance_main.py"],
            main = "//tests/harness:conformance_main.py",
            args = [native.package_name() + "/" + folder, arch] + cslc,
            data = [
                name,
                "//:installed_tree",
            ],
            deps = ["//tests/harness"],
        )

def layout_program(name, archs = ["wse2", "wse3"]):
    """A folder with CSL files and a host script that lays them out with SdkLayout."""
    native.filegroup(
        name = name,
        srcs = native.glob([name + "/**"]),
        visibility = ["//:__subpackages__"],
    )
    for arch in archs:
        native.py_test(
            name = name + "_" + arch + "_test",
            size = "small",
            srcs = ["//tests/harness:layout_main.py"],
            main = "//tests/harness:layout_main.py",
            args = [native.package_name() + "/" + name, arch],
            data = [
                name,
                "//:installed_tree",
            ],
            deps = ["//tests/harness"],
        )
