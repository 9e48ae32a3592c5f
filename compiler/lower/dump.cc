// SPDX-License-Identifier: Apache-2.0
// Untyped instructions as text: `%index = mnemonic operands`, bodies indented below their owner.
#include <cstring>

#include "compiler/lower/builtins.h"
#include "compiler/lower/untyped.h"

namespace csl::lower {
namespace {

constexpr const char* kOperandKinds[][3] = {
#define UNTYPED_OP(name, mnemonic, a, b, c) {#a, #b, #c},
#include "compiler/lower/untyped.def"
};

class Dumper {
 public:
  explicit Dumper(const Untyped& untyped) : u_(untyped) {}

  std::string Run() && {
    for (uint32_t i = 0; i < u_.decls.size(); ++i) PrintDecl(u_.decls[i], i);
    return std::move(out_);
  }

 private:
  void Line(uint32_t depth, std::string_view text) {
    out_.append(2 * depth, ' ').append(text).append("\n");
  }
  static std::string Ref(uint32_t inst) {
    return inst == kNone ? "none" : "%" + std::to_string(inst);
  }
  std::string Quoted(uint32_t string) const {
    std::string out = "\"";
    for (const char c : u_.str(string)) {
      if (c == '"' || c == '\\') out += '\\';
      if (c == '\n') {
        out += "\\n";
      } else {
        out += static_cast<uint8_t>(c) < 0x20 ? '?' : c;
      }
    }
    return out + "\"";
  }

  void PrintDecl(const Decl& decl, uint32_t index) {
    static constexpr const char* kKinds[] = {"param", "const", "var", "fn", "comptime", "layout"};
    static constexpr const char* kStorages[] = {"", "export ", "extern "};
    std::string head = "@" + std::to_string(index) + " " + kStorages[int(decl.storage)];
    const Function* function = decl.function == kNone ? nullptr : &u_.functions[decl.function];
    if (function != nullptr && function->is_inline) head += "inline ";
    if (function != nullptr && function->is_noinline) head += "noinline ";
    head += function != nullptr && function->is_task ? "task" : kKinds[int(decl.kind)];
    if (decl.name.valid()) head += " " + u_.str(decl.name);
    Line(0, head + " slots=" + std::to_string(decl.num_slots));
    if (function != nullptr) {
      for (const Param& param : function->params) {
        std::string text = "param " + u_.str(param.name);
        if (param.is_comptime) text += " comptime";
        if (param.is_anytype) text += " anytype";
        Section(1, text, param.type, true);
      }
      Section(1, "returns", function->return_type, false);
    }
    Section(1, "type", decl.type, false);
    Section(1, "align", decl.align, false);
    Section(1, "linksection", decl.linksection, false);
    Section(1, "linkname", decl.linkname, false);
    Section(1, "init", decl.init, false);
    if (function != nullptr) Section(1, "body", function->body, function->has_body);
  }

  void Section(uint32_t depth, std::string_view title, Body body, bool even_if_empty) {
    if (body.empty() && !even_if_empty) return;
    Line(depth, title);
    PrintBody(depth + 1, body);
  }

  void PrintBody(uint32_t depth, Body body) {
    for (uint32_t i = body.first; i < body.end;) i = PrintInst(depth, i);
  }

  // Prints the instruction and its bodies; gives the index behind them.
  uint32_t PrintInst(uint32_t depth, uint32_t index) {
    const Inst& inst = u_.insts[index];
    Line(depth, "%" + std::to_string(index) + " = " + std::string(OpName(inst.op)) +
                    Operands(inst) + Details(inst));
    end_ = index + 1;
    PrintBodies(depth + 1, inst);
    return end_;
  }

  std::string Operands(const Inst& inst) const {
    if (inst.op == Op::kInt || inst.op == Op::kFloat) return " " + Number(inst);
    std::string out;
    const uint32_t words[] = {inst.a, inst.b, inst.c};
    for (int i = 0; i < 3; ++i) {
      const char* kind = kOperandKinds[static_cast<size_t>(inst.op)][i];
      if (std::strchr("_EC", kind[0]) != nullptr) continue;
      if (words[i] == kNone) {
        if (kind[0] != 'R') out += " none";
        continue;
      }
      switch (kind[0]) {
        case 'S':
          out += " " + Quoted(words[i]);
          break;
        case 'D':
          out += " @" + std::to_string(words[i]) + " " + u_.str(u_.decls[words[i]].name);
          break;
        case 'L':
          out += " $" + std::to_string(words[i]);
          break;
        case 'N':
          out += " " + std::to_string(words[i]);
          break;
        case 'R':
          out += " as " + Ref(words[i]);
          break;
        default:
          out += " " + Ref(words[i]);
      }
    }
    return out;
  }

  static std::string Number(const Inst& inst) {
    const uint64_t bits = static_cast<uint64_t>(inst.b) << 32 | inst.a;
    if (inst.op == Op::kInt) return std::to_string(bits);
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", value);
    return text;
  }

  // Flags, operators and the entries of simple records.
  std::string Details(const Inst& inst) const {
    switch (inst.op) {
      case Op::kBinary:
      case Op::kStoreOp:
        return " '" + std::string(BinaryOpText(inst.binary_op())) + "'";
      case Op::kUnary:
        return " '" + std::string(UnaryOpText(inst.unary_op())) + "'";
      case Op::kBuiltin:
        return " @" + std::string(BuiltinRowOf(inst.builtin()).name) + List(inst.b, inst.c);
      case Op::kIndex:
      case Op::kArrayType:
      case Op::kFnType:
      case Op::kTupleLit:
      case Op::kArrayLit:
      case Op::kCall:
        return List(inst.b, inst.c) + FlagText(inst);
      case Op::kStructType:
        return Pairs(inst.a, inst.c) + FlagText(inst);
      case Op::kEnumType:
      case Op::kStructLit:
        return Pairs(inst.b, inst.c);
      case Op::kLocalDecl: {
        const uint32_t* words = &u_.extra[inst.b];
        std::string out =
            " " + Quoted(words[0]) + " type=" + Ref(words[1]) + " init=" + Ref(words[2]);
        if (words[3] != kNone) out += " align=" + Ref(words[3]);
        return out + FlagText(inst);
      }
      case Op::kTensorAccess:
        return TensorText(inst);
      case Op::kFor:
        return " $" + std::to_string(u_.extra[inst.b]) +
               (u_.extra[inst.b + 1] == kNone ? "" : " $" + std::to_string(u_.extra[inst.b + 1])) +
               FlagText(inst);
      default:
        return FlagText(inst);
    }
  }

  std::string TensorText(const Inst& inst) const {
    const uint32_t n = u_.extra[inst.b];
    std::string out;
    for (uint32_t i = 0; i < n; ++i) {
      out +=
          " $" + std::to_string(u_.extra[inst.b + 1 + i]) + ":" + Ref(u_.extra[inst.b + 1 + n + i]);
    }
    return out;
  }

  static std::string FlagText(const Inst& inst) {
    const auto flag = [&](uint8_t bit, const char* text) {
      return inst.flags & bit ? std::string(" +") + text : std::string();
    };
    switch (inst.op) {
      case Op::kPtrType:
        return flag(kPtrConst, "const") + flag(kPtrMany, "many");
      case Op::kFnType:
        return flag(kFnTask, "task");
      case Op::kStructType:
        return flag(kExtern, "extern") + flag(kPacked, "packed") + flag(kUnion, "union");
      case Op::kFor:
        return flag(kInline, "inline");
      case Op::kLocalDecl:
        return flag(kConst, "const") + flag(kComptime, "comptime");
      default:
        return "";
    }
  }

  std::string List(uint32_t at, uint32_t count) const {
    std::string out = " (";
    for (uint32_t i = 0; i < count; ++i) out += (i == 0 ? "" : ", ") + Ref(u_.extra[at + i]);
    return out + ")";
  }
  std::string Pairs(uint32_t at, uint32_t count) const {
    std::string out = " {";
    for (uint32_t i = 0; i < count; ++i) {
      out += (i == 0 ? "" : ", ") + u_.str(u_.extra[at + 2 * i]) + ": " +
             Ref(u_.extra[at + 2 * i + 1]);
    }
    return out + "}";
  }

  void OwnedBody(uint32_t depth, std::string_view title, uint32_t extra) {
    const Body body = u_.body_at(extra);
    if (!title.empty()) Line(depth, title);
    PrintBody(depth + 1, body);
    end_ = std::max(end_, body.end);
  }

  void PrintBodies(uint32_t depth, const Inst& inst) {
    switch (inst.op) {
      case Op::kBoolAnd:
      case Op::kBoolOr:
      case Op::kBlock:
      case Op::kComptime:
      case Op::kQuote:
        return OwnedBody(depth - 1, "", inst.b);
      case Op::kIf:
        OwnedBody(depth, "then", inst.b);
        if (inst.flags & kHasElse) OwnedBody(depth, "else", inst.b + 2);
        return;
      case Op::kWhile:
        OwnedBody(depth, "condition", inst.b);
        OwnedBody(depth, "update", inst.b + 2);
        return OwnedBody(depth, "body", inst.b + 4);
      case Op::kFor:
        return OwnedBody(depth - 1, "", inst.b + 2);
      case Op::kSwitch:
        return PrintProngs(depth, inst);
      case Op::kTensorAccess: {
        uint32_t at = inst.b + 1 + 2 * u_.extra[inst.b];
        const uint32_t count = u_.extra[at++];
        for (uint32_t i = 0; i < count; ++i) OwnedBody(depth, "index", at + 2 * i);
        return;
      }
      default:
        return;
    }
  }

  void PrintProngs(uint32_t depth, const Inst& inst) {
    uint32_t at = inst.b;
    for (uint32_t prongs = u_.extra[at++]; prongs > 0; --prongs) {
      const uint32_t items = u_.extra[at++];
      if (items == 0) Line(depth, "else");
      for (uint32_t i = 0; i < items; ++i, at += 2) OwnedBody(depth, "case", at);
      OwnedBody(depth, "prong", at);
      at += 2;
    }
  }

  const Untyped& u_;
  std::string out_;
  uint32_t end_ = 0;  // behind the last instruction printed
};

}  // namespace

std::string ToString(const Untyped& untyped) { return Dumper(untyped).Run(); }

}  // namespace csl::lower
