// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz entry point on the seeds and on deterministic variants of them.
//
//   x_fuzz [--count=N] [--first=N] [--seconds=N] [--limit=SECONDS] FOLDER_OR_FILE...
//
// Folders hold seeds; files alone are run as they are. What makes the entry point crash, or run
// longer than the limit, is named and left in the file `crash.csl` of $TEST_UNDECLARED_OUTPUTS_DIR
// or of the working folder.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "compiler/testing/fuzz.h"
#include "compiler/testing/program_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

struct Arguments {
  uint64_t count = 0;
  uint64_t first = 0;
  uint64_t seconds = 0;  // 0: until the count
  unsigned limit = 10;
  std::vector<std::string> folders;
  std::vector<std::string> files;
};

// Of the input that is running, for the handlers.
const std::string* running = nullptr;
std::string crash_path;  // NOLINT: set once

void SaveRunning() {
  if (running == nullptr) return;
  const int file = ::open(crash_path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
  if (file < 0) return;
  const bool is_saved = ::write(file, running->data(), running->size()) >= 0;
  ::close(file);
  std::fprintf(stderr, "fuzz: the input is %s %s\n", is_saved ? "in" : "not in",
               crash_path.c_str());
  running = nullptr;
}

void OnSignal(int signal) {
  std::fprintf(stderr, "fuzz: %s\n", signal == SIGALRM ? "too slow" : "crashed");
  SaveRunning();
  std::signal(signal, SIG_DFL);
  std::raise(signal == SIGALRM ? SIGABRT : signal);
}

bool ReadArguments(int argc, char** argv, Arguments* out) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const auto value = [&] { return std::strtoull(argument.c_str() + equals + 1, nullptr, 10); };
    if (argument.rfind("--", 0) != 0) {
      (std::filesystem::is_directory(argument) ? out->folders : out->files).push_back(argument);
    } else if (name == "--count") {
      out->count = value();
    } else if (name == "--first") {
      out->first = value();
    } else if (name == "--seconds") {
      out->seconds = value();
    } else if (name == "--limit") {
      out->limit = static_cast<unsigned>(value());
    } else {
      return false;
    }
  }
  return !out->folders.empty() || !out->files.empty();
}

}  // namespace

int main(int argc, char** argv) {
  using csl::testing::Mutate;
  Arguments arguments;
  if (!ReadArguments(argc, argv, &arguments)) {
    std::fprintf(stderr, "usage: fuzz [--count=N] [--first=N] [--seconds=N] [--limit=N] PATH...\n");
    return 2;
  }
  const char* outputs = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  crash_path = std::string(outputs == nullptr ? "." : outputs) + "/crash.csl";
  for (const int signal : {SIGALRM, SIGABRT, SIGSEGV, SIGFPE, SIGILL}) {
    if (signal == SIGALRM || __sanitizer_set_death_callback == nullptr) {
      std::signal(signal, OnSignal);
    }
  }
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(SaveRunning);
    std::signal(SIGABRT, OnSignal);
  }
  const auto run = [&](const std::string& text) {
    running = &text;
    ::alarm(arguments.limit);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    ::alarm(0);
    running = nullptr;
  };
  for (const std::string& file : arguments.files) run(csl::ReadTextFile(file).value());
  if (arguments.folders.empty()) return 0;
  const std::vector<std::string> seeds = csl::testing::ReadSeeds(arguments.folders);
  for (const std::string& seed : seeds) run(seed);
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::seconds(arguments.seconds);
  uint64_t done = 0;
  for (; done < arguments.count || (arguments.seconds != 0 && Clock::now() < end); ++done) {
    run(Mutate(seeds, arguments.first + done));
  }
  std::printf("%zu seeds, %llu variants\n", seeds.size(), static_cast<unsigned long long>(done));
  return 0;
}
