// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iterator>

#include "compiler/ir/ops.h"
#include "compiler/ir/text.h"

namespace csl::ir {
namespace {

bool IsPlain(std::string_view name) {
  for (char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '.' || c == '$';
    if (!plain) return false;
  }
  return !name.empty();
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string NameText(std::string_view name) {
  return IsPlain(name) ? std::string(name) : Quoted(name);
}

constexpr std::string_view kActionTexts[] = {"none", "activate", "unblock", "terminate"};
constexpr std::string_view kPriorityTexts[] = {"default", "low", "medium", "high"};
constexpr std::string_view kDsrFileTexts[] = {"dest", "src0", "src1"};

class FunctionPrinter {
 public:
  FunctionPrinter(const Module& module, const Function& function, PrintOptions options)
      : module_(module), f_(function), options_(options) {}

  std::string Print();

 private:
  void Number();
  void PrintInstruction(ValueId id);
  std::string ValueText(ValueId id) const;
  std::string OperandList(std::span<const ValueId> ids) const;
  std::string Target(ValueId terminator, size_t which) const;
  std::string Body(ValueId id) const;
  std::string DsdBody(ValueId id) const;
  std::string MemoryText(ValueId id, std::span<const ValueId> address) const;
  std::string VariableText(const Instruction& alloca) const;
  void PrintLocation(const Location& location);

  const Module& module_;
  const Function& f_;
  PrintOptions options_;
  std::vector<uint32_t> value_numbers_;
  std::vector<uint32_t> block_numbers_;
  std::string out_;
};

void FunctionPrinter::Number() {
  value_numbers_.assign(f_.num_values(), 0xffffffff);
  block_numbers_.assign(f_.num_blocks(), 0xffffffff);
  uint32_t next_value = 0;
  uint32_t next_block = 0;
  for (ValueId id : f_.params) value_numbers_[id.index] = next_value++;
  for (BlockId block : f_.order) {
    block_numbers_[block.index] = next_block++;
    for (ValueId id : f_.block(block).params) value_numbers_[id.index] = next_value++;
    for (ValueId id : f_.block(block).instructions) {
      if (!f_.value(id).type.is_void()) value_numbers_[id.index] = next_value++;
    }
  }
}

std::string FunctionPrinter::ValueText(ValueId id) const {
  const Instruction& v = f_.value(id);
  switch (v.op) {
    case Op::kConst:
      return fmt::format("{}:{}", static_cast<uint64_t>(v.imm), TypeText(v.type));
    case Op::kUndef:
      return "undef:" + TypeText(v.type);
    case Op::kGlobalAddr:
      return fmt::format("@{}{}", NameText(module_.globals[v.symbol].name),
                         v.imm == 0 ? "" : fmt::format("{:+}", v.imm));
    case Op::kFuncAddr:
      return "&" + NameText(module_.functions[v.symbol].name);
    default:
      return fmt::format("%{}", value_numbers_[id.index]);
  }
}

std::string FunctionPrinter::OperandList(std::span<const ValueId> ids) const {
  std::string out;
  for (ValueId id : ids) {
    if (!out.empty()) out += ", ";
    out += ValueText(id);
  }
  return out;
}

std::string FunctionPrinter::VariableText(const Instruction& alloca) const {
  if (alloca.symbol >= module_.variables.size()) return "";
  const Variable& variable = module_.variables[alloca.symbol];
  return fmt::format(" name {} type {}", Quoted(variable.name), Quoted(variable.type_text));
}

std::string FunctionPrinter::Target(ValueId terminator, size_t which) const {
  const BlockId target = f_.value(terminator).targets[which];
  const auto args = f_.target_args(terminator, which);
  return fmt::format("^{}{}", block_numbers_[target.index],
                     args.empty() ? "" : "(" + OperandList(args) + ")");
}

// [base], [base + 4], [base + index << 2 + 4]
std::string FunctionPrinter::MemoryText(ValueId id, std::span<const ValueId> address) const {
  const Instruction& v = f_.value(id);
  std::string out = "[" + ValueText(address[0]);
  if (address.size() > 1) out += fmt::format(" + {} << {}", ValueText(address[1]), v.aux);
  if (v.imm != 0) out += fmt::format(" {} {}", v.imm < 0 ? '-' : '+', std::abs(v.imm));
  return out + "]";
}

std::string FunctionPrinter::DsdBody(ValueId id) const {
  const DsdOpInfo& info = f_.dsd_ops[static_cast<size_t>(f_.value(id).imm)];
  const auto operands = f_.operands(id);
  size_t next = 0;
  std::string out = fmt::format("dsd_op {}", RowOf(info.op).text);
  static constexpr std::string_view kRoles[] = {"dest", "src0", "src1", "scalar"};
  for (size_t i = 0; i < info.operands.size(); ++i) {
    const DsdOperand& operand = info.operands[i];
    static constexpr std::string_view kKinds[] = {"", "dsd", "value", "pointer", "dsr"};
    if (operand.kind == DsdOperandKind::kNone) continue;
    out += fmt::format(" {}={}{}:", kRoles[i], operand.is_fabric ? "fabric_" : "",
                       kKinds[static_cast<size_t>(operand.kind)]);
    if (operand.has_value()) {
      out += "(" + ValueText(operands[next++]) + ")";
    } else {
      out += fmt::format("{}.{}", kDsrFileTexts[static_cast<size_t>(operand.dsr.file)],
                         operand.dsr.number);
    }
  }
  if (info.is_async) out += " async";
  if (info.completion != DsdAction::kNone) {
    out += fmt::format(" done={}:({})", kActionTexts[static_cast<size_t>(info.completion)],
                       ValueText(operands[next++]));
  }
  if (info.on_control == DsdAction::kTerminate) out += " control=terminate";
  if (info.on_control == DsdAction::kActivate || info.on_control == DsdAction::kUnblock) {
    out += fmt::format(" control={}:({})", kActionTexts[static_cast<size_t>(info.on_control)],
                       ValueText(operands[next++]));
  }
  if (info.has_index) out += fmt::format(" index=({})", ValueText(operands[next++]));
  if (info.priority != DsdPriority::kDefault) {
    out += fmt::format(" priority={}", kPriorityTexts[static_cast<size_t>(info.priority)]);
  }
  if (info.microthread >= 0) out += fmt::format(" microthread={}", info.microthread);
  return out;
}

std::string FunctionPrinter::Body(ValueId id) const {
  const Instruction& v = f_.value(id);
  const auto operands = f_.operands(id);
  const std::string_view text = TextOf(v.op);
  switch (v.op) {
    case Op::kAlloca:
      return fmt::format("alloca {} align {}{}", v.imm, v.aux, VariableText(v));
    case Op::kLoad:
      return fmt::format("load {} {}", TypeText(v.type), MemoryText(id, operands));
    case Op::kStore:
      return fmt::format("store {}, {}", ValueText(operands[0]),
                         MemoryText(id, operands.subspan(1)));
    case Op::kCopy:
    case Op::kZero:
      return fmt::format("{} {} bytes {}", text, OperandList(operands), v.imm);
    case Op::kCall:
      return fmt::format("call {} &{}({})", TypeText(v.type),
                         NameText(module_.functions[v.symbol].name), OperandList(operands));
    case Op::kCallIndirect:
      return fmt::format("call_indirect {} {}({})", TypeText(v.type), ValueText(operands[0]),
                         OperandList(operands.subspan(1)));
    case Op::kDsdOp:
      return DsdBody(id);
    case Op::kDsrLoad: {
      const DsrRef dsr = DsrRef::FromBits(v.imm);
      return fmt::format("dsr_load {}.{}, {}{}", kDsrFileTexts[static_cast<size_t>(dsr.file)],
                         dsr.number, OperandList(operands),
                         v.imm >> 16 == 0 ? "" : fmt::format(" flags {}", v.imm >> 16));
    }
    case Op::kDsrOp: {
      const DsrRef dsr = DsrRef::FromBits(v.imm);
      return fmt::format("dsr_op {} {} {}.{} {}{}{}", TypeText(v.type),
                         RowOf(static_cast<DsrOp>(v.aux)).text,
                         kDsrFileTexts[static_cast<size_t>(dsr.file)], dsr.number, v.imm >> 16,
                         operands.empty() ? "" : ", ", OperandList(operands));
    }
    case Op::kSys:
      return fmt::format("sys {} {}{}{}", TypeText(v.type), RowOf(static_cast<SysOp>(v.imm)).text,
                         operands.empty() ? "" : " ", OperandList(operands));
    case Op::kTrap:
      return fmt::format("trap {}", TextOf(static_cast<TrapCode>(v.imm)));
    case Op::kBr:
      return "br " + Target(id, 0);
    case Op::kCondBr:
      return fmt::format("cond_br {}, {}, {}", ValueText(operands[0]), Target(id, 0),
                         Target(id, 1));
    case Op::kRet:
    case Op::kUnreachable:
      return fmt::format("{}{}{}", text, operands.empty() ? "" : " ", OperandList(operands));
    default:
      return fmt::format("{} {} {}", text, TypeText(v.type), OperandList(operands));
  }
}

void FunctionPrinter::PrintLocation(const Location& location) {
  if (options_.locations && location.line != 0) {
    out_ += fmt::format("  # {}:{}:{}", location.file, location.line, location.column);
  }
  out_ += '\n';
}

void FunctionPrinter::PrintInstruction(ValueId id) {
  const Instruction& v = f_.value(id);
  out_ += "  ";
  if (!v.type.is_void()) out_ += fmt::format("%{} = ", value_numbers_[id.index]);
  out_ += Body(id);
  PrintLocation(v.location);
}

std::string ParamList(const Function& f, std::span<const ValueId> params,
                      const std::vector<uint32_t>& numbers) {
  std::string out;
  for (ValueId id : params) {
    if (!out.empty()) out += ", ";
    out += fmt::format("%{}: {}", numbers[id.index], TypeText(f.value(id).type));
  }
  return out;
}

constexpr std::string_view kLinkageTexts[] = {"", " export", " extern"};

std::string FunctionPrinter::Print() {
  Number();
  out_ += fmt::format("func &{}({}) -> {}{}{}{}{}", NameText(f_.name),
                      ParamList(f_, f_.params, value_numbers_), TypeText(f_.result),
                      kLinkageTexts[static_cast<size_t>(f_.linkage)], f_.is_entry ? " entry" : "",
                      f_.is_noinline ? " noinline" : "", f_.is_external ? " external" : "");
  if (!f_.type_text.empty()) out_ += " type " + Quoted(f_.type_text);
  if (f_.is_external) {
    PrintLocation(f_.location);
    return std::move(out_);
  }
  out_ += " {";
  PrintLocation(f_.location);
  for (BlockId block : f_.order) {
    const auto& params = f_.block(block).params;
    out_ += fmt::format("^{}{}:\n", block_numbers_[block.index],
                        params.empty() ? "" : "(" + ParamList(f_, params, value_numbers_) + ")");
    for (ValueId id : f_.block(block).instructions) PrintInstruction(id);
  }
  out_ += "}\n";
  return std::move(out_);
}

std::string PrintGlobal(const Module& module, const Global& g, PrintOptions options) {
  std::string out =
      fmt::format("global @{} size {} align {}{}{}{}", NameText(g.name), g.size_bytes, g.alignment,
                  g.is_const ? " const" : "", kLinkageTexts[static_cast<size_t>(g.linkage)],
                  g.is_used ? " used" : "");
  if (!g.section.empty()) out += " section " + Quoted(g.section);
  if (!g.type_text.empty()) out += " type " + Quoted(g.type_text);
  if (!g.bytes.empty()) {
    out += " = hex ";
    for (uint8_t byte : g.bytes) fmt::format_to(std::back_inserter(out), "{:02x}", byte);
  }
  for (const Relocation& r : g.relocations) {
    const std::string& target =
        r.is_function ? module.functions[r.symbol].name : module.globals[r.symbol].name;
    out += fmt::format(" reloc {} {}{}{}", r.offset, r.is_function ? '&' : '@', NameText(target),
                       r.addend == 0 ? "" : fmt::format("{:+}", r.addend));
  }
  if (options.locations && g.location.line != 0) {
    out += fmt::format("  # {}:{}:{}", g.location.file, g.location.line, g.location.column);
  }
  return out + "\n";
}

}  // namespace

std::string Print(const Module& module, const Function& function, PrintOptions options) {
  return FunctionPrinter(module, function, options).Print();
}

std::string Print(const Module& module, PrintOptions options) {
  std::string out = fmt::format("module {}\n", Quoted(module.name));
  if (module.fp16_format != isa::Fp16Format::kF16) {
    out += fmt::format("fp16 {}\n", isa::Fp16FormatName(module.fp16_format));
  }
  for (const std::string& file : module.files) out += fmt::format("file {}\n", Quoted(file));
  for (const Global& global : module.globals) out += PrintGlobal(module, global, options);
  for (const Function& function : module.functions) out += "\n" + Print(module, function, options);
  return out;
}

}  // namespace csl::ir
