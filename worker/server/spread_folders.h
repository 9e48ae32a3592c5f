// SPDX-License-Identifier: Apache-2.0
// A hint to ext4 for a folder whose subfolders are unrelated.
#ifndef WORKER_SERVER_SPREAD_FOLDERS_H_
#define WORKER_SERVER_SPREAD_FOLDERS_H_

#include <filesystem>

namespace csl::worker {

// Makes ext4 place new subfolders of `folder` in different block groups. ext4 does not reuse an
// inode for a minute after its file was deleted, and checks every such inode when it looks for a
// free one. If all jobs shared one block group, deleting thousands of their files would make each
// new file as expensive as starting a process. Returns false if the file system has no such hint.
bool SpreadFolders(const std::filesystem::path& folder);

}  // namespace csl::worker

#endif  // WORKER_SERVER_SPREAD_FOLDERS_H_
