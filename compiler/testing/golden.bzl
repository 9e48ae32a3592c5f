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

def fuzz_smoke_test(name, srcs, deps, count = 2000, seeds = ["testdata"], data = [], **kwargs):
    """Declares NAME_test, a short run of a fuzz entry point over mutated programs.

    And NAME_libfuzzer, for long runs: tools/fuzz builds and runs it.

    Args:
      name: of the entry point, ending in "_fuzz".
      srcs: what defines LLVMFuzzerTestOneInput.
      deps: the stage.
      count: of variants to run in the test.
      seeds: folders of programs, below this package, or from the workspace's root with "//".
      data: the programs of other packages' folders.
      **kwargs: passed to cc_test.
    """
    native.cc_test(
        name = name + "_test",
        size = "small",
        srcs = srcs,
        args = ["--count=%d" % count] + [
            s[2:] if s.startswith("//") else native.package_name() + "/" + s
            for s in seeds
        ],
        data = data + native.glob(
            [s + "/**/*.csl" for s in seeds if not s.startswith("//")],
        ),
        deps = deps + ["//compiler/testing:fuzz_main"],
        **kwargs
    )
    native.cc_binary(
        name = name + "_libfuzzer",
        testonly = True,
        srcs = srcs,
        tags = ["manual"],
        deps = deps + ["//compiler/testing:libfuzzer_mutator"],
    )
