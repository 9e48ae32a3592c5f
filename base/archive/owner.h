// SPDX-License-Identifier: Apache-2.0
// Giving a tree that we made to the user who is to work in it.
#ifndef BASE_ARCHIVE_OWNER_H_
#define BASE_ARCHIVE_OWNER_H_

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/status.h"

namespace csl::archive {

// Makes `id` user and group of all entries of the folder `root`, itself included; links are not
// followed. For a tree as Extract leaves it, in which nobody else writes yet. `stop`, if set, is
// asked at every entry and ends it with kCancelled.
Status GiveTree(const std::filesystem::path& root, uint32_t id,
                const std::function<bool()>& stop = nullptr);

}  // namespace csl::archive

#endif  // BASE_ARCHIVE_OWNER_H_
