// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/ops.h"
#include "compiler/ir/parse_function.h"

namespace csl::ir {
namespace {

std::string Parenthesised(TextCursor& cursor) {
  cursor.Expect("(");
  std::string out = cursor.OperandText();
  cursor.Expect(")");
  return out;
}

DsdOperand Operand(TextCursor& cursor, std::vector<std::string>& operands) {
  DsdOperand out;
  std::string kind = cursor.Word();
  cursor.Expect(":");
  if (kind.starts_with("fabric_")) {
    out.is_fabric = true;
    kind.erase(0, 7);
  }
  if (kind == "dsr") {
    out.kind = DsdOperandKind::kDsr;
    out.dsr = ParseDsr(cursor);
    return out;
  }
  if (kind == "dsd") {
    out.kind = DsdOperandKind::kDsd;
  } else if (kind == "value") {
    out.kind = DsdOperandKind::kScalar;
  } else if (kind == "pointer") {
    out.kind = DsdOperandKind::kScalarPointer;
  } else {
    cursor.Fail("'" + kind + "' is not a kind of operand");
  }
  operands.push_back(Parenthesised(cursor));
  return out;
}

DsdAction Action(TextCursor& cursor) {
  const std::string text = cursor.Word();
  if (text == "activate") return DsdAction::kActivate;
  if (text == "unblock") return DsdAction::kUnblock;
  if (text != "terminate") cursor.Fail("'" + text + "' is not an action");
  return DsdAction::kTerminate;
}

DsdPriority Priority(TextCursor& cursor) {
  const std::string text = cursor.Word();
  if (text == "low") return DsdPriority::kLow;
  if (text == "medium") return DsdPriority::kMedium;
  if (text != "high") cursor.Fail("'" + text + "' is not a priority");
  return DsdPriority::kHigh;
}

void Field(TextCursor& cursor, DsdOpInfo& info, std::vector<std::string>& operands) {
  const std::string key = cursor.Word();
  static constexpr std::string_view kRoles[] = {"dest", "src0", "src1", "scalar"};
  if (key == "async") {
    info.is_async = true;
    return;
  }
  cursor.Expect("=");
  for (size_t i = 0; i < std::size(kRoles); ++i) {
    if (key == kRoles[i]) {
      info.operands[i] = Operand(cursor, operands);
      return;
    }
  }
  if (key == "done" || key == "control") {
    DsdAction& action = key == "done" ? info.completion : info.on_control;
    action = Action(cursor);
    if (action == DsdAction::kTerminate) return;
    cursor.Expect(":");
    operands.push_back(Parenthesised(cursor));
  } else if (key == "index") {
    info.has_index = true;
    operands.push_back(Parenthesised(cursor));
  } else if (key == "priority") {
    info.priority = Priority(cursor);
  } else if (key == "microthread") {
    info.microthread = static_cast<int8_t>(cursor.Number());
  } else {
    cursor.Fail("'" + key + "' is not a field of dsd_op");
  }
}

}  // namespace

DsrRef ParseDsr(TextCursor& cursor) {
  const std::string word = cursor.Word();  // file.number
  const size_t dot = word.find('.');
  const std::string file = word.substr(0, dot);
  DsrRef out;
  if (file == "src0") out.file = DsrFile::kSrc0;
  if (file == "src1") out.file = DsrFile::kSrc1;
  if (dot == std::string::npos || (file != "dest" && file != "src0" && file != "src1")) {
    cursor.Fail("'" + word + "' is not a DSR");
    return out;
  }
  TextCursor number(std::string_view(word).substr(dot + 1));
  out.number = static_cast<uint8_t>(number.Number());
  return out;
}

void ParseDsdOp(TextCursor& cursor, DsdOpInfo& info, std::vector<std::string>& operands) {
  const std::string text = cursor.Word();
  const auto op = DsdOpFromText(text);
  if (!op) cursor.Fail("'" + text + "' is not a DSD operation");
  info.op = op.value_or(DsdOp::kMov16);
  while (cursor.ok() && !cursor.AtEnd()) Field(cursor, info, operands);
}

}  // namespace csl::ir
