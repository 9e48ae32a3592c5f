// SPDX-License-Identifier: Apache-2.0
// Reads one function of the IR text form; part of ParseModule.
#ifndef COMPILER_IR_PARSE_FUNCTION_H_
#define COMPILER_IR_PARSE_FUNCTION_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "compiler/ir/ir.h"
#include "compiler/ir/text_cursor.h"

namespace csl::ir {

struct SymbolNames {
  std::map<std::string, uint32_t> globals;
  std::map<std::string, uint32_t> functions;
};

// "  # file:line:column" at the end of a line, cut off and returned; none: line 0.
Location TakeLocation(std::string_view& line);

class FunctionParser {
 public:
  FunctionParser(Module& module, Function& function, const SymbolNames& names)
      : module_(module), f_(function), names_(names) {}

  // Cursors stand behind "func &name"; the header ends with '{' unless the function is external.
  Status Header(TextCursor& cursor);
  Status Line(std::string_view line);  // a block header or an instruction
  Status Finish();                     // operands are looked up

 private:
  struct Pending {
    ValueId instruction;
    std::vector<std::string> operands;
  };
  std::vector<ValueId> ParamList(TextCursor& cursor, BlockId block);
  void Instruction_(TextCursor& cursor, Location location);
  void Body(TextCursor& cursor, const std::string& op_text, Instruction& v,
            std::vector<std::string>& operands);
  void MachineBody(TextCursor& cursor, Instruction& v, std::vector<std::string>& operands);
  void Call(TextCursor& cursor, Instruction& v, std::vector<std::string>& operands);
  void Memory(TextCursor& cursor, Instruction& v, std::vector<std::string>& operands);
  void Target(TextCursor& cursor, Instruction& v, size_t which, std::vector<std::string>& operands);
  void List(TextCursor& cursor, std::vector<std::string>& operands);
  BlockId BlockNumber(TextCursor& cursor);
  StatusOr<ValueId> Resolve(const std::string& text);

  Module& module_;
  Function& f_;
  const SymbolNames& names_;
  std::map<uint64_t, ValueId> values_;
  std::map<uint64_t, BlockId> blocks_;
  std::vector<Pending> pending_;
  BlockId block_;
};

// The part of a dsd_op line behind the word.
void ParseDsdOp(TextCursor& cursor, DsdOpInfo& info, std::vector<std::string>& operands);
DsrRef ParseDsr(TextCursor& cursor);

}  // namespace csl::ir

#endif  // COMPILER_IR_PARSE_FUNCTION_H_
