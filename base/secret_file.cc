// SPDX-License-Identifier: Apache-2.0
#include "base/secret_file.h"

#include "base/file.h"

namespace csl {

Status WriteSecretFile(const std::filesystem::path& path, std::string_view text) {
  const OwnersOnly owners_only;
  return WriteFileAtomic(path, text);
}

}  // namespace csl
