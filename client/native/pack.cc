// SPDX-License-Identifier: Apache-2.0
#include "client/native/pack.h"

#include <algorithm>
#include <array>
#include <system_error>

#include "base/archive/pack.h"
#include "client/native/ignore.h"

namespace csl::client {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> kNeverSources = {".git", ".hg", ".svn", "__pycache__",
                                                           ".pytest_cache"};

bool IsCompilerOutput(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "out.json", error) && fs::is_directory(folder / "bin", error);
}

// What the client itself writes beside a script.
bool IsReceipt(std::string_view name) {
  if (name.ends_with(".part")) name = name.substr(0, name.find(".json") + 5);
  return name == "run_meta.json" || (name.starts_with("wsjob-") && name.ends_with(".json"));
}

}  // namespace

Status PackSources(const fs::path& folder, const std::string& output, const fs::path& archive) {
  std::string left_out = fs::path(output).lexically_normal().string();
  if (!IsCompilerOutput(folder / left_out)) left_out.clear();
  ASSIGN_OR_RETURN(const IgnoreFiles ignored, IgnoreFiles::In(folder));
  csl::archive::PackOptions options;
  options.keep = [&left_out, &ignored](std::string_view path, bool is_folder) {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    if (!left_out.empty() && path == left_out) return false;
    if (ignored.LeavesOut(path, is_folder)) return false;
    if (!is_folder) return !name.ends_with(".tar.gz") && !IsReceipt(name);
    return std::find(kNeverSources.begin(), kNeverSources.end(), name) == kNeverSources.end();
  };
  return csl::archive::Pack(folder, archive, options);
}

Status CheckSourceTravels(const fs::path& folder, const std::string& file) {
  ASSIGN_OR_RETURN(const IgnoreFiles ignored, IgnoreFiles::In(folder));
  if (!ignored.LeavesOutFile(fs::path(file).lexically_normal().string())) return OkStatus();
  return InvalidArgument("'" + file + "' is left out by a pattern of " + kIgnoreFile +
                         "; take it back with a line '!" + file + "'");
}

Status PackFolder(const fs::path& folder, const std::string& name, const fs::path& archive) {
  return csl::archive::Pack(folder, archive, {.prefix = name, .keep = nullptr});
}

}  // namespace csl::client
