// SPDX-License-Identifier: Apache-2.0
// Loads, stores, copy and zero.
#include <vector>

#include "fabric/reference/config_words.h"
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

// Words beyond the memory, the low one first. False: there are none.
bool ReadOrWriteConfig(Ce& ce, uint32_t address, const Access& access, uint32_t* value, int64_t t,
                       Fault* fault) {
  if (address < kMemoryBytes || address % 2 != 0 || access.bytes == 1) return false;
  const uint32_t words = static_cast<uint32_t>(access.bytes) / 2;
  for (uint32_t n = 0; n < words; ++n) {
    if (!IsNamedWord(ce.shared->arch, address / 2 + n)) return false;
  }
  uint32_t read = 0;
  for (uint32_t n = 0; n < words && fault->ok(); ++n) {
    const auto word = static_cast<uint16_t>(address / 2 + n);
    if (access.is_store) {
      *fault = WriteConfigWord(ce, word, static_cast<uint16_t>(*value >> (16 * n)), t);
    } else {
      read |= uint32_t{ReadConfigWord(ce, word, t)} << (16 * n);
    }
  }
  if (!access.is_store) *value = read;
  return true;
}

Executed LoadOrStore(Ce& ce, const isa::Instruction& i, const Access& access, int64_t t) {
  uint32_t* r = ce.regs();
  uint32_t address = i.e;
  if (i.b != isa::kNoRegister) address += r[i.b];
  if (i.c != isa::kNoRegister) address += r[i.c] << (i.d & 31);
  address &= 0xffff;
  const Executed bad{false, 0, {FaultKind::kBadAddress, address}};
  uint32_t value = access.is_store ? r[i.a] : 0;
  const bool is_memory = access.is_store ? ce.Store(address, access.bytes, value)
                                         : ce.Load(address, access.bytes, &value);
  Fault fault;
  if (!is_memory && !ReadOrWriteConfig(ce, address, access, &value, t, &fault)) return bad;
  if (!fault.ok() || access.is_store) return {false, 0, fault};
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

Executed ExecuteMemory(Ce& ce, const isa::Instruction& i, int64_t t) {
  Access access;
  if (AccessOf(i.opcode(), &access)) return LoadOrStore(ce, i, access, t);
  if (i.opcode() == Opcode::kFrame) {
    ce.regs()[i.a] = (ce.main.stack_pointer + static_cast<uint32_t>(i.imm())) & 0xffff;
    return {};
  }
  return CopyOrZero(ce, i);
}

}  // namespace csl::fabric::reference
