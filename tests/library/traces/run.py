# SPDX-License-Identifier: Apache-2.0
"""Reads the traces that the PEs left, as docs/formats/trace_buffer.md has them."""
import numpy as np
from cerebras.sdk.debug.debug_util import debug_util
from cerebras.sdk.runtime.sdkruntimepybind import SdkRuntime

TAGS = {1: "?", 2: "u1", 3: "i1", 4: "u2", 5: "i2", 6: "f2", 7: "u4", 8: "i4", 9: "f4", 12: "u8",
        13: "i8"}

runner = SdkRuntime("out", memcpy_required=False)
runner.load()
runner.run()
runner.stop()


def read(x, key):
    """(records, number of records that were dropped); a string is (address, length)."""
    words = runner.read_symbol(4 + x, 1, "debug.trace." + key, dtype="uint16")
    used, dropped, rest = int(words[0]), int(words[1]), words[2:]
    records, at = [], 0
    while at < used:
        tag, byte = int(rest[at]) & 255, int(rest[at]) >> 8
        at += 1
        if tag == 10:
            records.append(("string", int(rest[at + 1])))
            at += 2
        elif tag == 11:
            records.append(sum(int(rest[at + i]) << 16 * i for i in range(3)))
            at += 3
        elif TAGS[tag] in ("?", "u1", "i1"):
            records.append(np.array([byte], np.uint8).view(TAGS[tag])[0].item())
        else:
            size = int(TAGS[tag][1]) // 2
            records.append(rest[at:at + size].copy().view(TAGS[tag])[0].item())
            at += size
    assert at == used
    return records, dropped


for pe in range(2):
    got, lost = read(pe, "values")
    print(got)
    assert got == [("string", 5), True, 200, -2, 65535, -3, 1.5, 0x12345678, -70000,
                   float(np.float32(0.1)), 0x123456789abcdef0, -1, 201, 1234,
                   123456789, ("string", 0), False, 7, 7, 7, 7,
                   1.5, 0x12345678, 7, 7.0], got
    assert lost == 0
    got, lost = read(pe, "times")
    assert len(got) == 3 and 0 <= got[0] < got[1] < 1000 and got[2] is True, got
    assert lost == 2

debug = debug_util("out")
for pe in range(2):
    values = debug.read_trace(4 + pe, 1, "values")
    got, _ = read(pe, "values")
    assert len(values) == len(got)
    for value, record in zip(values, got):
        if isinstance(record, tuple):
            assert isinstance(value, str) and len(value) == record[1], value
        else:
            assert value == record and isinstance(value, type(record)), (value, record)
    assert debug.read_trace(4 + pe, 1, "times") == read(pe, "times")[0]
print("SUCCESS")
