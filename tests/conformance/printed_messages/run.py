# SPDX-License-Identifier: Apache-2.0
"""Lines of <simprint> in sim.log."""
import pathlib
import re

import numpy as np
import host

WIDTH = 3

runner = host.runtime()
runner.load()
runner.run()
for number in (7, 100):
    runner.launch("pass", np.uint16(number), nonblock=False)
runner.stop()

log = pathlib.Path("sim.log").read_text(encoding="utf-8")
assert "never" not in log
printed = re.findall(r"^@(\d+) PE\((\d),0\): got (\d+) = ([0-9A-F]{4}), ([\d.]+)$", log, re.M)
cycles = [int(line[0]) for line in printed]
assert len(printed) == 2 * WIDTH and cycles == sorted(set(cycles)), log
expected = [(x, number * 3 ** x) for number in (7, 100) for x in range(WIDTH)]
assert [(int(x), int(n), int(h, 16), float(f)) for _, x, n, h, f in printed] == [
    (x, n, n, n / 4) for x, n in expected], printed
print("SUCCESS")
