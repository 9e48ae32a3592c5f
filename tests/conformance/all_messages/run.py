# SPDX-License-Identifier: Apache-2.0
"""Messages from every PE to every PE."""
import numpy as np
import host
from host import COPY

params = host.params()
WIDTH, HEIGHT = params["width"], params["height"]

runner = host.runtime()
got_id = runner.get_id("got")
runner.load()
runner.run()
runner.launch("start", nonblock=False)
pes = WIDTH * HEIGHT
got = np.zeros(pes * pes, np.uint32)
runner.memcpy_d2h(got, got_id, 0, 0, WIDTH, HEIGHT, pes, **COPY)
source, to = np.meshgrid(np.arange(pes), np.arange(pes))
np.testing.assert_array_equal(got.reshape(pes, pes), 1 + (source * 5 + to * 3) % 31)
runner.stop()
print("SUCCESS")
