# SPDX-License-Identifier: Apache-2.0
"""Runs a program for a cerebras.sdk.client.SdkRuntime elsewhere.

    cs_python -m cerebras.sdk.runtime._served FOLDER [--cmaddr IP:PORT]

The client puts its requests into FOLDER of the working folder: the files 1.request, 2.request and
so on, each there whole or not at all. A request is one line of JSON, then the bytes of an array
where it has one. Each is answered by one line of JSON on standard output. An array that goes back
is in the answer if it is small, else in the file N.result.
"""
import argparse
import base64
import collections
import json
import os
import pathlib
import sys
import time
from typing import Any, BinaryIO, Deque, Dict, List, Tuple

import numpy as np

from cerebras.appliance.pb.sdk.sdk_common_pb2 import MemcpyDataType, MemcpyOrder
from cerebras.sdk.runtime.sdkruntimepybind import SdkLookupError, SdkRuntime, SdkValueError, Task

# A larger array goes back as a file.
_INLINE_BYTES = 48 * 1024
# How often the next request is looked for: often while the client is busy, seldom later.
_BUSY_PAUSE_S, _IDLE_PAUSE_S = 0.0005, 0.02
_BUSY_FOR_S = 2.0
# An artifact is no deeper than this.
_MAX_DEPTH = 4


def find_program(folder: pathlib.Path) -> pathlib.Path:
    """The one compiled program below a folder."""
    found: List[pathlib.Path] = []
    for depth in range(_MAX_DEPTH):
        found += sorted(folder.glob("*/" * depth + "out.json"))
    if len(found) == 1:
        return found[0].parent
    if not found:
        raise SdkLookupError("the artifact holds no compiled program: there is no out.json in it")
    names = ", ".join(str(path.parent.relative_to(folder)) for path in found)
    raise SdkValueError("the artifact holds several compiled programs: {}; expected one".format(
        names))


class Served:
    """One SdkRuntime, by requests."""

    def __init__(self, folder: pathlib.Path, cmaddr: str) -> None:
        self._folder = folder
        self._runner = SdkRuntime(find_program(pathlib.Path(".")), cmaddr=cmaddr)
        self._tasks: List[Task] = []
        # Arrays on their way to the client: number of the request, and of its task.
        self._results: Deque[Tuple[int, int, np.ndarray]] = collections.deque()

    def _task(self, task: Task) -> int:
        self._tasks.append(task)
        return len(self._tasks) - 1

    def start(self, _: Dict[str, Any], __: BinaryIO) -> None:
        """load() and run()."""
        self._runner.load()
        self._runner.run()

    def stop(self, _: Dict[str, Any], __: BinaryIO) -> None:
        """stop()."""
        self._runner.stop()

    def ask(self, request: Dict[str, Any], _: BinaryIO) -> Any:
        """A method whose arguments and result JSON can say."""
        answer = getattr(self._runner, request["method"])(*request["args"])
        return answer.tolist() if isinstance(answer, np.ndarray) else answer

    def launch(self, request: Dict[str, Any], _: BinaryIO) -> int:
        """launch(), whose arguments keep their NumPy types."""
        arguments = [np.frombuffer(bytes.fromhex(value["bytes"]), value["dtype"])[0]
                     if isinstance(value, dict) else value for value in request["args"]]
        return self._task(self._runner.launch(request["symbol"], *arguments,
                                              nonblock=request["nonblock"]))

    def call(self, request: Dict[str, Any], _: BinaryIO) -> int:
        """call()."""
        return self._task(self._runner.call(request["symbol"], request["words"],
                                            nonblock=request["nonblock"]))

    def _keywords(self, request: Dict[str, Any]) -> Dict[str, Any]:
        return {"streaming": request["streaming"], "nonblock": request["nonblock"],
                "data_type": MemcpyDataType(request["data_type"]),
                "order": MemcpyOrder(request["order"])}

    def to_device(self, request: Dict[str, Any], body: BinaryIO) -> int:
        """memcpy_h2d() and its forms."""
        words = np.frombuffer(body.read(), np.uint32)
        method = getattr(self._runner, request["method"])
        return self._task(method(request["dest"], words, *request["region"],
                                 **self._keywords(request)))

    def to_host(self, request: Dict[str, Any], _: BinaryIO) -> int:
        """memcpy_d2h(); its array follows when the client asks for results."""
        words = np.zeros(request["size"], np.uint32)
        task = self._task(self._runner.memcpy_d2h(words, request["src"], *request["region"],
                                                  **self._keywords(request)))
        self._results.append((request["number"], task, words))
        return task

    def task_wait(self, request: Dict[str, Any], _: BinaryIO) -> None:
        """task_wait()."""
        self._runner.task_wait(self._tasks[request["task"]])

    def is_task_done(self, request: Dict[str, Any], _: BinaryIO) -> bool:
        """is_task_done()."""
        return self._runner.is_task_done(self._tasks[request["task"]])

    def _finished(self, done: int) -> List[Dict[str, Any]]:
        """The arrays of tasks up to number `done`, which are done: tasks end in order."""
        found = []
        while self._results and self._results[0][1] <= done:
            number, _, words = self._results.popleft()
            if words.nbytes <= _INLINE_BYTES:
                found.append({"number": number,
                              "data": base64.b64encode(words.tobytes()).decode("ascii")})
            else:
                name = "{}.result".format(number)
                words.tofile(self._folder / name)
                found.append({"number": number, "file": str(self._folder / name)})
        return found

    def answer(self, request: Dict[str, Any], body: BinaryIO) -> Dict[str, Any]:
        """Does what is asked; returns the answer."""
        kind = request["kind"]
        value = getattr(self, kind)(request, body)
        answer: Dict[str, Any] = {"number": request["number"], "value": value}
        done = -1
        if kind == "stop":
            done = len(self._tasks)
        elif kind == "task_wait" or (kind == "is_task_done" and value):
            done = request["task"]
        elif kind in ("launch", "call", "to_device", "to_host") and not request["nonblock"]:
            done = value
        answer["results"] = self._finished(done)
        return answer


def _next_request(path: pathlib.Path) -> Tuple[Dict[str, Any], BinaryIO]:
    """Waits for the file of a request; returns its line and what follows."""
    busy_until = time.monotonic() + _BUSY_FOR_S
    while True:
        try:
            file = open(path, "rb")
            break
        except FileNotFoundError:
            time.sleep(_BUSY_PAUSE_S if time.monotonic() < busy_until else _IDLE_PAUSE_S)
    return json.loads(file.readline()), file


def _say(answer: Dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Serves requests until stop()."""
    parser = argparse.ArgumentParser(prog="cerebras.sdk.runtime._served")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--cmaddr", default="")
    arguments = parser.parse_args()
    arguments.folder.mkdir(exist_ok=True)
    served = None
    number = 0
    while True:
        number += 1
        path = arguments.folder / "{}.request".format(number)
        request, body = _next_request(path)
        try:
            with body:
                if served is None:
                    served = Served(arguments.folder, arguments.cmaddr)
                answer = served.answer(request, body)
        except Exception as failure:  # pylint: disable=broad-except
            _say({"number": number, "error": type(failure).__name__, "text": str(failure)})
        else:
            _say(answer)
        os.unlink(path)
        if request["kind"] == "stop":
            return 0


if __name__ == "__main__":
    sys.exit(main())
