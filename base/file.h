// SPDX-License-Identifier: Apache-2.0
// Whole files in and out. Errors name the path and the system's reason.
#ifndef BASE_FILE_H_
#define BASE_FILE_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace csl {

StatusOr<std::string> ReadTextFile(const std::filesystem::path& path);
StatusOr<std::vector<uint8_t>> ReadBinaryFile(const std::filesystem::path& path);

// Writes beside the target and renames, so that a reader sees the old file or the whole new one.
Status WriteFileAtomic(const std::filesystem::path& path, std::span<const uint8_t> bytes);
Status WriteFileAtomic(const std::filesystem::path& path, std::string_view text);

// Whether an errno says that a disk, or what a user may have of it, is full.
bool IsDiskFull(int error);
// "WHAT: No space left on device": kResourceExhausted if the disk is full, else kUnavailable.
Status DiskFailure(const std::string& what, int error);

// The folder that holds the running program's `bin` folder; programs find what is installed beside
// them from it.
StatusOr<std::filesystem::path> InstallPrefix();

// As many open files as the system allows this process, for a program that serves many: the usual
// limit is 1,024.
void RaiseFileLimit();

}  // namespace csl

#endif  // BASE_FILE_H_
