// SPDX-License-Identifier: Apache-2.0
// Loads, stores, copy and zero.
#include <vector>

#include "fabric/reference/main_thread.h"

namespace csl::fabric::reference {
namespace {

using isa::Opcode;

struct Access {
  int bytes;
  bool is_signed;
  bool is_store;
};

bool AccessOf(Opcode opcode, Access* access) {
  switch (opcode) {
    case Opcode::kLdI8:
      *access = {1, true, false};
      return true;
    case Opcode::kLdU8:
      *access = {1, false, false};
      return true;
    case Opcode::kLdI16:
      *access = {2, true, false};
      return true;
    case Opcode::kLdU16:
      *access = {2, false, false};
      return true;
    case Opcode::kLdW:
      *access = {4, false, false};
      return true;
    case Opcode::kStB:
      *access = {1, false, true};
      return true;
    case Opcode::kStH:
      *access = {2, false, true};
      return true;
    case Opcode::kStW:
      *access = {4, false, true};
      return true;
    default:
      return false;
  }
}

Executed LoadOrStore(Ce& ce, const isa::Instruction& i, const Access& access) {
  uint32_t* r = ce.regs();
  uint32_t address = i.e;
  if (i.b != isa::kNoRegister) address += r[i.b];
  if (i.c != isa::kNoRegister) address += r[i.c] << (i.d & 31);
  address &= 0xffff;
  const Executed bad{false, 0, {FaultKind::kBadAddress, address}};
  if (access.is_store) return ce.Store(address, access.bytes, r[i.a]) ? Executed{} : bad;
  uint32_t value = 0;
  if (!ce.Load(address, access.bytes, &value)) return bad;
  if (access.is_signed) {
    value = access.bytes == 1 ? static_cast<uint32_t>(static_cast<int8_t>(value))
                              : static_cast<uint32_t>(static_cast<int16_t>(value));
  }
  r[i.a] = value;
  return {};
}

// All is read before any is written, and nothing is if a range leaves the memory.
Executed CopyOrZero(Ce& ce, const isa::Instruction& i) {
  const auto count = static_cast<uint32_t>(i.imm());
  const uint32_t to = ce.regs()[i.a] & 0xffff;
  Executed executed;
  if (count > kMemoryBytes) return {false, 0, {FaultKind::kBadAddress, to}};
  std::vector<uint8_t> bytes(count);
  if (i.opcode() == Opcode::kCopy) {
    const uint32_t from = ce.regs()[i.b] & 0xffff;
    if (from + count > kMemoryBytes) return {false, 0, {FaultKind::kBadAddress, from}};
    bytes.assign(ce.memory.begin() + from, ce.memory.begin() + from + count);
  }
  if (to + count > kMemoryBytes) return {false, 0, {FaultKind::kBadAddress, to}};
  std::copy(bytes.begin(), bytes.end(), ce.memory.begin() + to);
  const auto per_cycle = static_cast<uint32_t>(ce.shared->costs().copy_bytes_per_cycle);
  executed.extra_cycles = (count + per_cycle - 1) / per_cycle;
  return executed;
}

}  // namespace

Executed ExecuteMemory(Ce& ce, const isa::Instruction& i) {
  Access access;
  if (AccessOf(i.opcode(), &access)) return LoadOrStore(ce, i, access);
  if (i.opcode() == Opcode::kFrame) {
    ce.regs()[i.a] = (ce.main.stack_pointer + static_cast<uint32_t>(i.imm())) & 0xffff;
    return {};
  }
  return CopyOrZero(ce, i);
}

}  // namespace csl::fabric::reference
