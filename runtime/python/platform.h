// SPDX-License-Identifier: Apache-2.0
// What a program is run on, as Python names it: SimfabConfig, SdkExecutionPlatform and the
// functions that make one; SdkCompileArtifacts.
#ifndef RUNTIME_PYTHON_PLATFORM_H_
#define RUNTIME_PYTHON_PLATFORM_H_

#include <pybind11/pybind11.h>

#include <filesystem>
#include <optional>
#include <string>

#include "fabric/isa/architecture.h"
#include "runtime/wire/address.h"

namespace csl::runtime::python {

struct SimfabConfig {
  int num_threads = 16;
  bool suppress_trace = false;
  bool dump_core = false;
  std::optional<std::string> core_path;
};

struct Platform {
  std::optional<wire::Address> system;  // none: the simulator
  SimfabConfig config;
  std::optional<isa::Arch> target;  // none: not given
};

struct CompileArtifacts {
  std::filesystem::path path;
};

// Of a member of SdkTarget.
isa::Arch ArchOfTarget(pybind11::handle target);

// An empty or absent address means the simulator.
std::optional<wire::Address> ParseCmaddr(pybind11::handle cmaddr);

// num_threads in 1..64, else ValueError.
int ThreadsArgument(const char* name, pybind11::handle value);

// A folder: str, Path or SdkCompileArtifacts.
std::filesystem::path FolderArgument(const char* name, pybind11::handle value);

void BindPlatform(pybind11::module_& module);

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_PLATFORM_H_
