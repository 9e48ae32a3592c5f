# SPDX-License-Identifier: Apache-2.0
# Types of the compiled module; what each thing does is in its docstring and in
# docs/host_runtime.md. //tests/e2e:typing_test holds it to the module.
import enum
import os
from typing import Any, List, Optional, Sequence, Tuple, Union

import numpy as np

from cerebras.appliance.pb.sdk.sdk_common_pb2 import MemcpyDataType as MemcpyDataType
from cerebras.appliance.pb.sdk.sdk_common_pb2 import MemcpyOrder as MemcpyOrder
from cerebras.appliance.pb.sdk.sdk_common_pb2 import SdkTarget as SdkTarget
from cerebras.geometry.geometry import IntRectangle, IntVector

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
    def send(
        self,
        port: Union[str, int],
        src: np.ndarray,
        n_wavelets: Optional[int] = None,
        *,
        nonblock: bool,
    ) -> Task: ...
    def receive(
        self,
        port: Union[str, int],
        dest: np.ndarray,
        n_wavelets: Optional[int] = None,
        *,
        nonblock: bool,
    ) -> Task: ...
    def receive_tofile(self, port: Union[str, int], file: _Path, *, nonblock: bool) -> Task: ...
    def get_port_id(self, name: str) -> int: ...
    def report_port_infos(self) -> None: ...

class Edge(enum.Enum):
    TOP = 0
    BOTTOM = 1
    LEFT = 2
    RIGHT = 3

class Route(enum.Enum):
    RAMP = 0
    EAST = 1
    WEST = 2
    NORTH = 3
    SOUTH = 4

class FP16TYPE(enum.Enum):
    F16 = 0
    BF16 = 1
    CB16 = 2

class Color:
    def __init__(self, name: str, value: Optional[int] = None) -> None: ...
    def get_global_name(self) -> str: ...
    def get_local_param_name(self) -> str: ...
    def get_value(self) -> Optional[int]: ...

class RoutingPosition:
    def __init__(self) -> None: ...
    def set_input(self, routes: Sequence[Route]) -> "RoutingPosition": ...
    def set_output(self, routes: Sequence[Route]) -> "RoutingPosition": ...
    def add_input(self, route: Route) -> "RoutingPosition": ...
    def add_output(self, route: Route) -> "RoutingPosition": ...
    def get_input(self) -> List[Route]: ...
    def get_output(self) -> List[Route]: ...

class EdgeRouteInfo: ...

def get_edge_routing(edge: Edge, routes: Sequence[RoutingPosition]) -> EdgeRouteInfo: ...

class PortHandle: ...

class CodeRegion:
    def color(self, name: str, value: Optional[int] = None) -> Color: ...
    def place(self, x: int, y: int) -> None: ...
    def paint(
        self, coord: IntVector, color: Color, routes: Sequence[RoutingPosition]
    ) -> None: ...
    def paint_all(
        self,
        color: Color,
        routes: Sequence[RoutingPosition],
        edge_routes: Optional[Sequence[EdgeRouteInfo]] = None,
    ) -> None: ...
    def paint_range(
        self, rect: IntRectangle, color: Color, routes: Sequence[RoutingPosition]
    ) -> None: ...
    def set_param(
        self,
        coord: IntVector,
        name: Union[str, Color, None] = None,
        value: Union[int, Color, None] = None,
        color: Optional[Color] = None,
    ) -> None: ...
    def set_param_all(
        self,
        name: Union[str, Color, None] = None,
        value: Union[int, Color, None] = None,
        color: Optional[Color] = None,
    ) -> None: ...
    def set_param_range(
        self,
        rect: IntRectangle,
        name: Union[str, Color, None] = None,
        value: Union[int, Color, None] = None,
        color: Optional[Color] = None,
    ) -> None: ...
    def set_symbol_all(self, symbol: str, data: np.ndarray, width: int, height: int) -> None: ...
    def create_input_port(
        self,
        color: Color,
        edge: Edge,
        routes: Sequence[RoutingPosition],
        data_size: int,
        prefix: str = "",
    ) -> PortHandle: ...
    def create_output_port(
        self,
        color: Color,
        edge: Edge,
        routes: Sequence[RoutingPosition],
        data_size: int,
        prefix: str = "",
    ) -> PortHandle: ...

class SdkLayout:
    def __init__(
        self, platform: Union[SdkExecutionPlatform, SdkTarget], *, msg_level: str = "WARNING"
    ) -> None: ...
    def create_code_region(
        self, source: _Folder, name: str, width: int, height: int
    ) -> CodeRegion: ...
    def connect(self, tx: PortHandle, rx: PortHandle) -> None: ...
    def create_input_stream(
        self, port: PortHandle, io_loc: Optional[IntVector] = None, io_buffer_size: int = 1024
    ) -> str: ...
    def create_output_stream(
        self, port: PortHandle, io_loc: Optional[IntVector] = None, io_buffer_size: int = 1024
    ) -> str: ...
    def create_input_stream_from_loc(
        self, loc: IntVector, color: Color, prefix: str = ""
    ) -> str: ...
    def create_output_stream_from_loc(
        self, loc: IntVector, color: Color, prefix: str = ""
    ) -> str: ...
    def hstack(
        self, children: Sequence[CodeRegion], origin: Optional[IntVector] = None
    ) -> int: ...
    def vstack(
        self, children: Sequence[CodeRegion], origin: Optional[IntVector] = None
    ) -> int: ...
    def compile(
        self,
        out_prefix: _Folder,
        libs: Optional[Sequence[str]] = None,
        cslc_prefix: str = "",
        save_port_map: bool = False,
        f16_type: Optional[FP16TYPE] = None,
    ) -> SdkCompileArtifacts: ...
