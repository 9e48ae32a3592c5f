// SPDX-License-Identifier: Apache-2.0
#include "appliance/domain/quota.h"

namespace csl::appliance {
namespace {

struct LimitRow {
  std::string_view text;
  std::string_view what;
};

constexpr LimitRow kRows[] = {
#define QUOTA_LIMIT(name, text, what) {text, what},
#include "appliance/domain/quota_limits.def"
#undef QUOTA_LIMIT
};

constexpr std::string_view kKinds[] = {"namespace", "user"};

}  // namespace

std::string_view QuotaLimitText(QuotaLimit limit) { return kRows[static_cast<size_t>(limit)].text; }

const std::array<QuotaLimit, kQuotaLimits>& AllQuotaLimits() {
  static constexpr std::array<QuotaLimit, kQuotaLimits> kAll = {
#define QUOTA_LIMIT(name, text, what) QuotaLimit::name,
#include "appliance/domain/quota_limits.def"
#undef QUOTA_LIMIT
  };
  return kAll;
}

std::string_view QuotaKindText(QuotaKind kind) { return kKinds[static_cast<size_t>(kind)]; }

StatusOr<QuotaKind> ParseQuotaKind(std::string_view text) {
  if (text == kKinds[0]) return QuotaKind::kNamespace;
  if (text == kKinds[1]) return QuotaKind::kUser;
  return InvalidArgument("a quota is for '" + std::string(text) + "'; must be namespace or user");
}

std::string QuotaSubject::Text() const {
  return std::string(QuotaKindText(kind)) + " '" + name + "'";
}

Amounts& Amounts::operator+=(const Amounts& other) {
  for (const QuotaLimit limit : AllQuotaLimits()) (*this)[limit] += other[limit];
  return *this;
}

Amounts AmountsOf(const Resources& wanted) {
  Amounts amounts;
  amounts[QuotaLimit::kRunningJobs] = 1;
  amounts[QuotaLimit::kCpuMilli] = wanted.cpu_milli;
  amounts[QuotaLimit::kMemBytes] = wanted.mem_bytes;
  amounts[QuotaLimit::kSystems] = wanted.systems;
  return amounts;
}

std::string WhatBreaks(const QuotaSubject& subject, const Quota& quota, const Amounts& used,
                       const Amounts& more) {
  for (const auto& [limit, most] : quota) {
    if (more[limit] == 0 || used[limit] + more[limit] <= most) continue;
    return subject.Text() + " may have " + std::to_string(most) + " " +
           std::string(kRows[static_cast<size_t>(limit)].what) + ", has " +
           std::to_string(used[limit]) + " and would need " + std::to_string(more[limit]) + " more";
  }
  return "";
}

}  // namespace csl::appliance
