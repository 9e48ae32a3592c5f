// SPDX-License-Identifier: Apache-2.0
// Untyped instructions as text: `%index = mnemonic fields`, bodies indented below their owner.
#include <algorithm>

#include "compiler/lower/builtins.h"
#include "compiler/lower/untyped.h"
#include "compiler/lower/walk.h"

namespace csl::lower {
namespace {

std::string Ref(InstId id) { return id.valid() ? "%" + std::to_string(id.index) : "none"; }
std::string Ref(LocalId id) { return "$" + std::to_string(id.index); }

// The fields of an instruction on its line.
class FieldWriter {
 public:
  FieldWriter(const Untyped& untyped, std::string* out) : u_(untyped), out_(*out) {}

  void Inst(const char*, InstId id) { Word(Ref(id)); }
  void Optional(const char*, InstId id) { Word(Ref(id)); }
  void Part(std::string_view name, InstId id) {
    if (id.valid() || name != "align") Word(std::string(name) + "=" + Ref(id));
  }
  void Insts(const char*, ListOf<InstId> list) {
    std::string text;
    for (const InstId id : u_.insts.List(list)) text += (text.empty() ? "" : ", ") + Ref(id);
    Word("(" + text + ")");
  }
  void Named(const char*, ListOf<NamedInst> list) {
    std::string text;
    for (const NamedInst& named : u_.insts.List(list)) {
      text += (text.empty() ? "" : ", ") + u_.str(named.name) + ": " + Ref(named.value);
    }
    Word("{" + text + "}");
  }
  void Variables(const char*, ListOf<Variable> list) {
    for (const Variable& variable : u_.insts.List(list)) {
      Word(Ref(variable.local) + ":" + Ref(variable.extent));
    }
  }
  void Type(const char*, InstId id) {
    if (id.valid()) Word("as " + Ref(id));
  }
  void Body(const char*, const lower::Body&) {}  // below that line
  void Bodies(const char*, ListOf<lower::Body>) {}
  void Prongs(const char*, ListOf<Prong>) {}
  void Target(const char*, InstId id) { Word(Ref(id)); }
  void String(const char*, StringId id) { Word(Quoted(u_.str(id))); }
  void Decl(const char*, DeclId id) {
    Word("@" + std::to_string(id.index) + " " + u_.str(u_.decls[id.index].name));
  }
  void Local(const char*, LocalId id) { Word(Ref(id)); }
  void OptionalLocal(const char*, LocalId id) {
    if (id.valid()) Word(Ref(id));
  }
  void Number(const char*, uint32_t value) { Word(std::to_string(value)); }
  void Integer(const char*, uint64_t value) { Word(std::to_string(value)); }
  void Real(const char*, double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", value);
    Word(text);
  }
  void Bool(const char*, bool value) { Word(value ? "1" : "0"); }
  void Flag(std::string_view name, bool value) {
    if (value) Word("+" + std::string(name.substr(std::string_view("is_").size())));
  }
  void Binary(const char*, BinaryOp op) { Word("'" + std::string(BinaryOpText(op)) + "'"); }
  void Unary(const char*, UnaryOp op) { Word("'" + std::string(UnaryOpText(op)) + "'"); }
  void Builtin(const char*, BuiltinKind kind) { Word("@" + std::string(BuiltinRowOf(kind).name)); }

 private:
  void Word(std::string_view text) { out_.append(" ").append(text); }
  static std::string Quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      if (c == '\n') {
        out += "\\n";
      } else {
        out += static_cast<uint8_t>(c) < 0x20 ? '?' : c;
      }
    }
    return out + "\"";
  }

  const Untyped& u_;
  std::string& out_;
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
    for (InstId id = body.first; id < body.end; id = u_.insts.Next(id)) PrintInst(depth, id);
  }

  // Prints the instruction and its bodies.
  void PrintInst(uint32_t depth, InstId id) {
    std::string line = Ref(id) + " = " + std::string(OpName(u_.insts.op(id)));
    VisitFieldsOf(u_.insts, id, FieldWriter(u_, &line));
    Line(depth, line);
    BodyCounter counter;
    VisitFieldsOf(u_.insts, id, counter);
    VisitFieldsOf(u_.insts, id, BodyWriter(this, depth + 1, counter.count > 1));
  }

  struct BodyCounter : IgnoreFields {
    int count = 0;
    void Body(const char*, const lower::Body&) { ++count; }
  };

  // A body that is the only one lies right below its owner, others below a title.
  class BodyWriter : public IgnoreFields {
   public:
    BodyWriter(Dumper* dumper, uint32_t depth, bool is_titled)
        : dumper_(*dumper), depth_(depth), is_titled_(is_titled) {}

    // `then_body` is titled "then".
    void Body(std::string_view name, const lower::Body& body) {
      if (!body.is_given()) return;
      if (!is_titled_) return dumper_.PrintBody(depth_, body);
      Titled(name.substr(0, name.find("_body")), body);
    }
    void Bodies(const char*, ListOf<lower::Body> list) {
      for (const lower::Body& body : dumper_.u_.insts.List(list)) Titled("index", body);
    }
    void Prongs(const char*, ListOf<Prong> list) {
      for (const Prong& prong : dumper_.u_.insts.List(list)) {
        const auto items = dumper_.u_.insts.List(prong.items);
        if (items.empty()) dumper_.Line(depth_, "else");
        for (const lower::Body& item : items) Titled("case", item);
        Titled("prong", prong.body);
      }
    }

   private:
    void Titled(std::string_view title, const lower::Body& body) {
      dumper_.Line(depth_, title);
      dumper_.PrintBody(depth_ + 1, body);
    }

    Dumper& dumper_;
    uint32_t depth_;
    bool is_titled_;
  };

  const Untyped& u_;
  std::string out_;
};

}  // namespace

std::string ToString(const Untyped& untyped) { return Dumper(untyped).Run(); }

}  // namespace csl::lower
