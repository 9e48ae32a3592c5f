# SPDX-License-Identifier: Apache-2.0
"""The parts of a page that a program prints, between `<!-- generated: NAME -->` and `<!-- end -->`.

    generated_parts.py PAGE PROGRAM [WORD...]           fails if one is stale
    generated_parts.py --renew PAGE PROGRAM [WORD...]   writes them
"""
import difflib
import os
import re
import subprocess
import sys

PART = re.compile(r"^<!-- generated: (\w+) -->\n.*?^<!-- end -->\n", re.M | re.S)


def parts_of(text):
    """{name: the part with its two marks}."""
    return {part.group(1): part.group(0) for part in PART.finditer(text)}


def main(words):
    renew = words[:1] == ["--renew"]
    page, *program = words[renew:]
    # `bazel run` starts in its own folder.
    path = os.path.join(os.environ.get("BUILD_WORKSPACE_DIRECTORY", "") if renew else "", page)
    with open(path, encoding="utf-8") as stream:
        text = stream.read()
    printed = parts_of(subprocess.run(program, check=True, capture_output=True, text=True).stdout)
    if not printed or parts_of(text).keys() != printed.keys():
        print(f"{page} has the parts {sorted(parts_of(text))}, not {sorted(printed)}")
        return 1
    fresh = PART.sub(lambda part: printed[part.group(1)], text)
    if renew:
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(fresh)
    elif fresh != text:
        print("".join(difflib.unified_diff(text.splitlines(True), fresh.splitlines(True), page,
                                           "as printed")))
        print(f"{page} is stale: bazel run //docs:renew_rest")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
