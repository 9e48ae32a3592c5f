// SPDX-License-Identifier: Apache-2.0
#include "proto/worker_messages.h"

#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>

namespace csl::messages {
namespace {

using nlohmann::json;

constexpr size_t kShownBytes = 80;  // of a value that is wrong

template <typename T>
concept IsMessage = requires {
  typename T::IsMessage;
};
template <typename T>
constexpr bool kIsOptional = false;
template <typename T>
constexpr bool kIsOptional<std::optional<T>> = true;
template <typename T>
constexpr bool kIsList = false;
template <typename T>
constexpr bool kIsList<std::vector<T>> = true;

std::string_view TextOf(JobKind kind) { return JobKindText(kind); }
std::string_view TextOf(JobState state) { return JobStateText(state); }
std::string_view TextOf(EndReason reason) { return EndReasonText(reason); }

template <typename T>
json Write(const T& value) {
  if constexpr (IsMessage<T>) {
    json out = json::object();
    VisitFields(value, [&out](const char* name, const auto& member, Need) {
      if constexpr (kIsOptional<std::decay_t<decltype(member)>>) {
        if (member) out[name] = Write(*member);
      } else {
        out[name] = Write(member);
      }
    });
    return out;
  } else if constexpr (kIsList<T>) {
    json out = json::array();
    for (const auto& one : value) out.push_back(Write(one));
    return out;
  } else if constexpr (std::is_enum_v<T>) {
    return TextOf(value);
  } else {
    return value;
  }
}

Status Wrong(const std::string& path, const json& value, const std::string& wanted) {
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() > kShownBytes) text = text.substr(0, kShownBytes) + "...";
  return InvalidArgument((path.empty() ? "the body" : "'" + path + "'") + " is " + text +
                         "; must be " + wanted);
}

template <typename Int>
Status ReadNumber(const json& value, const std::string& path, Int& out) {
  constexpr int64_t kLeast = std::numeric_limits<Int>::min();
  constexpr int64_t kMost = std::numeric_limits<Int>::max();
  const bool is_whole =
      value.is_number_integer() &&
      !(value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(kMost)) &&
      value.get<int64_t>() >= kLeast && value.get<int64_t>() <= kMost;
  if (!is_whole) {
    return Wrong(path, value,
                 "a whole number from " + std::to_string(kLeast) + " to " + std::to_string(kMost));
  }
  out = static_cast<Int>(value.get<int64_t>());
  return OkStatus();
}

template <typename Enum>
Status ReadWord(const json& value, const std::string& path, Enum& out,
                StatusOr<Enum> (*parse)(std::string_view)) {
  if (!value.is_string()) return Wrong(path, value, "a string");
  const auto word = parse(value.get_ref<const std::string&>());
  if (!word.ok()) {
    const std::string& why = word.status().message();
    return Wrong(path, value, why.substr(why.find("one of ")));
  }
  out = *word;
  return OkStatus();
}

Status Read(const json& value, const std::string& path, int64_t& out) {
  return ReadNumber(value, path, out);
}
Status Read(const json& value, const std::string& path, int32_t& out) {
  return ReadNumber(value, path, out);
}
Status Read(const json& value, const std::string& path, bool& out) {
  if (!value.is_boolean()) return Wrong(path, value, "true or false");
  out = value.get<bool>();
  return OkStatus();
}
Status Read(const json& value, const std::string& path, std::string& out) {
  if (!value.is_string()) return Wrong(path, value, "a string");
  out = value.get<std::string>();
  return OkStatus();
}
Status Read(const json& value, const std::string& path, JobKind& out) {
  return ReadWord(value, path, out, &ParseJobKind);
}
Status Read(const json& value, const std::string& path, JobState& out) {
  return ReadWord(value, path, out, &ParseJobState);
}
Status Read(const json& value, const std::string& path, EndReason& out) {
  return ReadWord(value, path, out, &ParseEndReason);
}
template <IsMessage Message>
Status Read(const json& value, const std::string& path, Message& out);

template <typename T>
Status Read(const json& value, const std::string& path, std::optional<T>& out) {
  return Read(value, path, out.emplace());
}
template <typename T>
Status Read(const json& value, const std::string& path, std::vector<T>& out) {
  if (!value.is_array()) return Wrong(path, value, "a list");
  for (size_t i = 0; i < value.size(); ++i) {
    RETURN_IF_ERROR(Read(value[i], path + "[" + std::to_string(i) + "]", out.emplace_back()));
  }
  return OkStatus();
}

template <IsMessage Message>
Status Read(const json& value, const std::string& path, Message& out) {
  if (!value.is_object()) return Wrong(path, value, "an object");
  Status status;
  VisitFields(out, [&](const char* name, auto& member, Need need) {
    if (!status.ok()) return;
    const std::string inner = path.empty() ? name : path + "." + name;
    const auto it = value.find(name);
    if (it != value.end() && !it->is_null()) {
      status = Read(*it, inner, member);
    } else if (need == kAlways) {
      status = InvalidArgument("'" + inner + "' is missing");
    }
  });
  return status;
}

template <typename T>
struct Type;  // its word in openapi.def
template <>
struct Type<int64_t> {
  static std::string Text() { return "whole"; }
};
template <>
struct Type<int32_t> {
  static std::string Text() { return "whole"; }
};
template <>
struct Type<bool> {
  static std::string Text() { return "flag"; }
};
template <>
struct Type<std::string> {
  static std::string Text() { return "text"; }
};
template <>
struct Type<JobKind> {
  static std::string Text() { return "=compile|launch"; }
};
template <>
struct Type<JobState> {
  static std::string Text() { return "JobState"; }
};
template <>
struct Type<EndReason> {
  static std::string Text() { return "EndReason"; }
};
template <typename T>
struct Type<std::optional<T>> : Type<T> {};
template <typename T>
struct Type<std::vector<T>> {
  static std::string Text() { return Type<T>::Text() + "[]"; }
};
#define MESSAGE(message, about)                    \
  template <>                                      \
  struct Type<message> {                           \
    static std::string Text() { return #message; } \
  };
#define FIELD_AS(...)
#define END_OF(message)
#include "proto/worker_messages.def"

}  // namespace

template <typename Message>
json ToJson(const Message& message) {
  return Write(message);
}

template <typename Message>
StatusOr<Message> FromJson(const json& given) {
  Message message;
  RETURN_IF_ERROR(Read(given, "", message));
  return message;
}

template <typename Message>
std::string ToText(const Message& message) {
  return Write(message).dump(-1, ' ', false, json::error_handler_t::replace);
}

template <typename Message>
StatusOr<Message> FromText(std::string_view text) {
  const json given = json::parse(text, nullptr, false);
  if (given.is_discarded()) return InvalidArgument("the body is not JSON");
  return FromJson<Message>(given);
}

#define MESSAGE(message, about)                     \
  template json ToJson(const message&);             \
  template StatusOr<message> FromJson(const json&); \
  template std::string ToText(const message&);      \
  template StatusOr<message> FromText(std::string_view);
#define FIELD_AS(...)
#define END_OF(message)
#include "proto/worker_messages.def"

const std::vector<MessageInfo>& AllMessages() {
  static const std::vector<MessageInfo> all = {
// clang-format off
#define MESSAGE(message, about) {#message, about, {
#define FIELD_AS(type, member, name, need, about) {name, Type<type>::Text(), need, about},
#define END_OF(message) }},
#include "proto/worker_messages.def"
  };
  // clang-format on
  return all;
}

}  // namespace csl::messages
