# SPDX-License-Identifier: Apache-2.0
"""Compiles this program and runs it on an appliance: the one that is configured, or your own.

    cs_python launch.py
"""
import pathlib

from cerebras.sdk.client import SdkCompiler, SdkLauncher

here = pathlib.Path(__file__).resolve().parent
options = ("--arch=wse3 --params=width:4,rows:6,cols:10 --fabric-dims=11,3 --fabric-offsets=4,1"
           " --memcpy --channels=1 -o out")

with SdkCompiler() as compiler:
    artifact = compiler.compile(here, "layout.csl", options, ".")

# simulator=False: the program runs on a CS system; %CMADDR% stands for its address.
with SdkLauncher(artifact, simulator=False) as launcher:
    launcher.stage(here / "run.py")
    output = launcher.run("cs_python run.py --name out --cmaddr %CMADDR%")
    print(f"session {launcher.job_id}")
print(output, end="")
