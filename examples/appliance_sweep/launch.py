#!/usr/bin/env cs_python
# SPDX-License-Identifier: Apache-2.0
"""Compiles the program for several sizes and runs each on an appliance: the one that is configured,
or one of your own that starts by itself.

    cs_python launch.py
"""
import argparse
import json
import pathlib
import tempfile

from cerebras.sdk.client import SdkCompiler, SdkLauncher

parser = argparse.ArgumentParser()
parser.add_argument("--arch", choices=("wse2", "wse3"), default="wse3")
parser.add_argument("--width", type=int, default=2, help="PEs")
parser.add_argument("--degree", type=int, default=5)
parser.add_argument("--points", type=int, nargs="+", default=[16, 64, 256], help="on each PE")
args = parser.parse_args()

here = pathlib.Path(__file__).resolve().parent

# Each compilation is a job; what it returns names the artifact for the launcher.
artifacts = {}
with SdkCompiler() as compiler:
    for points in args.points:
        options = (f"--arch={args.arch} --fabric-dims={args.width + 7},3 --fabric-offsets=4,1"
                   f" --params=width:{args.width},points:{points},degree:{args.degree}"
                   " --memcpy --channels=1 -o out")
        artifacts[points] = compiler.compile(here, "layout.csl", options, ".")

# Each launcher is a session: a sandbox, and with simulator=False a CS system for it alone, whose
# address stands for %CMADDR%.
for points, artifact in artifacts.items():
    with (SdkLauncher(artifact, simulator=False) as launcher,
          tempfile.TemporaryDirectory() as folder):
        launcher.stage(here / "run.py")
        output = launcher.run("cs_python run.py --name out --cmaddr %CMADDR%")
        assert "SUCCESS" in output.split(), output
        launcher.download_artifact("cycles.json", f"{folder}/cycles.json")
        cycles = json.loads(pathlib.Path(folder, "cycles.json").read_text())["cycles"]
    print(f"{points:4} points: {cycles:5} cycles, {cycles / points:.2f} a point")
print("SUCCESS")
