// SPDX-License-Identifier: Apache-2.0
// Fields of a JSON object from elsewhere: what is missing, or of another type, is empty or zero.
// For .cc files: the JSON library is heavy.
#ifndef CLIENT_NATIVE_FIELDS_H_
#define CLIENT_NATIVE_FIELDS_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/status.h"

namespace csl::client {

inline std::string TextField(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return "";
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

inline int64_t NumberField(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return 0;
  const auto it = object.find(name);
  return it != object.end() && it->is_number_integer() ? it->get<int64_t>() : 0;
}

inline nlohmann::json ListField(const nlohmann::json& object, const char* name) {
  if (object.is_object()) {
    const auto it = object.find(name);
    if (it != object.end() && it->is_array()) return *it;
  }
  return nlohmann::json::array();
}

// The answer of a service as a JSON object.
inline StatusOr<nlohmann::json> ParseObject(const std::string& text) {
  nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  if (!value.is_object()) return Unavailable("the appliance's answer is not a JSON object");
  return value;
}

}  // namespace csl::client

#endif  // CLIENT_NATIVE_FIELDS_H_
