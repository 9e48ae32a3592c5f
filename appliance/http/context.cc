// SPDX-License-Identifier: Apache-2.0
#include "appliance/http/context.h"

#include <algorithm>
#include <charconv>

namespace csl::appliance {
namespace {

using nlohmann::json;

StatusOr<int64_t> ParseNumber(const std::string& what, const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    return InvalidArgument(what + " is '" + text + "'; must be a whole number of at least 0");
  }
  return value;
}

// Deep nesting is refused before it is parsed. Brackets inside strings count too: harmless.
bool TooDeep(std::string_view text) {
  int depth = 0;
  for (const char c : text) {
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth > kMaxJsonDepth) return true;
  }
  return false;
}

Status WrongType(const char* name, const json& value, const char* wanted) {
  return InvalidArgument("'" + std::string(name) + "' is " +
                         value.dump(-1, ' ', true, json::error_handler_t::replace) + "; must be " +
                         wanted);
}

}  // namespace

StatusOr<int64_t> Context::Number(const char* name, int64_t fallback, int64_t max) const {
  if (!request.has_param(name)) return fallback;
  ASSIGN_OR_RETURN(const int64_t value, ParseNumber(name, Query(name)));
  if (value > max) {
    return InvalidArgument(std::string(name) + " is " + std::to_string(value) + "; must be 0 to " +
                           std::to_string(max));
  }
  return value;
}

StatusOr<int64_t> Context::NumberParam(size_t n) const {
  return ParseNumber("a number in the path", Param(n));
}

StatusOr<int64_t> Context::WaitMs() const { return Number("wait_ms", 0, kMaxWaitMs); }

StatusOr<std::string> Context::IdempotencyKey() const {
  constexpr char kField[] = "Idempotency-Key";
  const size_t count = request.get_header_value_count(kField);
  if (count == 0) return std::string();
  std::string key = request.get_header_value(kField);
  if (count == 1 && !key.empty()) return key;
  return InvalidArgument(count > 1 ? "there must be one Idempotency-Key at most"
                                   : "the Idempotency-Key is empty; must be a non-empty one, or "
                                     "no such field");
}

Status Context::Body(const std::function<Status(std::string_view)>& receiver) const {
  CHECK(reader != nullptr) << "a route without a body";
  Status status;
  const bool whole = (*reader)([&](const char* data, size_t size) {
    status = receiver(std::string_view(data, size));
    return status.ok();
  });
  if (status.ok() && !whole) status = Aborted("the request's body ended early");
  return status;
}

StatusOr<json> Context::Json() const {
  std::string text;
  RETURN_IF_ERROR(Body([&text](std::string_view piece) {
    if (text.size() + piece.size() > kMaxJsonBytes) {
      return ResourceExhausted("a JSON body may have " + std::to_string(kMaxJsonBytes) + " bytes");
    }
    text += piece;
    return OkStatus();
  }));
  if (text.empty()) return json::object();
  if (TooDeep(text)) {
    return InvalidArgument("the JSON body is nested more than " + std::to_string(kMaxJsonDepth) +
                           " deep");
  }
  json body = json::parse(text, nullptr, false);
  if (!body.is_object()) return InvalidArgument("the body must be a JSON object");
  return body;
}

void Context::Reply(int status, const json& body) const {
  response.status = status;
  response.set_content(body.dump(-1, ' ', false, json::error_handler_t::replace),
                       "application/json");
}

void Context::ReplyBytes(std::string bytes, const std::string& type) const {
  response.status = 200;
  response.set_content(std::move(bytes), type.c_str());
}

StatusOr<std::string> TextField(const json& object, const char* name, const std::string& fallback) {
  const auto it = object.find(name);
  if (it == object.end() || it->is_null()) return fallback;
  if (!it->is_string()) return WrongType(name, *it, "a string");
  return it->get<std::string>();
}

StatusOr<int64_t> NumberField(const json& object, const char* name, int64_t fallback) {
  const auto it = object.find(name);
  if (it == object.end() || it->is_null()) return fallback;
  if (!it->is_number_integer() || (it->is_number_unsigned() && it->get<uint64_t>() > INT64_MAX)) {
    return WrongType(name, *it, "a whole number");
  }
  return it->get<int64_t>();
}

StatusOr<bool> BoolField(const json& object, const char* name, bool fallback) {
  const auto it = object.find(name);
  if (it == object.end() || it->is_null()) return fallback;
  if (!it->is_boolean()) return WrongType(name, *it, "true or false");
  return it->get<bool>();
}

}  // namespace csl::appliance
