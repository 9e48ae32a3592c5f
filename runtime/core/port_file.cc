// SPDX-License-Identifier: Apache-2.0
#include "runtime/core/port_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace csl::runtime {
namespace {

Status CannotWrite(const std::filesystem::path& path, int error) {
  return FailedPrecondition(
      fmt::format("receive_tofile(): cannot write '{}': {}", path.string(), std::strerror(error)));
}

}  // namespace

StatusOr<std::shared_ptr<PortFile>> PortFile::Open(const std::filesystem::path& path) {
  std::FILE* const file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) return CannotWrite(path, errno);
  return std::shared_ptr<PortFile>(new PortFile(path, file));
}

PortFile::PortFile(std::filesystem::path path, std::FILE* file)
    : path_(std::move(path)), file_(file) {}

void PortFile::Note(bool ok) {
  if (!ok && status_.ok()) status_ = CannotWrite(path_, errno != 0 ? errno : EIO);
}

void PortFile::Write(std::span<const uint32_t> words) {
  if (file_ == nullptr || !status_.ok()) return;
  Note(std::fwrite(words.data(), sizeof(uint32_t), words.size(), file_) == words.size());
  Note(std::fflush(file_) == 0);
}

void PortFile::Close() {
  if (file_ == nullptr) return;
  Note(std::fclose(std::exchange(file_, nullptr)) == 0);
}

}  // namespace csl::runtime
