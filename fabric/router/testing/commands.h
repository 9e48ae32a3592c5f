// SPDX-License-Identifier: Apache-2.0
// The commands of a control wavelet, taken apart as docs/fabric/timing.md lists their bits.
#ifndef FABRIC_ROUTER_TESTING_COMMANDS_H_
#define FABRIC_ROUTER_TESTING_COMMANDS_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace csl::fabric::router::testing {

enum class Opcode : uint8_t { kNop, kAdvance, kReset, kTeardown };

struct Commands {
  struct Command {
    Opcode opcode;
    bool ce_ignore;
  };
  static constexpr int kOpcodeAt[] = {22, 25, 28, 1, 4, 7, 10, 13};
  static constexpr int kIgnoreAt[] = {24, 27, 0, 3, 6, 9, 12, 15};

  std::array<Command, 8> list;

  explicit Commands(uint32_t payload) {
    for (size_t i = 0; i < 8; ++i) {
      list[i] = {static_cast<Opcode>(payload >> kOpcodeAt[i] & 3),
                 (payload >> kIgnoreAt[i] & 1) != 0};
    }
  }
  // The payload with these commands.
  uint32_t Into(uint32_t payload) const {
    for (size_t i = 0; i < 8; ++i) {
      payload &= ~(3u << kOpcodeAt[i] | 1u << kIgnoreAt[i]);
      payload |= static_cast<uint32_t>(list[i].opcode) << kOpcodeAt[i] | uint32_t{list[i].ce_ignore}
                                                                             << kIgnoreAt[i];
    }
    return payload;
  }
  void Pop() {
    for (size_t i = 0; i < 7; ++i) list[i] = list[i + 1];
    list[7].opcode = Opcode::kNop;
  }
};

}  // namespace csl::fabric::router::testing

#endif  // FABRIC_ROUTER_TESTING_COMMANDS_H_
