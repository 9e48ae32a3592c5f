// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/parse_function.h"

#include <charconv>

#include "compiler/ir/ops.h"

namespace csl::ir {

Location TakeLocation(std::string_view& line) {
  const size_t mark = line.rfind("  # ");
  Location location;
  if (mark == std::string_view::npos) return location;
  TextCursor cursor(line.substr(mark + 4));
  location.file = static_cast<uint16_t>(cursor.Number());
  cursor.Expect(":");
  location.line = static_cast<uint32_t>(cursor.Number());
  cursor.Expect(":");
  location.column = static_cast<uint16_t>(cursor.Number());
  if (!cursor.ok() || !cursor.AtEnd()) return Location();
  line = line.substr(0, mark);
  return location;
}

std::vector<ValueId> FunctionParser::ParamList(TextCursor& cursor, BlockId block) {
  std::vector<ValueId> out;
  while (cursor.ok() && !cursor.PeekIs(')')) {
    if (!out.empty()) cursor.Expect(",");
    cursor.Expect("%");
    const uint64_t number = cursor.Number();
    cursor.Expect(":");
    const Type type = cursor.TypeName();
    out.push_back(block.valid() ? f_.AddBlockParam(block, type) : f_.AddParam(type));
    values_[number] = out.back();
  }
  cursor.Expect(")");
  return out;
}

Status FunctionParser::Header(TextCursor& cursor) {
  cursor.Expect("(");
  ParamList(cursor, BlockId());
  cursor.Expect("->");
  f_.result = cursor.TypeName();
  if (cursor.Take("export")) f_.linkage = Linkage::kExport;
  if (cursor.Take("extern")) f_.linkage = Linkage::kExtern;
  f_.is_entry = cursor.Take("entry");
  f_.is_noinline = cursor.Take("noinline");
  f_.is_external = cursor.Take("external");
  if (cursor.Take("type")) f_.type_text = cursor.Quoted();
  if (!f_.is_external) cursor.Expect("{");
  return cursor.ok() ? OkStatus() : InvalidArgument(cursor.error());
}

BlockId FunctionParser::BlockNumber(TextCursor& cursor) {
  cursor.Expect("^");
  auto [it, is_new] = blocks_.try_emplace(cursor.Number());
  if (is_new) it->second = f_.AddBlock();
  return it->second;
}

void FunctionParser::List(TextCursor& cursor, std::vector<std::string>& operands) {
  do {
    operands.push_back(cursor.OperandText());
  } while (cursor.ok() && cursor.Take(","));
}

void FunctionParser::Target(TextCursor& cursor, Instruction& v, size_t which,
                            std::vector<std::string>& operands) {
  v.targets[which] = BlockNumber(cursor);
  if (!cursor.Take("(")) return;
  List(cursor, operands);
  cursor.Expect(")");
}

void FunctionParser::Memory(TextCursor& cursor, Instruction& v,
                            std::vector<std::string>& operands) {
  cursor.Expect("[");
  operands.push_back(cursor.OperandText());
  while (cursor.ok() && !cursor.Take("]")) {
    const bool is_minus = cursor.Take("-");
    if (!is_minus) cursor.Expect("+");
    if (cursor.PeekIs('%')) {
      operands.push_back(cursor.OperandText());
      cursor.Expect("<<");
      v.aux = static_cast<uint8_t>(cursor.Number());
    } else {
      const std::string text = cursor.OperandText();
      if (text.find(':') != std::string::npos) {
        operands.push_back(text);
        cursor.Expect("<<");
        v.aux = static_cast<uint8_t>(cursor.Number());
      } else {
        const auto magnitude = static_cast<int64_t>(TextCursor(text).Number());
        v.imm = is_minus ? -magnitude : magnitude;
      }
    }
  }
}

void FunctionParser::MachineBody(TextCursor& cursor, Instruction& v,
                                 std::vector<std::string>& operands) {
  if (v.op == Op::kDsdOp) {
    v.type = kBoolType;
    v.imm = static_cast<int64_t>(f_.dsd_ops.size());
    f_.dsd_ops.emplace_back();
    ParseDsdOp(cursor, f_.dsd_ops.back(), operands);
  } else if (v.op == Op::kDsrLoad) {
    v.imm = ParseDsr(cursor).bits();
    cursor.Expect(",");
    List(cursor, operands);
    if (cursor.Take("flags")) v.imm |= static_cast<int64_t>(cursor.Number()) << 16;
  } else if (v.op == Op::kDsrOp) {
    v.type = cursor.TypeName();
    const std::string text = cursor.Word();
    const auto op = DsrOpFromText(text);
    if (!op) cursor.Fail("'" + text + "' is not an operation on a DSR");
    v.aux = static_cast<uint8_t>(op.value_or(DsrOp::kBase));
    const int64_t dsr = ParseDsr(cursor).bits();
    v.imm = dsr | static_cast<int64_t>(cursor.Number()) << 16;
    if (cursor.Take(",")) List(cursor, operands);
  } else {
    v.type = cursor.TypeName();
    const std::string text = cursor.Word();
    const auto op = SysOpFromText(text);
    if (!op) cursor.Fail("'" + text + "' is not a sys operation");
    v.imm = static_cast<int64_t>(op.value_or(SysOp::kActivate));
    if (!cursor.AtEnd()) List(cursor, operands);
  }
}

void FunctionParser::Call(TextCursor& cursor, Instruction& v, std::vector<std::string>& operands) {
  v.type = cursor.TypeName();
  const std::string callee = cursor.OperandText();
  if (v.op == Op::kCallIndirect) {
    operands.push_back(callee);
  } else {
    TextCursor name(std::string_view(callee).substr(std::min<size_t>(1, callee.size())));
    const auto it = names_.functions.find(name.Name());
    if (it == names_.functions.end()) return cursor.Fail("unknown function " + callee);
    v.symbol = it->second;
  }
  cursor.Expect("(");
  if (!cursor.PeekIs(')')) List(cursor, operands);
  cursor.Expect(")");
}

void FunctionParser::Body(TextCursor& cursor, const std::string& op_text, Instruction& v,
                          std::vector<std::string>& operands) {
  const auto op = OpFromText(op_text);
  if (!op) {
    cursor.Fail("'" + op_text + "' is not an operation");
    return;
  }
  v.op = *op;
  switch (v.op) {
    case Op::kAlloca:
      v.type = kPointerType;
      v.imm = static_cast<int64_t>(cursor.Number());
      cursor.Expect("align");
      v.aux = static_cast<uint8_t>(cursor.Number());
      if (cursor.Take("name")) {
        v.symbol = static_cast<uint32_t>(module_.variables.size());
        Variable& variable = module_.variables.emplace_back();
        variable.name = cursor.Quoted();
        cursor.Expect("type");
        variable.type_text = cursor.Quoted();
      }
      return;
    case Op::kLoad:
      v.type = cursor.TypeName();
      return Memory(cursor, v, operands);
    case Op::kStore:
      operands.push_back(cursor.OperandText());
      cursor.Expect(",");
      return Memory(cursor, v, operands);
    case Op::kCopy:
    case Op::kZero:
      List(cursor, operands);
      cursor.Expect("bytes");
      v.imm = static_cast<int64_t>(cursor.Number());
      return;
    case Op::kCall:
    case Op::kCallIndirect:
      return Call(cursor, v, operands);
    case Op::kDsdOp:
    case Op::kDsrLoad:
    case Op::kDsrOp:
    case Op::kSys:
      return MachineBody(cursor, v, operands);
    case Op::kTrap: {
      const auto code = TrapCodeFromText(cursor.Word());
      if (!code) cursor.Fail("unknown trap code");
      v.imm = static_cast<int64_t>(code.value_or(TrapCode::kAssert));
      return;
    }
    case Op::kBr:
      return Target(cursor, v, 0, operands);
    case Op::kCondBr:
      operands.push_back(cursor.OperandText());
      cursor.Expect(",");
      Target(cursor, v, 0, operands);
      v.aux = static_cast<uint8_t>(operands.size() - 1);
      cursor.Expect(",");
      return Target(cursor, v, 1, operands);
    case Op::kRet:
    case Op::kUnreachable:
      if (!cursor.AtEnd()) List(cursor, operands);
      return;
    default:
      v.type = cursor.TypeName();
      return List(cursor, operands);
  }
}

void FunctionParser::Instruction_(TextCursor& cursor, Location location) {
  Instruction v;
  v.block = block_;
  v.location = location;
  uint64_t number = 0;
  const bool has_result = cursor.Take("%");
  if (has_result) {
    number = cursor.Number();
    cursor.Expect("=");
  }
  std::vector<std::string> operands;
  Body(cursor, cursor.Word(), v, operands);
  if (!cursor.AtEnd()) cursor.Fail("unexpected text at the end of the line");
  if (!cursor.ok()) return;
  if (has_result == v.type.is_void()) return cursor.Fail("result and type do not agree");
  const ValueId id = f_.AddValue(v, {});
  f_.block(block_).instructions.push_back(id);
  if (has_result) values_[number] = id;
  pending_.push_back({id, std::move(operands)});
}

Status FunctionParser::Line(std::string_view line) {
  const Location location = TakeLocation(line);
  TextCursor cursor(line);
  if (cursor.PeekIs('^')) {
    block_ = BlockNumber(cursor);
    f_.order.push_back(block_);
    if (cursor.Take("(")) ParamList(cursor, block_);
    cursor.Expect(":");
  } else if (!block_.valid()) {
    cursor.Fail("an instruction before the first block");
  } else {
    Instruction_(cursor, location);
  }
  return cursor.ok() ? OkStatus() : InvalidArgument(cursor.error());
}

StatusOr<ValueId> FunctionParser::Resolve(const std::string& text) {
  TextCursor cursor(text);
  if (cursor.Take("%")) {
    const auto it = values_.find(cursor.Number());
    if (it == values_.end()) return InvalidArgument("unknown value " + text);
    return it->second;
  }
  if (cursor.Take("@")) {
    const auto it = names_.globals.find(cursor.Name());
    if (it == names_.globals.end()) return InvalidArgument("unknown global " + text);
    const int64_t offset = cursor.AtEnd() ? 0 : cursor.SignedNumber();
    return f_.GlobalAddr(GlobalId(it->second), offset);
  }
  if (cursor.Take("&")) {
    const auto it = names_.functions.find(cursor.Name());
    if (it == names_.functions.end()) return InvalidArgument("unknown function " + text);
    return f_.FuncAddr(FunctionId(it->second));
  }
  const bool is_undef = cursor.Take("undef");
  const uint64_t bits = is_undef ? 0 : cursor.Number();
  cursor.Expect(":");
  const Type type = cursor.TypeName();
  if (!cursor.ok()) return InvalidArgument(cursor.error());
  return is_undef ? f_.Undef(type) : f_.Const(type, bits);
}

Status FunctionParser::Finish() {
  for (const Pending& pending : pending_) {
    std::vector<ValueId> operands;
    for (const std::string& text : pending.operands) {
      ASSIGN_OR_RETURN(const ValueId operand, Resolve(text));
      operands.push_back(operand);
    }
    f_.SetOperands(pending.instruction, operands);
  }
  return OkStatus();
}

}  // namespace csl::ir
