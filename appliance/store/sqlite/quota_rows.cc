// SPDX-License-Identifier: Apache-2.0
#include "appliance/store/sqlite/rows.h"

namespace csl::appliance::rows {
namespace {

StatusOr<QuotaLimit> ParseLimit(const std::string& text) {
  for (const QuotaLimit limit : AllQuotaLimits()) {
    if (QuotaLimitText(limit) == text) return limit;
  }
  return DataLoss("a quota's row names '" + text + "', which no quota has");
}

}  // namespace

StatusOr<int64_t> BlobBytes(Database& db, const QuotaSubject& subject) {
  const std::string column = subject.kind == QuotaKind::kUser ? "user" : "namespace";
  ASSIGN_OR_RETURN(
      Query query,
      db.Run("SELECT COALESCE(SUM(size_bytes), 0) FROM blob_references WHERE " + column + " = ?",
             {subject.name}));
  ASSIGN_OR_RETURN(const bool row, query.Step());
  return row ? query.Int(0) : 0;
}

Status PutQuota(Database& db, const QuotaSubject& subject, const Quota& quota) {
  const SqlValue kind = SqlText(QuotaKindText(subject.kind));
  RETURN_IF_ERROR(db.Do("DELETE FROM quotas WHERE kind = ? AND name = ?", {kind, subject.name}));
  for (const auto& [limit, most] : quota) {
    RETURN_IF_ERROR(db.Do("INSERT INTO quotas VALUES (?, ?, ?, ?)",
                          {kind, subject.name, SqlText(QuotaLimitText(limit)), most}));
  }
  return OkStatus();
}

StatusOr<Quotas> AllQuotas(Database& db) {
  ASSIGN_OR_RETURN(Query query, db.Run("SELECT kind, name, what, most FROM quotas"));
  Quotas all;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, query.Step());
    if (!more) return all;
    QuotaSubject subject;
    ASSIGN_OR_RETURN(subject.kind, ParseQuotaKind(query.Text(0)));
    subject.name = query.Text(1);
    ASSIGN_OR_RETURN(const QuotaLimit limit, ParseLimit(query.Text(2)));
    all[subject][limit] = query.Int(3);
  }
}

}  // namespace csl::appliance::rows
