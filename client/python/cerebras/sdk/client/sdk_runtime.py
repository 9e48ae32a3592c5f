# SPDX-License-Identifier: Apache-2.0
"""SdkRuntime on the client's side: drives a program that runs on an appliance.

Its documentation deprecates it: prefer a host script that SdkLauncher runs beside the program,
which keeps the data on the appliance.
"""
import base64
import json
import os
import posixpath
import tempfile
import threading
from typing import Any, Dict, List, Optional, Sequence, Tuple

from cerebras.appliance import errors

from ._launcher import PathLike, SdkLauncher

# Where requests go, in the session's folder.
_FOLDER = ".sdkruntime"
_CORE = "out.core"
# How long it may take until it is known why a session takes no more requests.
_FATE_PATIENCE_S = 30.0
_KEYWORDS = ("streaming", "data_type", "order", "nonblock")


class Task:
    """A command of a SdkRuntime; see is_task_done and task_wait."""

    def __init__(self, number: int, owner: "SdkRuntime") -> None:
        self._number = number
        self._owner = owner


class SdkRuntime:
    """Runs one compiled program on an appliance; used in a `with` block, or by start() and stop().

    artifact_path: the result of SdkCompiler.compile, as for SdkLauncher.
    Keywords, all optional: those of SdkLauncher. simulator=True: a worker simulates the program;
    else it runs on a CS system of the appliance.

        with SdkRuntime(artifact, simulator=True) as runner:
            runner.memcpy_h2d(runner.get_id("A"), data, 0, 0, 4, 3, 10, streaming=False,
                              data_type=MemcpyDataType.MEMCPY_32BIT,
                              order=MemcpyOrder.ROW_MAJOR, nonblock=False)
            runner.launch("compute", nonblock=False)

    Entering the block starts the program, leaving it stops it. Methods have the arguments and
    errors of cerebras.sdk.runtime.sdkruntimepybind.SdkRuntime. The exceptions are in
    cerebras.appliance.errors: each is an SdkError, so a RuntimeError, and derives from the matching
    built-in exception. Calls from several threads run one after the other.
    """

    def __init__(self, artifact_path: PathLike, **kwargs: Any) -> None:
        self._simulator = bool(kwargs.get("simulator"))
        self._launcher = SdkLauncher(artifact_path, **kwargs)
        self._lock = threading.Lock()
        self._answers = threading.Condition()
        self._arrived: Dict[int, Dict[str, Any]] = {}
        self._failure: Optional[BaseException] = None
        self._number = 0
        self._server: Optional[threading.Thread] = None
        self._state = "new"
        self._targets: Dict[int, Any] = {}  # arrays that wait for their data, by request

    # The run.

    def start(self) -> None:
        """Opens a session on the appliance, loads the program there and starts it."""
        if self._state != "new":
            raise errors.SdkError("start() again: a runtime runs once")
        self._launcher.__enter__()
        self._state = "running"
        command = "cs_python -m cerebras.sdk.runtime._served {}".format(_FOLDER)
        if not self._simulator:
            command += " --cmaddr %CMADDR%"
        self._server = threading.Thread(target=self._serve, args=(command,), daemon=True)
        self._server.start()
        try:
            self._request("start")
        except BaseException as failure:
            self._close(failure)
            raise

    def stop(self) -> None:
        """Finishes all tasks and ends the run and the session. No commands afterwards.

        If a simulated program left a core file, it becomes out.core in the current folder, for
        cerebras.sdk.client.debug_util.
        """
        self._check_running("stop()")
        try:
            self._request("stop")
            if self._server is not None:
                self._server.join()
            if self._simulator:
                self._fetch_core()
        except BaseException as failure:
            self._close(failure)
            raise
        self._close(None)

    def load(self) -> None:
        """Does nothing: start() has loaded the program."""
        self._check_running("load()")

    def run(self) -> None:
        """Does nothing: start() has started the program."""
        self._check_running("run()")

    def __enter__(self) -> "SdkRuntime":
        self.start()
        return self

    def __exit__(self, kind: Any = None, failure: Any = None, trace: Any = None) -> None:
        if self._state != "running":
            return
        if kind is None:
            self.stop()
        else:
            self._close(failure)

    def is_simulator(self) -> bool:
        """Whether the program is simulated, not run on a CS system."""
        return self._simulator

    def download_artifact(self, artifact_path: PathLike, out_path: PathLike) -> str:
        """Fetches a file or folder of the session, as SdkLauncher.download_artifact does."""
        return self._launcher.download_artifact(artifact_path, out_path)

    # Commands.

    def get_id(self, symbol: str) -> int:
        """The id of an exported variable or function.

        Raises SdkLookupError (LookupError) for a name that the program does not export.
        """
        return self._ask("get_id", symbol)

    def get_symbol(self, symbol: str) -> int:
        """The older name of get_id."""
        return self._ask("get_id", symbol)

    def coord_logical_to_physical(self, logical_coords: Sequence[int]) -> Tuple[int, int]:
        """Converts (x, y) of the program's rectangle to (x, y) of the fabric."""
        x, y = self._ask("coord_logical_to_physical", [int(value) for value in logical_coords])
        return x, y

    def read_symbol(self, x: int, y: int, symbol_name: str, dtype: Any = "uint8") -> Any:
        """A variable of one PE as a 1-D array of `dtype`; on a CS system only before stop()."""
        import numpy as np
        values = self._ask("read_symbol", int(x), int(y), symbol_name)
        raw = np.array(values, np.uint8)
        kind = np.dtype(dtype)
        if kind.itemsize == 0 or raw.size % kind.itemsize != 0:
            raise errors.SdkValueError("dtype: {!r} has {} bytes, no multiple of the {} bytes of "
                                       "{}".format(symbol_name, raw.size, kind.itemsize, kind))
        return raw.view(kind)

    def dump_core(self, corefile: PathLike) -> None:
        """Writes the memory and states of all PEs to a local file, for debug_util and csdb."""
        self._dump("dump_core", corefile)

    def dump_elf_core(self, corefile: PathLike) -> None:
        """The same as an ELF core."""
        self._dump("dump_elf_core", corefile)

    def _dump(self, method: str, corefile: PathLike) -> None:
        there = posixpath.join(_FOLDER, "dumped.core")
        self._ask(method, there)
        self._launcher.download_artifact(there, corefile)

    def launch(self, symbol: str, *args: Any, **kwargs: Any) -> Task:
        """Calls an exported function on every PE with the arguments of its type.

        Keyword: nonblock, required. NumPy scalars must have the parameter's type.
        """
        nonblock = _keywords("launch", kwargs, ("nonblock",))["nonblock"]
        values = [_scalar(index, value) for index, value in enumerate(args)]
        return self._task("launch", {"symbol": symbol, "args": values, "nonblock": nonblock})

    def call(self, symbol: str, params: Any, **kwargs: Any) -> Task:
        """launch() with raw 32-bit words of unchecked types. Keyword: nonblock."""
        nonblock = _keywords("call", kwargs, ("nonblock",))["nonblock"]
        try:
            words = [int(word) for word in params]
        except TypeError:
            raise errors.SdkTypeError("params = {!r}: expected a list of 32-bit words".format(
                params)) from None
        return self._task("call", {"symbol": symbol, "words": words, "nonblock": nonblock})

    def memcpy_h2d(self, dest: int, src: Any, px: int, py: int, w: int, h: int, elem_per_pe: int,
                   **kwargs: Any) -> Task:
        """Copies or streams a host array to a region of PEs.

        src: array of w * h * elem_per_pe elements of 4 bytes. Keywords, all required: streaming,
        data_type, order, nonblock.
        """
        return self._to_device("memcpy_h2d", dest, src, (px, py, w, h, elem_per_pe), kwargs)

    def memcpy_h2d_rowbcast(self, dest: int, src: Any, px: int, py: int, w: int, h: int,
                            elem_per_pe: int, **kwargs: Any) -> Task:
        """memcpy_h2d, with the same data for all PEs of a row: src has h * elem_per_pe elements."""
        return self._to_device("memcpy_h2d_rowbcast", dest, src, (px, py, w, h, elem_per_pe),
                               kwargs)

    def memcpy_h2d_colbcast(self, dest: int, src: Any, px: int, py: int, w: int, h: int,
                            elem_per_pe: int, **kwargs: Any) -> Task:
        """memcpy_h2d, with the same data for all PEs of a column: src has w * elem_per_pe
        elements."""
        return self._to_device("memcpy_h2d_colbcast", dest, src, (px, py, w, h, elem_per_pe),
                               kwargs)

    def memcpy_h2d_stride(self, dest: int, src: Any, px: int, py: int, w: int, h: int,
                          elem_per_pe: int, row_stride: int, col_stride: int,
                          **kwargs: Any) -> Task:
        """memcpy_h2d to every row_stride-th column and col_stride-th row; columns first."""
        return self._to_device("memcpy_h2d_stride", dest, src,
                               (px, py, w, h, elem_per_pe, row_stride, col_stride), kwargs)

    def memcpy_d2h(self, dest: Any, src: int, px: int, py: int, w: int, h: int, elem_per_pe: int,
                   **kwargs: Any) -> Task:
        """Copies or receives w * h * elem_per_pe elements of a region of PEs into a host array.

        dest: writable array in C order, elements of 4 bytes. A nonblocking call keeps it alive; it
        is filled after a wait for its task or a later one, or by stop().
        """
        given = _transfer_keywords("memcpy_d2h", kwargs)
        words = _words("dest", dest)
        if not dest.flags.c_contiguous or not dest.flags.writeable:
            raise errors.SdkValueError("dest: expected a writable array in one piece in C order")
        request = dict(given, src=_integer("src", src), size=int(words.size),
                       region=_integers((px, py, w, h, elem_per_pe)))
        return self._task("to_host", request, target=words)

    def is_task_done(self, task_handle: Task) -> bool:
        """Whether a task is done. If not, the fabric has run for a fixed slice of its time."""
        return self._request("is_task_done", {"task": self._check_task(task_handle)})

    def task_wait(self, task_handle: Task) -> None:
        """Waits until a task is done."""
        self._request("task_wait", {"task": self._check_task(task_handle)})

    # What they have in common.

    def _check_running(self, what: str) -> None:
        if self._state == "new":
            raise errors.SdkError("{} before start()".format(what))
        if self._state != "running":
            raise errors.SdkError("{} after stop(): the run is over".format(what))

    def _check_task(self, task: Any) -> int:
        # pylint: disable=protected-access
        if not isinstance(task, Task):
            raise errors.SdkTypeError("task_handle = {!r}: expected a Task".format(task))
        if task._owner is not self:
            raise errors.SdkTypeError("task_handle: it belongs to another SdkRuntime")
        return task._number

    def _ask(self, method: str, *args: Any) -> Any:
        return self._request("ask", {"method": method, "args": list(args)})

    def _task(self, kind: str, request: Dict[str, Any], body: bytes = b"",
              target: Any = None) -> Task:
        return Task(self._request(kind, request, body, target), self)

    def _to_device(self, method: str, dest: Any, src: Any, region: Sequence[Any],
                   kwargs: Dict[str, Any]) -> Task:
        import numpy as np
        request = _transfer_keywords(method, kwargs)
        words = np.ascontiguousarray(_words("src", src))
        request.update(method=method, dest=_integer("dest", dest), region=_integers(region))
        return self._task("to_device", request, words.tobytes())

    # Requests and answers.

    def _serve(self, command: str) -> None:
        """Runs the other side; in a thread of its own, for as long as the program runs."""
        failure: BaseException = errors.SdkError("the run has ended")
        try:
            self._launcher.run(command, on_stdout=self._take_line)
        except BaseException as caught:  # pylint: disable=broad-except
            failure = caught
        with self._answers:
            self._failure = failure
            self._answers.notify_all()

    def _take_line(self, line: str) -> None:
        try:
            answer = json.loads(line)
            number = answer["number"]
        except (ValueError, TypeError, KeyError):
            return  # something the program's surroundings printed
        with self._answers:
            self._arrived[number] = answer
            self._answers.notify_all()

    def _request(self, kind: str, request: Optional[Dict[str, Any]] = None, body: bytes = b"",
                 target: Any = None) -> Any:
        with self._lock:
            self._check_running(_call_of(kind, request or {}))
            self._number += 1
            number = self._number
            if target is not None:
                self._targets[number] = target
            self._send(number, dict(request or {}, kind=kind, number=number), body)
            answer = self._answer_to(number)
            if "error" in answer:
                self._targets.pop(number, None)
                raise errors.from_sdk_error(answer["error"], answer["text"])
            for result in answer["results"]:
                self._take_result(result)
            return answer["value"]

    def _send(self, number: int, request: Dict[str, Any], body: bytes) -> None:
        # pylint: disable=protected-access
        try:
            line = json.dumps(request).encode("utf-8") + b"\n"
        except TypeError as failure:
            raise errors.SdkTypeError("an argument that cannot be sent: {}".format(
                failure)) from None
        descriptor, path = tempfile.mkstemp(prefix="csl-request-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(line)
                file.write(body)
            job = self._launcher._open_job()
            with self._launcher._in_session():
                job.service.put_file(job.id, path, "{}/{}.request".format(_FOLDER, number))
        except errors.ApplianceClientException as failure:
            raise self._fate(failure) from None
        finally:
            os.unlink(path)

    def _fate(self, failure: errors.ApplianceClientException) -> BaseException:
        """Why a request was not taken: if the session is over, what ended it says more."""
        if isinstance(failure, (errors.ApplianceJobError, errors.ApplianceResourceExhausted)):
            return failure
        with self._answers:
            self._answers.wait_for(lambda: self._failure is not None, _FATE_PATIENCE_S)
            return self._failure or failure

    def _answer_to(self, number: int) -> Dict[str, Any]:
        with self._answers:
            while number not in self._arrived:
                if self._failure is not None:
                    raise self._failure
                # With a timeout, so that Ctrl-C is heard.
                self._answers.wait(1.0)
            return self._arrived.pop(number)

    def _take_result(self, result: Dict[str, Any]) -> None:
        import numpy as np
        target = self._targets.pop(result["number"])
        if "data" in result:
            words = np.frombuffer(base64.b64decode(result["data"]), np.uint32)
        else:
            with tempfile.TemporaryDirectory(prefix="csl-result-") as folder:
                local = self._launcher.download_artifact(
                    result["file"], posixpath.join(folder, "words"))
                words = np.fromfile(local, np.uint32)
        target.reshape(-1)[:] = words

    def _fetch_core(self) -> None:
        try:
            self._launcher.download_artifact(_CORE, _CORE)
        except FileNotFoundError:
            pass  # of a large program there is none unless it is asked for

    def _close(self, failure: Optional[BaseException]) -> None:
        self._state = "stopped"
        if failure is None:
            self._launcher.__exit__()
        else:
            self._launcher.__exit__(type(failure), failure, None)


def _call_of(kind: str, request: Dict[str, Any]) -> str:
    """The method that a request comes from, as users know it."""
    return "{}()".format("memcpy_d2h" if kind == "to_host" else request.get("method", kind))


def _keywords(call: str, given: Dict[str, Any], names: Sequence[str]) -> Dict[str, Any]:
    """The keywords of a call, all of which must be given, and no others."""
    for name in given:
        if name not in names:
            raise errors.SdkTypeError("{}(): unknown keyword argument {!r}; it takes {}".format(
                call, name, ", ".join(names)))
    for name in names:
        if given.get(name) is None:
            raise errors.SdkTypeError("{}(): the keyword argument {!r} is missing; {} must be "
                                      "given".format(call, name, ", ".join(names)))
    return given


def _transfer_keywords(call: str, given: Dict[str, Any]) -> Dict[str, Any]:
    keywords = _keywords(call, given, _KEYWORDS)
    for name in ("streaming", "nonblock"):
        if keywords[name] not in (True, False):
            raise errors.SdkTypeError("{} = {!r}: expected True or False".format(
                name, keywords[name]))
    return {"streaming": bool(keywords["streaming"]), "nonblock": bool(keywords["nonblock"]),
            "data_type": int(keywords["data_type"]), "order": int(keywords["order"])}


def _integer(name: str, value: Any) -> int:
    try:
        return value.__index__()
    except AttributeError:
        raise errors.SdkTypeError("{} = {!r}: expected an int".format(name, value)) from None


def _integers(region: Sequence[Any]) -> List[int]:
    names = ("px", "py", "w", "h", "elem_per_pe", "row_stride", "col_stride")
    return [_integer(name, value) for name, value in zip(names, region)]


def _words(name: str, array: Any) -> Any:
    """The array as 32-bit words, of the same shape and memory."""
    import numpy as np
    if not isinstance(array, np.ndarray):
        raise errors.SdkTypeError("{} = {!r}: expected a NumPy array".format(name, array))
    if array.dtype.itemsize != 4 or array.dtype.kind not in "iuf":
        raise errors.SdkTypeError(
            "{}: elements of type {}; expected integers or floats of 4 bytes, for 16-bit data as "
            "well (sdk_utils.input_array_to_u32 and memcpy_view convert)".format(name, array.dtype))
    return array.view(np.uint32)


def _scalar(index: int, value: Any) -> Any:
    """An argument of launch() as JSON can say it."""
    if isinstance(value, (bool, int, float)) and type(value).__module__ == "builtins":
        return value
    if hasattr(value, "dtype") and hasattr(value, "tobytes"):
        return {"dtype": value.dtype.str, "bytes": value.tobytes().hex()}
    raise errors.SdkTypeError("launch(): argument {} = {!r}: expected a Python number or a NumPy "
                              "scalar".format(index + 1, value))
