// SPDX-License-Identifier: Apache-2.0
// `cs-worker join LINE`: makes a worker's token and configuration from the line that its service
// printed.
#ifndef WORKER_SERVER_JOIN_H_
#define WORKER_SERVER_JOIN_H_

namespace csl::worker {

// Of a command line whose first word is "join". The program's exit code.
int JoinMain(int argc, char** argv);

}  // namespace csl::worker

#endif  // WORKER_SERVER_JOIN_H_
