// SPDX-License-Identifier: Apache-2.0
// The file that takes the words of a port.
#ifndef RUNTIME_CORE_PORT_FILE_H_
#define RUNTIME_CORE_PORT_FILE_H_

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>

#include "base/status.h"

namespace csl::runtime {

// Keeps its first failure and drops what comes after it. Used from one thread at a time.
class PortFile {
 public:
  // Makes the file, or makes it empty.
  static StatusOr<std::shared_ptr<PortFile>> Open(const std::filesystem::path& path);
  ~PortFile() { Close(); }
  PortFile(const PortFile&) = delete;
  PortFile& operator=(const PortFile&) = delete;

  void Write(std::span<const uint32_t> words);
  // All words are in the file, or status() says why not. Again: nothing happens.
  void Close();
  const Status& status() const { return status_; }

 private:
  PortFile(std::filesystem::path path, std::FILE* file);
  void Note(bool ok);

  std::filesystem::path path_;
  std::FILE* file_;
  Status status_;
};

}  // namespace csl::runtime

#endif  // RUNTIME_CORE_PORT_FILE_H_
