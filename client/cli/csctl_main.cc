// SPDX-License-Identifier: Apache-2.0
// csctl: jobs and workers of an appliance, for operators.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <iostream>

#include "base/file.h"
#include "base/version.h"
#include "client/cli/escape.h"
#include "client/cli/options.h"
#include "client/cli/quotas.h"
#include "client/cli/words.h"
#include "client/native/connect.h"

namespace csl::cli {
namespace {

struct Chosen {
  Command command = nullptr;
  LocalCommand local = nullptr;
};

// The commands as they stand on the command line; each sets what is to be done.
class Verbs {
 public:
  Verbs(CLI::App& app, Options& options, Chosen& chosen)
      : app_(app), options_(options), chosen_(chosen) {
    AddGet();
    AddJobs();
    AddWorkers();
    AddAccess();
    AddOthers();
  }

 private:
  CLI::App* Group(CLI::App& parent, const char* name, const char* help) {
    CLI::App* group = parent.add_subcommand(name, help);
    group->require_subcommand(1);
    group->fallthrough();
    return group;
  }
  CLI::App* On(CLI::App* parent, const char* name, const char* help, Command what) {
    CLI::App* command = parent->add_subcommand(name, help);
    command->fallthrough();  // -n stands before or after
    command->callback([this, what] { chosen_.command = what; });
    return command;
  }
  CLI::App* OnId(CLI::App* parent, const char* name, const char* help, Command what,
                 const char* id = "Its id") {
    CLI::App* command = On(parent, name, help, what);
    command->add_option("id", options_.id, id)->required();
    return command;
  }
  void AddFormat(CLI::App* command) {
    command->add_option("-o,--output", options_.format, "table, json or yaml")
        ->check(CLI::IsMember({"table", "json", "yaml"}));
  }
  void AddList(CLI::App* jobs) {
    jobs->add_flag("-a,--all,--all-states", options_.all, "Also those that have ended");
    jobs->add_option("--state", options_.state, "Only those in these states, separated by commas");
    AddFormat(jobs);
  }
  void AddOne(CLI::App* job) {
    job->add_flag("--show-events", options_.show_events, "Also its events");
    AddFormat(job);
  }
  void AddLabels(CLI::App* label) {
    label->add_option("changes", options_.words, "KEY=VALUE sets, KEY- removes")->required();
  }

  void AddGet() {
    CLI::App* get = Group(app_, "get", "Shows jobs, one job, workers or the cluster");
    AddList(On(get, "jobs", "Jobs, newest first", GetJobs));
    AddOne(OnId(get, "job", "One job", GetJob));
    CLI::App* workers = On(get, "workers", "Workers", GetWorkers);
    workers->add_flag("-a,--all", options_.all, "Also those that are lost");
    AddFormat(workers);
    AddFormat(On(get, "cluster", "Total and used resources", GetCluster));
  }
  void AddJobs() {
    OnId(Group(app_, "cancel", "Ends a job"), "job", "Ends a job", CancelJob);
    AddLabels(OnId(Group(app_, "label", "Sets and removes labels"), "job", "Of one job", LabelJob));
    CLI::App* job = Group(app_, "job", "One job or several");
    AddList(On(job, "list", "As get jobs", GetJobs));
    AddOne(OnId(job, "get", "As get job", GetJob));
    OnId(job, "cancel", "As cancel job", CancelJob);
    AddLabels(OnId(job, "label", "As label job", LabelJob));
    OnId(job, "set-priority", "Sets the priority of a waiting job", SetPriority)
        ->add_option("priority", options_.value, "p0 to p3, or 0 to 399; smaller runs first")
        ->required();
    for (const char* name : {"log-export", "logs"}) {
      CLI::App* log = OnId(&app_, name, "Prints a job's log", ShowLog, "The job's id");
      log->add_flag("--raw", options_.raw, "Does not escape control characters");
      log->add_flag("-f,--follow", options_.follow, "Continues until the job has ended");
    }
    CLI::App* attach = OnId(&app_, "attach",
                            "Runs commands in a session: the words that follow, or "
                            "each line of standard input",
                            Attach, "The job's id");
    attach->add_flag("--raw", options_.raw, "Does not escape control characters");
    // All behind the id is the command's, options too.
    attach->fallthrough(false);
    attach->prefix_command();
    attach->callback([this, attach] {
      options_.words = attach->remaining();
      chosen_.command = Attach;
    });
  }
  void AddWorkers() {
    constexpr char kWhich[] = "Its name or id";
    OnId(&app_, "drain", "Gives a worker no new jobs", Drain, kWhich);
    OnId(&app_, "cordon", "As drain", Cordon, kWhich);
    OnId(&app_, "uncordon", "Allows new jobs on a worker again", Uncordon, kWhich);
    On(&app_, "doctor", "Tries to escape from a session on each worker", RunDoctor);
  }
  void AddAccess() {
    CLI::App* token = Group(app_, "token", "Tokens of users and workers");
    CLI::App* create = On(token, "create", "A new token", CreateToken);
    create->add_option("--role", options_.value, "admin, user, worker or monitor")
        ->check(CLI::IsMember({"admin", "user", "worker", "monitor"}))
        ->required();
    create->add_option("--user", options_.id, "The user; for a worker's token, the worker's name")
        ->required();
    create
        ->add_option("--namespaces", options_.namespaces,
                     "Namespaces it may use, separated by commas; *: all")
        ->delimiter(',');
    create->add_option("--expires-s", options_.expires_s, "Seconds until it expires; 0: never");
    AddFormat(create);
    CLI::App* list = On(token, "list", "Tokens, without their texts", ListTokens);
    list->add_flag("-a,--all", options_.all, "Also those that are no longer valid");
    AddFormat(list);
    OnId(token, "revoke", "Revokes a token", RevokeToken);
    CLI::App* session = Group(app_, "session", "Sessions, which are namespaces");
    for (const char* name : {"list", "create", "delete"}) {
      On(session, name, "Not supported yet", Sessions)->add_option("name", options_.id, "Its name");
    }
    CLI::App* view = Group(app_, "config", "Which appliance is used")
                         ->add_subcommand("view", "Shows it, without connecting to it");
    view->callback([this] { chosen_.local = ViewConfig; });
    AddFormat(view);
  }
  void AddOthers();

  CLI::App& app_;
  Options& options_;
  Chosen& chosen_;
};

std::string PathOf(const CLI::App* command) {
  std::string path;
  for (; command->get_parent() != nullptr; command = command->get_parent()) {
    path = command->get_name() + (path.empty() ? "" : " ") + path;
  }
  return path;
}

void ListVerbs(const CLI::App& at, std::vector<Verb>& verbs) {
  Verb verb{PathOf(&at), {}, {}};
  for (const CLI::Option* option : at.get_options()) {
    for (const std::string& name : option->get_snames()) verb.options.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) verb.options.push_back("--" + name);
  }
  const auto below = at.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : below) verb.below.push_back(command->get_name());
  verbs.push_back(std::move(verb));
  for (const CLI::App* command : below) ListVerbs(*command, verbs);
}

std::vector<Verb> AllVerbs(const CLI::App& app) {
  std::vector<Verb> verbs;
  ListVerbs(app, verbs);
  return verbs;
}

void Verbs::AddOthers() {
  On(&app_, "version", "Versions of client and server", ShowVersion);
  CLI::App* completion = Group(app_, "completion", "Shell completion");
  completion->add_subcommand("bash", "A script for bash: source <(csctl completion bash)")
      ->callback([this] {
        std::cout << BashCompletion(AllVerbs(app_));
        chosen_.local = [](Options&) { return OkStatus(); };
      });
}

// The words on the command line up to the first that no command is named by: "job set-priority".
// Empty if all are known.
std::string UnknownCommand(const CLI::App& app, int argc, char** argv) {
  const CLI::App* at = &app;
  std::string words;
  for (int n = 1; n < argc; ++n) {
    const std::string word = argv[n];
    if (word.starts_with('-')) {
      const bool takes_value = word == "-n" || word == "--namespace" || word == "-o";
      if (takes_value) ++n;
      continue;
    }
    const auto below = at->get_subcommands([](const CLI::App*) { return true; });
    if (below.empty()) return "";
    words += (words.empty() ? "" : " ") + word;
    const auto found = std::find_if(below.begin(), below.end(), [&](const CLI::App* command) {
      return command->get_name() == word;
    });
    if (found == below.end()) return words;
    at = *found;
  }
  return "";
}

// What was wrong with the command line, and what may have been meant.
std::string Explain(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  const std::string unknown = UnknownCommand(app, argc, argv);
  if (unknown.empty()) return error.what();
  std::string near;
  for (const std::string& one : NearCommands(unknown, AllVerbs(app))) {
    near += (near.empty() ? "; near it: " : ", ") + one;
  }
  return "csctl has no '" + unknown + "'" + near;
}

int Report(const Status& status) {
  if (status.ok()) return 0;
  std::cerr << "csctl: " << EscapeControls(status.message()) << std::endl;
  return StatusCodeToExitCode(status.code());
}

// The command line, from its end, as the parser takes it. It would keep words behind "--" from the
// command that takes all that follows.
std::vector<std::string> Reversed(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const auto attach = std::find(words.begin(), words.end(), "attach");
  const auto dashes = std::find(attach, words.end(), "--");
  if (dashes != words.end()) words.erase(dashes);
  std::reverse(words.begin(), words.end());
  return words;
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Jobs and workers of an appliance: the one at CS_APPLIANCE_URL (token in "
      "CS_APPLIANCE_TOKEN_FILE), or in ~/.config/csl-appliance/config.json, or this user's own.",
      "csctl");
  app.require_subcommand(1);
  Options options;
  Chosen chosen;
  Action action;
  app.add_option("-n,--namespace", options.name_space, "Only this namespace");
  app.set_version_flag("--version", std::string("csctl ") + kVersion);
  const Verbs verbs(app, options, chosen);
  AddQuotaCommands(app, action);
  try {
    app.parse(Reversed(argc, argv));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
    std::cerr << "csctl: " << EscapeControls(Explain(app, error, argc, argv))
              << "; csctl --help lists the commands" << std::endl;
    return 2;
  }
  if (chosen.local != nullptr) return Report(chosen.local(options));

  const auto prefix = InstallPrefix();
  const auto program = client::FindAppliance(prefix.ok() ? *prefix : "", client::SystemEnvironment);
  const auto connected = client::Connect(program, kVersion);
  if (!connected.ok()) return Report(connected.status());
  if (action) return Report(action(*connected->service));
  const int failed = Report(chosen.command(*connected->service, options));
  return failed != 0 ? failed : options.exit_code;
}

}  // namespace
}  // namespace csl::cli

int main(int argc, char** argv) { return csl::cli::Main(argc, argv); }
