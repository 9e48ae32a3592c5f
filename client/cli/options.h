// SPDX-License-Identifier: Apache-2.0
// What a command line of csctl says, and the form of what carries it out.
#ifndef CLIENT_CLI_OPTIONS_H_
#define CLIENT_CLI_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/native/service.h"

namespace csl::cli {

struct Options {
  std::string format = "table";
  std::string name_space;
  std::string id;                  // of a job, worker or token; a name
  std::string value;               // of what is set
  std::string state;               // of jobs to list
  std::vector<std::string> words;  // changes of labels; a command
  std::vector<std::string> namespaces;
  int64_t expires_s = 0;
  bool all = false;
  bool show_events = false;
  bool raw = false;
  bool follow = false;
  int exit_code = 0;  // of csctl, where the command ends well but says more than that
};

using Command = Status (*)(client::Service& service, Options& options);
// One that needs no appliance.
using LocalCommand = Status (*)(Options& options);

// job_commands.cc
Status GetJobs(client::Service& service, Options& options);
Status GetJob(client::Service& service, Options& options);
Status CancelJob(client::Service& service, Options& options);
Status LabelJob(client::Service& service, Options& options);
Status SetPriority(client::Service& service, Options& options);
Status ShowLog(client::Service& service, Options& options);

// cluster_commands.cc
Status GetCluster(client::Service& service, Options& options);
Status GetWorkers(client::Service& service, Options& options);
Status Drain(client::Service& service, Options& options);
Status Cordon(client::Service& service, Options& options);
Status Uncordon(client::Service& service, Options& options);
Status RunDoctor(client::Service& service, Options& options);
Status ShowVersion(client::Service& service, Options& options);

// access_commands.cc
Status CreateToken(client::Service& service, Options& options);
Status ListTokens(client::Service& service, Options& options);
Status RevokeToken(client::Service& service, Options& options);
Status Sessions(client::Service& service, Options& options);
Status ViewConfig(Options& options);

// attach.cc: one command of `words`, or those that standard input has, one a line.
Status Attach(client::Service& service, Options& options);

}  // namespace csl::cli

#endif  // CLIENT_CLI_OPTIONS_H_
