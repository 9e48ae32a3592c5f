# SPDX-License-Identifier: Apache-2.0
"""Tests that compare what a CSL program measures with published figures."""

def timing_program(name, cslc, archs, folder = None):
    """A CSL program in `folder` (`name`, if not given) whose rows in figures.txt hold.

    `cslc` are the options of the compilation beside --arch and -o.
    """
    folder = folder or name
    for arch in archs:
        native.py_test(
            name = name + "_" + arch + "_test",
            size = "small",
            srcs = ["timing_main.py"],
            main = "timing_main.py",
            args = [name, native.package_name() + "/" + folder, arch] + cslc,
            data = native.glob([folder + "/**"]) + [
                "figures.txt",
                "//:installed_tree",
            ],
            deps = [
                ":figures",
                "//tests/harness",
            ],
        )
