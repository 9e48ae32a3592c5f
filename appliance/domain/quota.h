// SPDX-License-Identifier: Apache-2.0
// What a namespace or a user may have of the cluster at once.
#ifndef APPLIANCE_DOMAIN_QUOTA_H_
#define APPLIANCE_DOMAIN_QUOTA_H_

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "appliance/domain/job.h"
#include "base/status.h"

namespace csl::appliance {

enum class QuotaLimit {
#define QUOTA_LIMIT(name, text, what) name,
#include "appliance/domain/quota_limits.def"
#undef QUOTA_LIMIT
};
inline constexpr size_t kQuotaLimits = 0
#define QUOTA_LIMIT(name, text, what) +1
#include "appliance/domain/quota_limits.def"
#undef QUOTA_LIMIT
    ;
std::string_view QuotaLimitText(QuotaLimit limit);
const std::array<QuotaLimit, kQuotaLimits>& AllQuotaLimits();

enum class QuotaKind { kNamespace, kUser };
std::string_view QuotaKindText(QuotaKind kind);
StatusOr<QuotaKind> ParseQuotaKind(std::string_view text);

// Whom a quota is for.
struct QuotaSubject {
  QuotaKind kind = QuotaKind::kNamespace;
  std::string name;

  auto operator<=>(const QuotaSubject&) const = default;
  std::string Text() const;  // "namespace 'team-a'"
};

// How much of each there is, or may be.
class Amounts {
 public:
  int64_t& operator[](QuotaLimit limit) { return amounts_[static_cast<size_t>(limit)]; }
  int64_t operator[](QuotaLimit limit) const { return amounts_[static_cast<size_t>(limit)]; }
  Amounts& operator+=(const Amounts& other);

 private:
  std::array<int64_t, kQuotaLimits> amounts_{};
};
// Of one job while it runs.
Amounts AmountsOf(const Resources& wanted);

// The limits of a subject; what is absent is not bound.
using Quota = std::map<QuotaLimit, int64_t>;
using Quotas = std::map<QuotaSubject, Quota>;

// The first limit that `more` would break, in words; empty: it fits.
std::string WhatBreaks(const QuotaSubject& subject, const Quota& quota, const Amounts& used,
                       const Amounts& more);

}  // namespace csl::appliance

#endif  // APPLIANCE_DOMAIN_QUOTA_H_
