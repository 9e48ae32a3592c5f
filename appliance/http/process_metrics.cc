// SPDX-License-Identifier: Apache-2.0
#include "appliance/http/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace csl::appliance {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// The number behind "NAME:" in /proc/self/status.
double StatusNumber(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1));
  }
  return 0;
}

double OpenDescriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator all("/proc/self/fd", error);
  // One of them is this look's own.
  return error ? 0 : static_cast<double>(std::distance(begin(all), end(all)) - 1);
}

double NowSeconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

const double g_start_seconds = NowSeconds();

}  // namespace

void WriteProcessMetrics(MetricsText& text) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  constexpr double kKib = 1024;
  text.One("process_cpu_seconds_total", "counter", "Processor time, user and system.",
           Seconds(usage.ru_utime) + Seconds(usage.ru_stime));
  text.One("process_resident_memory_bytes", "gauge", "Memory in use.",
           StatusNumber("VmRSS") * kKib);
  text.One("process_threads", "gauge", "Threads.", StatusNumber("Threads"));
  text.One("process_open_fds", "gauge", "Open descriptors.", OpenDescriptors());
  text.One("process_max_fds", "gauge", "How many may be open.",
           static_cast<double>(files.rlim_cur));
  text.One("process_start_time_seconds", "gauge", "Start, in seconds since 1970.", g_start_seconds);
}

}  // namespace csl::appliance
