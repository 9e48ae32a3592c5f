// SPDX-License-Identifier: Apache-2.0
// Folders as archives to send: sources to compile, artifacts, folders to stage.
#ifndef CLIENT_NATIVE_PACK_H_
#define CLIENT_NATIVE_PACK_H_

#include <filesystem>
#include <string>

#include "base/status.h"

namespace csl::client {

// Packs the folder a program is compiled from. Left out is what compilations and runs leave there:
// version control, byte code, archives of artifacts, and the compiler's output folder `output`
// where one of an earlier compilation lies; and what a .csignore names (ignore.h). The same sources
// give the same bytes.
Status PackSources(const std::filesystem::path& folder, const std::string& output,
                   const std::filesystem::path& archive);

// kInvalidArgument if a .csignore leaves out a file that must travel.
Status CheckSourceTravels(const std::filesystem::path& folder, const std::string& file);

// Packs the folder with one top folder, `name`.
Status PackFolder(const std::filesystem::path& folder, const std::string& name,
                  const std::filesystem::path& archive);

}  // namespace csl::client

#endif  // CLIENT_NATIVE_PACK_H_
