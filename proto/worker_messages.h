// SPDX-License-Identifier: Apache-2.0
// What a worker and the service say to each other: the structs of worker_messages.def, and their
// JSON. Plain values.
//
// Both sides read and write by these functions alone, so that a field is on both or on none. What
// is read may be anybody's: a failure is kInvalidArgument and names the field, its value and what
// it must be. Fields that are not known are passed over: a later release may send them.
#ifndef PROTO_WORKER_MESSAGES_H_
#define PROTO_WORKER_MESSAGES_H_

#include <concepts>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/status.h"
#include "proto/job_words.h"

namespace csl::messages {

enum Need { kPerhaps, kAlways };

// clang-format off
#define MESSAGE(message, about) \
  struct message {              \
    using IsMessage = void;
#define FIELD_AS(type, member, name, need, about) type member{};
#define END_OF(message)                                               \
    friend bool operator==(const message&, const message&) = default; \
  };
// clang-format on
#include "proto/worker_messages.def"

// Calls visit(name, member, need) for each field, in the order of the table.
#define MESSAGE(message, about)                          \
  template <typename M, typename Visitor>                \
  requires std::same_as<std::remove_const_t<M>, message> \
  void VisitFields(M& value, Visitor&& visit) {
#define FIELD_AS(type, member, name, need, about) visit(name, value.member, need);
#define END_OF(message) }
#include "proto/worker_messages.def"

// Of any message.
template <typename Message>
nlohmann::json ToJson(const Message& message);
template <typename Message>
StatusOr<Message> FromJson(const nlohmann::json& given);
// The same as text. Bytes that are not UTF-8 are replaced.
template <typename Message>
std::string ToText(const Message& message);
template <typename Message>
StatusOr<Message> FromText(std::string_view text);

struct FieldInfo {
  std::string name;
  std::string type;  // in the words of appliance/http/openapi.def
  Need need;
  std::string about;
};
struct MessageInfo {
  std::string name;
  std::string about;
  std::vector<FieldInfo> fields;
};
const std::vector<MessageInfo>& AllMessages();

}  // namespace csl::messages

#endif  // PROTO_WORKER_MESSAGES_H_
