# SPDX-License-Identifier: Apache-2.0
# Types of the compiled module; what each thing does is in its docstring and in
# docs/host_runtime.md. //tests/e2e:typing_test holds it to the module.
import os
from typing import Any, Optional, Sequence, Tuple, Union

import numpy as np

from cerebras.appliance.pb.sdk.sdk_common_pb2 import MemcpyDataType as MemcpyDataType
from cerebras.appliance.pb.sdk.sdk_common_pb2 import MemcpyOrder as MemcpyOrder
from cerebras.appliance.pb.sdk.sdk_common_pb2 import SdkTarget as SdkTarget

_Path = Union[str, "os.PathLike[str]"]
_Folder = Union[_Path, "SdkCompileArtifacts"]
_Scalar = Union[bool, int, float, np.generic]

class SdkError(RuntimeError): ...
class SdkTypeError(SdkError, TypeError): ...
class SdkValueError(SdkError, ValueError): ...
class SdkLookupError(SdkError, LookupError): ...
class SdkFileNotFoundError(SdkError, FileNotFoundError): ...
class SdkConnectionError(SdkError, ConnectionError): ...
class SdkNotImplementedError(SdkError, NotImplementedError): ...

class SimfabConfig:
    def __init__(
        self,
        num_threads: int = 16,
        suppress_trace: bool = False,
        dump_core: bool = False,
        core_path: Optional[_Path] = None,
    ) -> None: ...
    @property
    def num_threads(self) -> int: ...
    @property
    def suppress_trace(self) -> bool: ...
    @property
    def dump_core(self) -> bool: ...
    @property
    def core_path(self) -> Optional[str]: ...

class SdkCompileArtifacts:
    def __init__(self, artifacts_path: _Folder) -> None: ...
    def __fspath__(self) -> str: ...

class SdkExecutionPlatform:
    def is_simulation(self) -> bool: ...
    def is_system(self) -> bool: ...

def get_platform(
    cmaddr: Optional[str] = None,
    config: Optional[SimfabConfig] = None,
    target: Optional[SdkTarget] = None,
) -> SdkExecutionPlatform: ...
def get_simulator(
    config: Optional[SimfabConfig] = None, target: Optional[SdkTarget] = None
) -> SdkExecutionPlatform: ...
def get_system(
    cmaddr: str,
    config: Optional[SimfabConfig] = None,
    target: Optional[SdkTarget] = None,
) -> SdkExecutionPlatform: ...

class Task: ...

class SdkRuntime:
    def __init__(
        self,
        bindir: _Folder,
        platform: Optional[SdkExecutionPlatform] = None,
        *,
        cmaddr: Optional[str] = None,
        suppress_simfab_trace: bool = False,
        simfab_numthreads: int = 5,
        msg_level: str = "WARNING",
        memcpy_required: bool = True,
    ) -> None: ...
    def load(self) -> None: ...
    def run(self) -> None: ...
    def stop(self) -> None: ...
    def get_id(self, symbol: str) -> int: ...
    def get_symbol(self, symbol: str) -> int: ...
    def coord_logical_to_physical(self, logical_coords: Sequence[int]) -> Tuple[int, int]: ...
    def memcpy_h2d(
        self,
        dest: int,
        src: np.ndarray,
        px: int,
        py: int,
        w: int,
        h: int,
        elem_per_pe: int,
        *,
        streaming: bool,
        data_type: MemcpyDataType,
        order: MemcpyOrder,
        nonblock: bool,
    ) -> Task: ...
    def memcpy_h2d_rowbcast(
        self,
        dest: int,
        src: np.ndarray,
        px: int,
        py: int,
        w: int,
        h: int,
        elem_per_pe: int,
        *,
        streaming: bool,
        data_type: MemcpyDataType,
        order: MemcpyOrder,
        nonblock: bool,
    ) -> Task: ...
    def memcpy_h2d_colbcast(
        self,
        dest: int,
        src: np.ndarray,
        px: int,
        py: int,
        w: int,
        h: int,
        elem_per_pe: int,
        *,
        streaming: bool,
        data_type: MemcpyDataType,
        order: MemcpyOrder,
        nonblock: bool,
    ) -> Task: ...
    def memcpy_h2d_stride(
        self,
        dest: int,
        src: np.ndarray,
        px: int,
        py: int,
        w: int,
        h: int,
        elem_per_pe: int,
        row_stride: int,
        col_stride: int,
        *,
        streaming: bool,
        data_type: MemcpyDataType,
        order: MemcpyOrder,
        nonblock: bool,
    ) -> Task: ...
    def memcpy_d2h(
        self,
        dest: np.ndarray,
        src: int,
        px: int,
        py: int,
        w: int,
        h: int,
        elem_per_pe: int,
        *,
        streaming: bool,
        data_type: MemcpyDataType,
        order: MemcpyOrder,
        nonblock: bool,
    ) -> Task: ...
    def launch(self, symbol: str, *args: _Scalar, nonblock: bool) -> Task: ...
    def call(
        self, symbol: str, params: Union[Sequence[int], np.ndarray], nonblock: bool
    ) -> Task: ...
    def is_task_done(self, task_handle: Task) -> bool: ...
    def task_wait(self, task_handle: Task) -> None: ...
    def dump_core(self, corefile: _Path) -> None: ...
    def dump_elf_core(self, corefile: _Path) -> None: ...
    def read_symbol(
        self, x: int, y: int, symbol_name: str, dtype: Any = "uint8"
    ) -> np.ndarray: ...
    def send(self, *args: Any, **kwargs: Any) -> Task: ...
    def receive(self, *args: Any, **kwargs: Any) -> Task: ...
    def receive_tofile(self, *args: Any, **kwargs: Any) -> Task: ...
    def get_port_id(self, *args: Any, **kwargs: Any) -> int: ...
    def report_port_infos(self, *args: Any, **kwargs: Any) -> None: ...
