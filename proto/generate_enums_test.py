# SPDX-License-Identifier: Apache-2.0
"""The generated enums hold every value of the .proto file and need no protobuf."""
import pathlib
import subprocess
import sys

import pytest

GENERATED = pathlib.Path("proto/sdk_common_pb2.py")


@pytest.fixture(name="module")
def module_fixture():
    names = {}
    exec(compile(GENERATED.read_text(), GENERATED, "exec"), names)
    return names


def test_values(module):
    assert module["MemcpyDataType"].MEMCPY_16BIT == 0
    assert module["MemcpyDataType"].MEMCPY_32BIT == 1
    assert [e.name for e in module["MemcpyOrder"]] == ["ROW_MAJOR", "COL_MAJOR"]
    assert [e.name for e in module["SdkTarget"]] == ["WSE2", "WSE3"]
    assert module["ROW_MAJOR"] is module["MemcpyOrder"].ROW_MAJOR


def test_comments_become_docstrings(module):
    assert "A[h][w][l]" in module["MemcpyOrder"].__doc__


def test_protobuf_is_not_imported():
    code = f"import sys; exec(open({str(GENERATED)!r}).read()); print('google' in str(sys.modules))"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True,
                          check=True)
    assert done.stdout.strip() == "False"


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
