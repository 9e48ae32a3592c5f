// SPDX-License-Identifier: Apache-2.0
// Where the embedded appliance keeps its socket, token, database and blobs: one folder a user,
// which only he can enter, on a file system that a database may lie on.
#ifndef CLIENT_NATIVE_STATE_FOLDER_H_
#define CLIENT_NATIVE_STATE_FOLDER_H_

#include <filesystem>

#include "base/status.h"
#include "client/native/endpoint.h"

namespace csl::client {

// Below $XDG_RUNTIME_DIR, else ~/.local/state, else /var/tmp; made if it does not exist, mode 0700.
// A folder of somebody else's, a link, or one whose name leaves no room for a socket is an error.
// A place that cannot be written, is full, or where SQLite's write-ahead log does not work (see
// base/database_folder.h) is passed over; if all are, the error says why of each. A folder that
// holds a database already is used though its disk is full.
StatusOr<std::filesystem::path> StateFolder(const Environment& environment);

}  // namespace csl::client

#endif  // CLIENT_NATIVE_STATE_FOLDER_H_
