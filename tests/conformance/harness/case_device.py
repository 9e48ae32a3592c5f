# SPDX-License-Identifier: Apache-2.0
"""case_device.py JOBS THREADS: loads and runs artifacts one after the other in one process.

JOBS is a JSON list of [folder, [[symbol, x, y], ...]]. Each result is one line of JSON on
standard output: {"values": [bytes in hex], "cycles": n}, or {"failed": text}. A line "next" goes
before each, so that the caller knows which program ended the process, if one does.
"""
import json
import pathlib
import sys

from cerebras.sdk.runtime.sdkruntimepybind import SdkRuntime

ORIGIN = (4, 1)


def run(folder, readings, threads):
    try:
        runner = SdkRuntime(folder, memcpy_required=False, suppress_simfab_trace=True,
                            simfab_numthreads=threads)
        runner.load()
        runner.run()
        runner.stop()
        values = [runner.read_symbol(ORIGIN[0] + x, ORIGIN[1] + y, symbol).tobytes().hex()
                  for symbol, x, y in readings]
        stats = json.loads(pathlib.Path("sim_stats.json").read_text(encoding="utf-8"))
        return {"values": values, "cycles": stats["cycle_count"]}
    except Exception as failure:  # whatever it is, the caller shows it
        return {"failed": f"{type(failure).__name__}: {failure}"}


def main():
    jobs, threads = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")), sys.argv[2]
    for folder, readings in jobs:
        print("next", flush=True)
        print(json.dumps(run(folder, readings, int(threads))), flush=True)


if __name__ == "__main__":
    main()
