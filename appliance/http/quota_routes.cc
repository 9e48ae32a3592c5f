// SPDX-License-Identifier: Apache-2.0
// Routes about quotas.
#include "appliance/http/api.h"

namespace csl::appliance {
namespace {

using nlohmann::json;

StatusOr<QuotaSubject> SubjectOf(const Context& context) {
  QuotaSubject subject;
  ASSIGN_OR_RETURN(subject.kind, ParseQuotaKind(context.Param(0)));
  subject.name = context.Param(1);
  return subject;
}

json QuotaJson(const QuotaView& view) {
  json limits = json::object();
  json used = json::object();
  for (const QuotaLimit limit : AllQuotaLimits()) {
    const std::string name(QuotaLimitText(limit));
    if (const auto it = view.quota.find(limit); it != view.quota.end()) limits[name] = it->second;
    used[name] = view.used[limit];
  }
  return {{"kind", QuotaKindText(view.subject.kind)},
          {"name", view.subject.name},
          {"limits", limits},
          {"used", used}};
}

}  // namespace

Status Api::ListQuotas(Context& context) {
  ASSIGN_OR_RETURN(const auto views, service_.ListQuotas(context.who));
  json list = json::array();
  for (const QuotaView& view : views) list.push_back(QuotaJson(view));
  context.Reply(200, {{"quotas", list}});
  return OkStatus();
}

Status Api::SetQuota(Context& context) {
  ASSIGN_OR_RETURN(const QuotaSubject subject, SubjectOf(context));
  ASSIGN_OR_RETURN(const json body, context.Json());
  Quota quota;
  for (const auto& [name, value] : body.items()) {
    bool known = false;
    for (const QuotaLimit limit : AllQuotaLimits()) known = known || name == QuotaLimitText(limit);
    if (!known) return InvalidArgument("a quota has no '" + name + "'");
  }
  for (const QuotaLimit limit : AllQuotaLimits()) {
    const std::string name(QuotaLimitText(limit));
    if (!body.contains(name) || body[name].is_null()) continue;
    ASSIGN_OR_RETURN(quota[limit], NumberField(body, name.c_str(), 0));
  }
  if (quota.empty()) return InvalidArgument("a quota needs a limit; DELETE removes one");
  RETURN_IF_ERROR(service_.SetQuota(context.who, subject, quota));
  return ReplyQuota(context, subject);
}

Status Api::RemoveQuota(Context& context) {
  ASSIGN_OR_RETURN(const QuotaSubject subject, SubjectOf(context));
  RETURN_IF_ERROR(service_.SetQuota(context.who, subject, {}));
  context.Reply(200, json::object());
  return OkStatus();
}

Status Api::ReplyQuota(Context& context, const QuotaSubject& subject) {
  ASSIGN_OR_RETURN(const auto views, service_.ListQuotas(context.who));
  for (const QuotaView& view : views) {
    if (view.subject == subject) context.Reply(200, QuotaJson(view));
  }
  return OkStatus();
}

}  // namespace csl::appliance
