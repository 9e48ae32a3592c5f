// SPDX-License-Identifier: Apache-2.0
#include "runtime/python/bind_layout.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdio>

#include "runtime/layout/compile.h"
#include "runtime/python/arguments.h"
#include "runtime/python/bound_method.h"
#include "runtime/python/errors.h"
#include "runtime/python/layout_docstrings.h"
#include "runtime/python/layout_state.h"
#include "runtime/python/layout_values.h"
#include "runtime/python/platform.h"

namespace py = pybind11;

namespace csl::runtime::python {
namespace {

constexpr const char* kLevels[] = {"DEBUG", "INFO", "WARNING", "ERROR"};

int MessageLevel(py::handle value) {
  const std::string text = StringArgument("msg_level", value);
  for (int i = 0; i < 4; ++i) {
    if (text == kLevels[i]) return i;
  }
  ThrowValueError(
      fmt::format("SdkLayout: msg_level = '{}': must be DEBUG, INFO, WARNING or ERROR", text));
}

// platform, fabric_file or target.
isa::Arch TargetArgument(py::handle value) {
  if (py::isinstance<Platform>(value)) {
    return value.cast<const Platform&>().target.value_or(isa::Arch::kWse3);
  }
  const py::object target =
      py::module_::import("cerebras.appliance.pb.sdk.sdk_common_pb2").attr("SdkTarget");
  if (py::isinstance(value, target)) return ArchOfTarget(value);
  if (py::isinstance<py::str>(value) || py::hasattr(value, "__fspath__")) {
    ThrowNotSupported(
        "SdkLayout of a fabric file, whose format is not documented; a SdkExecutionPlatform or a "
        "SdkTarget is expected");
  }
  ThrowTypeError(fmt::format(
      "SdkLayout: platform = {}: must be a SdkExecutionPlatform or a SdkTarget", Repr(value)));
}

PyLayout MakeLayout(const py::args& args, const py::kwargs& keywords) {
  py::object target;
  py::object level = py::str("WARNING");
  if (!args.empty()) target = args[0];
  for (const auto& [key, value] : keywords) {
    const std::string name = key.cast<std::string>();
    if (name == "msg_level") {
      level = py::reinterpret_borrow<py::object>(value);
    } else if ((name == "platform" || name == "fabric_file" || name == "target") && !target) {
      target = py::reinterpret_borrow<py::object>(value);
    } else {
      ThrowTypeError(
          fmt::format("SdkLayout: no keyword argument '{}'{}; must be one of platform, "
                      "fabric_file or target, and msg_level",
                      name, target ? " here" : ""));
    }
  }
  if (!target || args.size() > 1) {
    ThrowTypeError(
        fmt::format("SdkLayout: {} positional arguments; one is expected: a "
                    "SdkExecutionPlatform or a SdkTarget",
                    args.size()));
  }
  auto state = std::make_shared<LayoutState>(TargetArgument(target));
  state->message_level = MessageLevel(level);
  return {std::move(state)};
}

PyRegion CreateRegion(const PyLayout& self, const py::object& source, const py::object& name,
                      const py::object& width, const py::object& height) {
  const std::string path = py::isinstance<py::str>(source)
                               ? source.cast<std::string>()
                               : FolderArgument("create_code_region: source", source).string();
  return {self.state, ValueOrThrow(self.state->layout.CreateCodeRegion(
                          path, StringArgument("create_code_region: name", name),
                          IntegerArgument("create_code_region: width", width),
                          IntegerArgument("create_code_region: height", height)))};
}

layout::RegionId OwnRegion(const PyLayout& self, const char* name, py::handle value) {
  if (!py::isinstance<PyRegion>(value)) {
    ThrowTypeError(fmt::format("{} = {}: must be a CodeRegion", name, Repr(value)));
  }
  const auto& region = value.cast<const PyRegion&>();
  if (region.state != self.state) {
    ThrowValueError(
        fmt::format("{}: region '{}' belongs to another SdkLayout", name, region.get().name));
  }
  return region.id;
}

layout::PortId OwnPort(const PyLayout& self, const char* name, py::handle value) {
  if (!py::isinstance<PyPort>(value)) {
    ThrowTypeError(fmt::format("{} = {}: must be a PortHandle", name, Repr(value)));
  }
  const auto& port = value.cast<const PyPort&>();
  if (port.state != self.state) {
    ThrowValueError(fmt::format("{}: port '{}' belongs to another SdkLayout", name,
                                port.state->layout.port(port.id).name));
  }
  return port.id;
}

template <bool kHorizontally>
int Stack(const PyLayout& self, const py::object& children, const py::object& origin) {
  constexpr const char* kName = kHorizontally ? "hstack: children" : "vstack: children";
  if (!PyList_Check(children.ptr()) && !PyTuple_Check(children.ptr())) {
    ThrowTypeError(fmt::format("{} = {}: must be a list of CodeRegion", kName, Repr(children)));
  }
  std::vector<layout::RegionId> regions;
  for (const py::handle child : children) regions.push_back(OwnRegion(self, kName, child));
  std::optional<layout::Point> start;
  if (!origin.is_none()) {
    start = PointArgument(kHorizontally ? "hstack: origin" : "vstack: origin", origin);
  }
  return ValueOrThrow(self.state->layout.Stack(kHorizontally, regions, start));
}

void Connect(const PyLayout& self, const py::object& tx, const py::object& rx) {
  const layout::PortId from = OwnPort(self, "connect: tx", tx);
  ThrowIfError(self.state->layout.Connect(from, OwnPort(self, "connect: rx", rx)));
}

template <bool kToDevice>
std::string CreateStream(const PyLayout& self, const py::object& port, const py::object& io_loc,
                         const py::object& io_buffer_size) {
  const layout::PortId id =
      OwnPort(self, kToDevice ? "create_input_stream: port" : "create_output_stream: port", port);
  std::optional<layout::Point> where;
  if (!io_loc.is_none()) where = PointArgument("io_loc", io_loc);
  return ValueOrThrow(self.state->layout.CreateStream(
      kToDevice, id, where,
      io_buffer_size.is_none() ? layout::kDefaultIoBufferWords
                               : IntegerArgument("io_buffer_size", io_buffer_size)));
}

template <bool kToDevice>
std::string CreateDirectStream(const PyLayout& self, const py::object& loc, const py::object& color,
                               const py::object& prefix) {
  const layout::Point where = PointArgument("loc", loc);
  return ValueOrThrow(self.state->layout.CreateDirectStream(
      kToDevice, where, self.state->Use(ColorArgument("color", color)),
      prefix.is_none() ? "" : StringArgument("prefix", prefix)));
}

bool IsProgram(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

// Where cslc is: below the prefix given, or where the module is installed.
std::filesystem::path FindCompiler(const std::string& prefix) {
  std::vector<std::filesystem::path> places;
  if (!prefix.empty()) {
    const std::filesystem::path folder = prefix;
    places = {folder / "bin/cslc", folder / "cslc", prefix + "cslc", folder};
  } else {
    Dl_info info;
    if (::dladdr(reinterpret_cast<const void*>(&IsProgram), &info) != 0) {
      // python/cerebras/sdk/runtime/sdkruntimepybind.so
      const std::filesystem::path module = std::filesystem::absolute(info.dli_fname);
      places.push_back((module.parent_path() / "../../../../bin/cslc").lexically_normal());
    }
  }
  std::string tried;
  for (const std::filesystem::path& place : places) {
    if (IsProgram(place)) return place;
    tried += (tried.empty() ? "'" : ", '") + place.string() + "'";
  }
  ThrowFileNotFound("compile: the compiler cslc was not found; tried " + tried);
}

void GiveValues(LayoutState& state, const layout::ResolvedLayout& resolved) {
  const std::vector<layout::ColorName>& colors = state.layout.colors();
  for (uint32_t i = 0; i < colors.size(); ++i) {
    for (const auto& assigned : state.colors[colors[i].global]) {
      *assigned = resolved.value_of(layout::ColorId(i));
    }
  }
}

CompileArtifacts Compile(const PyLayout& self, const py::object& out_prefix, const py::object& libs,
                         const py::object& cslc_prefix, const py::object& save_port_map,
                         const py::object& f16_type) {
  layout::CompileOptions options;
  options.out = FolderArgument("compile: out_prefix", out_prefix);
  const py::object folders = libs.is_none() ? py::object(py::list()) : libs;
  if (!PyList_Check(folders.ptr()) && !PyTuple_Check(folders.ptr())) {
    ThrowTypeError(fmt::format("compile: libs = {}: must be a list of str", Repr(libs)));
  }
  for (const py::handle lib : folders) {
    options.library_folders.push_back(FolderArgument("compile: libs", lib).string());
  }
  options.compiler = FindCompiler(
      cslc_prefix.is_none() ? "" : StringArgument("compile: cslc_prefix", cslc_prefix));
  constexpr isa::Fp16Format kFormats[] = {isa::Fp16Format::kF16, isa::Fp16Format::kBf16,
                                          isa::Fp16Format::kCb16};
  if (!f16_type.is_none()) {
    options.fp16_format = kFormats[Fp16Argument("compile: f16_type", f16_type)];
  }
  options.save_port_map =
      !save_port_map.is_none() && BoolArgument("compile: save_port_map", save_port_map);
  StatusOr<layout::Compiled> compiled = [&] {
    py::gil_scoped_release unlocked;
    return layout::Compile(self.state->layout, options);
  }();
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  ThrowIfError(compiled.status());
  if (!compiled->warnings.empty() && self.state->message_level <= 2) {
    std::fputs(compiled->warnings.c_str(), stderr);
  }
  GiveValues(*self.state, compiled->resolved);
  return {options.out};
}

using Arguments = BoundArguments;
void BindStreams(py::class_<PyLayout>& layout) {
  const std::vector<Parameter> to_port = {
      {"port"}, Default("io_loc", "None"), Default("io_buffer_size", "1024")};
  static_assert(layout::kDefaultIoBufferWords == 1024);
  BindOn(layout, "create_input_stream", to_port, kCreateInputStreamDoc,
         [](PyLayout& self, const Arguments& a) {
           return CreateStream<true>(self, a[0], a[1], a[2]);
         });
  BindOn(layout, "create_output_stream", to_port, kCreateOutputStreamDoc,
         [](PyLayout& self, const Arguments& a) {
           return CreateStream<false>(self, a[0], a[1], a[2]);
         });
  const std::vector<Parameter> to_pe = {{"loc"}, {"color"}, Default("prefix", "''")};
  BindOn(layout, "create_input_stream_from_loc", to_pe, kInputStreamFromLocDoc,
         [](PyLayout& self, const Arguments& a) {
           return CreateDirectStream<true>(self, a[0], a[1], a[2]);
         });
  BindOn(layout, "create_output_stream_from_loc", to_pe, kOutputStreamFromLocDoc,
         [](PyLayout& self, const Arguments& a) {
           return CreateDirectStream<false>(self, a[0], a[1], a[2]);
         });
}

}  // namespace

void BindLayout(py::module_& module) {
  BindLayoutValues(module);
  BindRegion(module);
  py::class_<PyPort>(module, "PortHandle",
                     "A port of a code region, for connect() and the streams of SdkLayout.")
      .def("__repr__", [](const PyPort& self) {
        return fmt::format("PortHandle('{}')", self.state->layout.port(self.id).name);
      });
  py::class_<PyLayout> layout(module, "SdkLayout", kSdkLayoutDoc);
  layout.def(py::init(&MakeLayout));
  BindOn(layout, "create_code_region", {{"source"}, {"name"}, {"width"}, {"height"}},
         kCreateCodeRegionDoc, [](PyLayout& self, const Arguments& a) {
           return CreateRegion(self, a[0], a[1], a[2], a[3]);
         });
  BindOn(layout, "connect", {{"tx"}, {"rx"}}, kConnectDoc,
         [](PyLayout& self, const Arguments& a) { Connect(self, a[0], a[1]); });
  const std::vector<Parameter> stack = {{"children"}, Default("origin", "None")};
  BindOn(layout, "hstack", stack, kHstackDoc,
         [](PyLayout& self, const Arguments& a) { return Stack<true>(self, a[0], a[1]); });
  BindOn(layout, "vstack", stack, kVstackDoc,
         [](PyLayout& self, const Arguments& a) { return Stack<false>(self, a[0], a[1]); });
  BindOn(layout, "compile",
         {{"out_prefix"},
          Default("libs", "None"),
          Default("cslc_prefix", "''"),
          Default("save_port_map", "False"),
          Default("f16_type", "None")},
         kCompileDoc, [](PyLayout& self, const Arguments& a) {
           return Compile(self, a[0], a[1], a[2], a[3], a[4]);
         });
  BindStreams(layout);
}

}  // namespace csl::runtime::python
