// SPDX-License-Identifier: Apache-2.0
// Whether the service can do its work: what it found when it last looked. A question costs nothing
// and waits for nothing, whoever asks, and a store that hangs shows as a look that is too old.
// Thread safe.
#ifndef APPLIANCE_HTTP_HEALTH_H_
#define APPLIANCE_HTTP_HEALTH_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "base/status.h"

namespace csl::appliance {

struct HealthOptions {
  std::filesystem::path state_dir;  // empty: its disk is not looked at
  uint64_t min_free_bytes = uint64_t{64} << 20;
  std::chrono::milliseconds longest_silence{10'000};  // between two looks
};

class Health {
 public:
  explicit Health(HealthOptions options) : options_(std::move(options)) {}

  // `store`: how the store did since the last look. `polling_workers`: how many workers' latest
  // polls are younger than their lease.
  void Look(const Status& store, int64_t polling_workers);

  // What is wrong, by check; "ok" for what is well. Sentences that strangers may read.
  using Findings = std::map<std::string, std::string>;
  Findings Now() const;
  static bool AllWell(const Findings& findings);

 private:
  std::string DiskFinding() const;

  const HealthOptions options_;
  mutable std::mutex mutex_;
  Findings findings_;
  std::chrono::steady_clock::time_point looked_;
};

// Of the file system that holds the path; 0 if that cannot be told.
uint64_t FreeBytes(const std::filesystem::path& path);

}  // namespace csl::appliance

#endif  // APPLIANCE_HTTP_HEALTH_H_
