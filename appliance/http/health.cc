// SPDX-License-Identifier: Apache-2.0
#include "appliance/http/health.h"

#include <sys/statvfs.h>

#include <algorithm>

namespace csl::appliance {
namespace {

constexpr char kOk[] = "ok";

}  // namespace

uint64_t FreeBytes(const std::filesystem::path& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return 0;
  return uint64_t{info.f_bavail} * info.f_frsize;
}

std::string Health::DiskFinding() const {
  if (options_.state_dir.empty() || FreeBytes(options_.state_dir) >= options_.min_free_bytes) {
    return kOk;
  }
  return "the disk of the state folder is full";
}

void Health::Look(const Status& store, int64_t polling_workers) {
  Findings found;
  found["store"] = store.ok() ? kOk : "the store fails";
  found["disk"] = DiskFinding();
  found["workers"] = polling_workers > 0 ? kOk : "no worker polls";
  std::lock_guard lock(mutex_);
  findings_ = std::move(found);
  looked_ = std::chrono::steady_clock::now();
}

Health::Findings Health::Now() const {
  std::lock_guard lock(mutex_);
  if (findings_.empty()) return {{"store", "the service is starting"}};
  Findings found = findings_;
  if (std::chrono::steady_clock::now() - looked_ > options_.longest_silence) {
    found["store"] = "the store does not answer";
  }
  return found;
}

bool Health::AllWell(const Findings& findings) {
  return std::all_of(findings.begin(), findings.end(),
                     [](const auto& one) { return one.second == kOk; });
}

}  // namespace csl::appliance
