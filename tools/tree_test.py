# SPDX-License-Identifier: Apache-2.0
"""Fails with the findings of tools/tidy, or with those of the layering check alone."""
import pathlib
import sys

from tools.checks import layering, pages, release, shape, tree

# Runfiles are links: behind them lies the source tree, with the files that no target names.
ROOT = pathlib.Path(__file__).resolve().parent.parent


def tidy_test(files):
    for file in files:
        for check in shape.FILE_CHECKS:
            yield from check(file)
    for check in pages.TREE_CHECKS + release.TREE_CHECKS:
        yield from check(files)


def main():
    files = tree.source_files(ROOT)
    check = {"tidy_test": tidy_test, "layering_test": layering.violations}[sys.argv[1]]
    found = sorted(check(files))
    if len(files) < 50:
        print(f"only {len(files)} files seen below {ROOT}: this is not the source tree")
        return 1
    print("\n".join(map(str, found)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
