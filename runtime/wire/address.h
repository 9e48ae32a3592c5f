// SPDX-License-Identifier: Apache-2.0
// "IP:PORT", the form of a CS system's address (`--cmaddr`).
#ifndef RUNTIME_WIRE_ADDRESS_H_
#define RUNTIME_WIRE_ADDRESS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace csl::runtime::wire {

struct Address {
  std::string host;  // a name or a number, without brackets
  uint16_t port = 0;

  std::string ToString() const;  // "127.0.0.1:9000", "[::1]:9000"
  friend bool operator==(const Address&, const Address&) = default;
};

// "127.0.0.1:9000", "name:9000", "[::1]:9000". kInvalidArgument shows the text and the form wanted.
StatusOr<Address> ParseAddress(std::string_view text);

}  // namespace csl::runtime::wire

#endif  // RUNTIME_WIRE_ADDRESS_H_
