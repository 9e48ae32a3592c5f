# SPDX-License-Identifier: Apache-2.0
"""golden_test(): a test over the .csl files of a folder and the .golden files beside them."""

def golden_test(name, srcs, deps, folder = "testdata", data = [], **kwargs):
    """Declares the test; the sources' main() calls csl::testing::GoldenMain.

    Args:
      name: of the target.
      srcs: the stage's dump function and main().
      deps: the stage.
      folder: of the .csl files, below this package.
      data: further files that the programs import.
      **kwargs: passed to cc_test.
    """
    native.cc_test(
        name = name,
        size = "small",
        srcs = srcs,
        args = [native.package_name() + "/" + folder],
        data = native.glob([folder + "/**"]) + data,
        tags = ["golden"],
        deps = deps + ["//compiler/testing:golden"],
        **kwargs
    )
    native.filegroup(
        name = name + "_files",
        srcs = native.glob([folder + "/*.golden"]),
        visibility = ["//compiler/testing:__pkg__"],
    )

def fuzz_smoke_test(name, srcs, deps, count = 2000, folder = "testdata", **kwargs):
    """Declares a short run of a fuzz entry point over mutated golden inputs.

    Args:
      name: of the target.
      srcs: what defines LLVMFuzzerTestOneInput.
      deps: the stage.
      count: of variants to run.
      folder: of the seeds, below this package.
      **kwargs: passed to cc_test.
    """
    native.cc_test(
        name = name,
        size = "small",
        srcs = srcs,
        args = [
            native.package_name() + "/" + folder,
            str(count),
        ],
        data = native.glob([folder + "/*.csl"]),
        deps = deps + ["//compiler/testing:fuzz_smoke_main"],
        **kwargs
    )
