// SPDX-License-Identifier: Apache-2.0
// Gives every DSD operand of a vector operation a DSR: a load from the DSD's address before the
// operation, and the register in its place. Registers that the program names itself are left alone.
// The site of an asynchronous operation owns its registers, which are in use while other code runs.
// Those of its DSDs that are constants are in their registers when the program starts.
// A synchronous one owns registers, too, in a loop as long as real registers last, so that its
// loads may leave the loop (hoist_dsr_loads); the others share one number. A site has one number in
// all files, as WSE-2 wants it of destinations and sources 0.
#include <algorithm>
#include <array>

#include "compiler/ir/dsr_load_flag.h"
#include "compiler/ir/loops.h"
#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/passes.h"
#include "fabric/isa/descriptor.h"

namespace csl::passes {
namespace {

using ir::DsdOperandKind;
using ir::DsrFile;
using ir::Function;
using ir::Op;
using ir::ValueId;

constexpr int kRealRegisters = 16;
constexpr int kAllRegisters = 64;  // with the virtual ones

class RegisterChoice {
 public:
  explicit RegisterChoice(const ir::Module& module) {
    for (const Function& f : module.functions) {
      for (ir::BlockId block : f.order) {
        for (ValueId id : f.block(block).instructions) Note(f, id);
      }
    }
  }

  // Whether other code may run before the operation ends.
  bool MayRunBeside(const ir::DsdOpInfo& info) const {
    return info.is_async ||
           std::any_of(info.operands.begin(), info.operands.end(), [&](const ir::DsdOperand& o) {
             return o.kind == DsdOperandKind::kDsr && MayBeAsync(o.dsr);
           });
  }
  // 0: there is none left.
  uint8_t ForAsync() { return Take(kAllRegisters); }
  uint8_t ForSync(bool in_loop) {
    if (sync_ < 0) sync_ = Take(kAllRegisters);
    const uint8_t own = in_loop ? Take(kRealRegisters) : 0;
    return own != 0 ? own : static_cast<uint8_t>(sync_);
  }

 private:
  void Note(const Function& f, ValueId id) {
    const ir::Instruction& v = f.value(id);
    if (v.op == Op::kDsrLoad || v.op == Op::kDsrOp) {
      const ir::DsrRef dsr = ir::DsrRef::FromBits(v.imm);
      taken_ |= uint64_t{1} << dsr.number;
      const size_t file = static_cast<size_t>(dsr.file);
      loaded_[file] |= uint64_t{1} << dsr.number;
      const bool is_async =
          v.op == Op::kDsrOp && static_cast<ir::DsrOp>(v.aux) == ir::DsrOp::kAsync;
      if (is_async) async_[file] |= uint64_t{1} << dsr.number;
    }
    if (v.op != Op::kDsdOp) return;
    for (const ir::DsdOperand& operand : f.dsd_ops[static_cast<size_t>(v.imm)].operands) {
      if (operand.kind == DsdOperandKind::kDsr) taken_ |= uint64_t{1} << operand.dsr.number;
    }
  }
  // Whether operations on the register may run while other code does: some load makes it so, or it
  // is loaded before the start.
  bool MayBeAsync(ir::DsrRef dsr) const {
    const size_t file = static_cast<size_t>(dsr.file);
    return (async_[file] >> dsr.number & 1) != 0 || (loaded_[file] >> dsr.number & 1) == 0;
  }
  // From the highest real one down, since programs name low ones and memcpy has 0; then virtual
  // ones upward.
  uint8_t Take(int limit) {
    for (int number = kRealRegisters - 1; number > 0; --number) {
      if (TakeIfFree(number)) return static_cast<uint8_t>(number);
    }
    for (int number = kRealRegisters; number < limit; ++number) {
      if (TakeIfFree(number)) return static_cast<uint8_t>(number);
    }
    return 0;
  }
  bool TakeIfFree(int number) {
    if ((taken_ >> number & 1) != 0) return false;
    taken_ |= uint64_t{1} << number;
    return true;
  }

  uint64_t taken_ = 0;
  std::array<uint64_t, 3> loaded_ = {};  // explicit ones, by file
  std::array<uint64_t, 3> async_ = {};
  int sync_ = -1;
};

bool HasDsd(const ir::DsdOpInfo& info) {
  for (const ir::DsdOperand& operand : info.operands) {
    if (operand.kind == DsdOperandKind::kDsd) return true;
  }
  return false;
}

// Whether a register can hold the DSD from the start on: nothing writes the constant, and the
// operation leaves the register as it was. An index moves the base of memory DSDs made for it.
bool IsConstant(const ir::Module& module, const Function& f, ValueId address,
                const ir::DsdOpInfo& info) {
  const ir::Instruction& v = f.value(address);
  if (v.op != Op::kGlobalAddr || v.imm != 0) return false;
  const ir::Global& global = module.globals[v.symbol];
  if (!global.is_const || global.bytes.size() < 2) return false;
  const auto word = static_cast<uint16_t>(global.bytes[0] | global.bytes[1] << 8);
  const isa::DsdHeader header = isa::DsdHeader::Decode(word);
  if (header.kind == isa::DsdKind::kNone || header.kind > isa::DsdKind::kFifo) return false;
  const bool is_memory = header.kind == isa::DsdKind::kMem1d || header.kind == isa::DsdKind::kMem4d;
  if (header.kind == isa::DsdKind::kCircbuf || global.size_bytes != isa::DsdBytes(header.kind)) {
    return false;
  }
  return !(is_memory && info.has_index && header.wavelet_index_offset);
}

// Appends the loads of one operation to `out`.
void LoadOperands(const ir::Module& module, Function& f, ValueId id, uint8_t number,
                  std::vector<ValueId>& out) {
  static constexpr DsrFile kFiles[] = {DsrFile::kDest, DsrFile::kSrc0, DsrFile::kSrc1};
  ir::DsdOpInfo& info = f.dsd_ops[static_cast<size_t>(f.value(id).imm)];
  const std::vector<ValueId> operands(f.operands(id).begin(), f.operands(id).end());
  std::vector<ValueId> kept;
  size_t next = 0;
  for (size_t i = 0; i < info.operands.size(); ++i) {
    ir::DsdOperand& operand = info.operands[i];
    if (!operand.has_value()) continue;
    const ValueId value = operands[next++];
    if (operand.kind != DsdOperandKind::kDsd || i >= std::size(kFiles)) {
      kept.push_back(value);
      continue;
    }
    operand = {DsdOperandKind::kDsr, {kFiles[i], number}, operand.is_fabric};
    ir::Instruction load;
    load.op = Op::kDsrLoad;
    load.imm = operand.dsr.bits();
    if (info.is_async && IsConstant(module, f, value, info)) load.imm |= ir::kLoadBeforeStart << 16;
    load.block = f.value(id).block;
    load.location = f.value(id).location;
    out.push_back(f.AddValue(load, std::array{value}));
  }
  kept.insert(kept.end(), operands.begin() + static_cast<std::ptrdiff_t>(next), operands.end());
  f.SetOperands(id, kept);
}

bool Rewrite(const ir::Module& module, Function& f, RegisterChoice& choice, bool async_ones) {
  if (std::none_of(f.dsd_ops.begin(), f.dsd_ops.end(), HasDsd)) return false;
  const ir::Dominance dominance(f);
  const ir::LoopInfo loops(f, dominance);
  bool changed = false;
  for (ir::BlockId block : f.order) {
    std::vector<ValueId> out;
    for (ValueId id : std::vector<ValueId>(f.block(block).instructions)) {
      if (f.value(id).op == Op::kDsdOp) {
        const ir::DsdOpInfo& info = f.dsd_ops[static_cast<size_t>(f.value(id).imm)];
        if (HasDsd(info) && choice.MayRunBeside(info) == async_ones) {
          const uint8_t number =
              async_ones ? choice.ForAsync() : choice.ForSync(loops.DepthOf(block) > 0);
          // Without a register the operation stays as it is: code generation refuses it.
          if (number != 0) LoadOperands(module, f, id, number, out);
          changed = true;
        }
      }
      out.push_back(id);
    }
    f.block(block).instructions = out;
  }
  return changed;
}

}  // namespace

// Registers are chosen for the whole program at once, at the first function that needs one.
bool DsdRegisters(ir::Module& module, Function& f) {
  if (std::none_of(f.dsd_ops.begin(), f.dsd_ops.end(), HasDsd)) return false;
  RegisterChoice choice(module);
  bool changed = false;
  for (bool async_ones : {true, false}) {
    for (Function& function : module.functions) {
      if (!function.is_external) changed = Rewrite(module, function, choice, async_ones) || changed;
    }
  }
  return changed;
}

}  // namespace csl::passes
