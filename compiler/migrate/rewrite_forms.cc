// SPDX-License-Identifier: Apache-2.0
// The forms that are rewritten where they stand.
#include <algorithm>

#include "compiler/migrate/rewriter.h"

namespace csl::migrate {

void Rewriter::Visit(uint32_t t) {
  form_at_ = begin(t);
  if (kind(t) == TokenKind::kIdentifier) {
    const std::string_view word = text(t);
    const bool is_member = t > 0 && kind(t - 1) == TokenKind::kDot;
    if (is_member) return Member(t);
    if (word == "comptime_struct" || word == "imported_module") return TypeName(t);
    if (word == "color" && Is(t + 1, TokenKind::kIdentifier)) return ColorDeclaration(t);
    if (!Facts(Form::kTaskCall, t).empty()) Leave(Form::kTaskCall, t, "make its code a function");
  } else if (kind(t) == TokenKind::kBuiltin) {
    if (text(t) == "@concat_structs") return ConcatStructs(t);
    if (text(t) == "@rpc") return Rpc(t);
    if (text(t) == "@is_same_type") return SameType(t);
    if (text(t) == "@import_comptime_value") return ImportedValue(t);
    if (text(t) == "@import_module") return ImportPath(t);
    if (text(t) == "@activate" || text(t) == "@bind_local_task" || text(t) == "@bind_data_task") {
      return TaskIds(t);
    }
    if (text(t) == "@load_to_dsr") return DsrOfMem4d(t);
    if (text(t) == "@bind_task") return BindTask(t);
    if (text(t) == "@get_color_id") return Replace(begin(t), end(t), "@get_int");
    if (text(t) == "@get_color") return ColorAbove23(t);
    if (text(t) == "@initialize_queue") return QueueNumber(t);
  } else if (kind(t) == TokenKind::kDot && Is(t + 1, TokenKind::kLBrace)) {
    return StructLiteral(t);
  }
}

// `NAME: comptime_struct` loses its type where one may be left out; in a parameter list it becomes
// anytype, known at compile time.
void Rewriter::TypeName(uint32_t t) {
  const Form form = text(t) == "comptime_struct" ? Form::kComptimeStruct : Form::kImportedModule;
  const bool has_name =
      t > 2 && kind(t - 1) == TokenKind::kColon && kind(t - 2) == TokenKind::kIdentifier;
  if (has_name) {
    const TokenKind before = kind(t - 3);
    if (before == TokenKind::kParam || before == TokenKind::kConst || before == TokenKind::kVar) {
      return Replace(end(t - 2), end(t), "");
    }
    if (before == TokenKind::kComptime) return Replace(begin(t), end(t), "anytype");
    if (before == TokenKind::kLParen || before == TokenKind::kComma) {
      Replace(begin(t), end(t), "anytype");
      return Insert(begin(t - 2), "comptime ");
    }
  }
  const bool is_result =
      t > 0 && kind(t - 1) == TokenKind::kRParen && Is(t + 1, TokenKind::kLBrace);
  if (is_result && form == Form::kComptimeStruct) {
    results_.push_back(t);
    return;
  }
  Leave(form, t, "there is no type to write here");
}

void Rewriter::ColorDeclaration(uint32_t t) {
  if (!Is(t + 2, TokenKind::kSemicolon)) return;
  if (t > 0 && kind(t - 1) != TokenKind::kSemicolon && kind(t - 1) != TokenKind::kRBrace) return;
  Replace(begin(t), end(t + 1), "param " + std::string(text(t + 1)) + ": color");
}

void Rewriter::Rpc(uint32_t t) {
  if (!Is(t + 1, TokenKind::kLParen)) return;
  uint32_t last = Close(t + 1);
  if (Is(last + 1, TokenKind::kSemicolon)) ++last;
  uint32_t stop = end(last);
  // What follows on the line moves to its place; an empty line goes.
  uint32_t start = begin(t);
  while (stop < file_.text.size() && (file_.text[stop] == ' ' || file_.text[stop] == '\r')) ++stop;
  if (stop < file_.text.size() && file_.text[stop] == '\n') {
    uint32_t line = start;
    while (line > 0 && (file_.text[line - 1] == ' ' || file_.text[line - 1] == '\t')) --line;
    if (line > 0 && file_.text[line - 1] == '\n') {
      start = line;
      ++stop;
    }
  }
  Replace(start, stop, "");
}

void Rewriter::SameType(uint32_t t) {
  if (!Is(t + 1, TokenKind::kLParen)) return;
  const std::vector<Range> parts = Parts(t + 1);
  if (parts.size() != 2) return;
  Replace(begin(t), end(Close(t + 1)),
          "(" + Rewritten(parts[0]) + " == " + Rewritten(parts[1]) + ")");
}

void Rewriter::ImportedValue(uint32_t t) {
  if (!Is(t + 1, TokenKind::kLParen)) return;
  const std::set<std::string> facts = Facts(Form::kImportComptimeValue, t);
  if (facts.size() == 1 && !facts.begin()->empty()) {
    return Replace(begin(t), end(Close(t + 1)), *facts.begin());
  }
  Leave(Form::kImportComptimeValue, t,
        facts.empty() ? "it is not evaluated" : "its value has no literal of one kind");
}

void Rewriter::ImportPath(uint32_t t) {
  if (!Is(t + 1, TokenKind::kLParen) || !Is(t + 2, TokenKind::kString)) return;
  const std::string path(text(t + 2));
  if (path.starts_with("\"<memcpy_multi/")) {
    Replace(begin(t + 2), end(t + 2), "\"<memcpy/" + path.substr(15));
  } else if (path == "\"<math/type_helpers>\"") {
    Replace(begin(t + 2), end(t + 2), "\"<types>\"");
  } else if (path.starts_with("\"<tile_config/target")) {
    Leave(Form::kTileConfigTarget, t + 2, "its names are in <tile_config> and <time>");
  }
}

void Rewriter::Member(uint32_t t) {
  if (text(t) == "LAUNCH") {
    const std::set<std::string> facts = Facts(Form::kLaunch, t);
    if (facts.size() != 1 || facts.begin()->empty() || t < 2) return;
    return Replace(begin(t - 2), end(t), "@get_color(" + *facts.begin() + ")");
  }
  if (text(t) == "reg_ptr" && !Facts(Form::kTileConfigRegPtr, t).empty()) {
    Replace(begin(t), end(t), "reg_type");
    return Insert(begin(ChainStart(t)), "*");
  }
  if (text(t) == "get_color" && !Facts(Form::kTeardownColor, t).empty()) {
    return Replace(begin(t), end(t), "get_task_id");
  }
  if (text(t) != "target" || Facts(Form::kTileConfigTarget, t).empty()) return;
  const bool has_member = Is(t + 1, TokenKind::kDot) && text(t + 2) != "tsc_size_words";
  if (has_member) return Replace(begin(t - 1), end(t), "");
  Leave(Form::kTileConfigTarget, t, "tsc_size_words is in <time>");
}

std::optional<Rewriter::Range> Rewriter::Field(uint32_t open, std::string_view name) const {
  for (const Range& part : Parts(open)) {
    const bool is_field = part.second - part.first > 3 && kind(part.first) == TokenKind::kDot;
    if (is_field && text(part.first + 1) == name) return part;
  }
  return std::nullopt;
}

// With its comma, or the one before it.
void Rewriter::DropField(Range field, uint32_t open) {
  uint32_t start = begin(field.first);
  uint32_t stop = end(field.second - 1);
  if (kind(field.second) == TokenKind::kComma && field.second + 1 != Close(open)) {
    stop = begin(field.second + 1);
  } else if (kind(field.first - 1) == TokenKind::kComma) {
    start = begin(field.first - 1);
  }
  Replace(start, stop, "");
}

void Rewriter::StructLiteral(uint32_t t) {
  const uint32_t open = t + 1;
  form_at_ = begin(open);
  const std::pair<Form, const char*> kDropped[] = {{Form::kLaunchParam, "LAUNCH"},
                                                   {Form::kDataTypeParam, "data_type"}};
  for (const auto& [form, name] : kDropped) {
    if (Facts(form, open).empty()) continue;
    const std::optional<Range> field = Field(open, name);
    if (field) DropField(*field, open);
  }
  if (!Facts(Form::kSimdModeOfWse2, open).empty()) {
    const std::optional<Range> mode = Field(open, "simd_mode");
    if (mode) {
      Insert(begin(mode->first + 3), "if (@is_arch(\"wse3\")) .{ .simd_max = true } else ");
    }
  }
  for (const std::string& fact : Facts(Form::kColorAsTaskId, open)) ActivatedField(open, fact);
  for (const std::string& name : Facts(Form::kQueueNumber, open)) {
    if (const std::optional<Range> field = Field(open, name)) {
      Wrap({field->first + 3, field->second}, "@get_" + name);
    }
  }
  SimdModeLeftOut(open);
  QueueOfFabricColor(open);
  const std::set<std::string> queues = Facts(Form::kFabricColorAlone, open);
  if (queues.empty()) return;
  const std::optional<Range> field = Field(open, "fabric_color");
  const std::string& queue = *queues.begin();
  const size_t equals = queue.find('=');
  if (!field || queues.size() != 1 || equals == std::string::npos) {
    return Leave(Form::kFabricColorAlone, t, "no @initialize_queue binds one queue to the color");
  }
  const std::string name = queue.substr(0, equals);
  Insert(begin(field->first),
         "." + name + " = @get_" + name + "(" + queue.substr(equals + 1) + "), ");
}

void Rewriter::Wrap(Range value, const std::string& function) {
  Replace(begin(value.first), end(value.second - 1), function + "(" + Rewritten(value) + ")");
}

// In the struct itself, or in what `.on_control` is.
void Rewriter::ActivatedField(uint32_t open, std::string fact) {
  const bool is_above = fact.ends_with('+');
  if (is_above) fact.pop_back();
  std::optional<Range> field = Field(open, fact);
  const std::optional<Range> nested = Field(open, "on_control");
  if (!field && nested && Is(nested->first + 4, TokenKind::kLBrace)) {
    field = Field(nested->first + 4, fact);
  }
  if (field) WrapTaskId({field->first + 3, field->second}, is_above ? "local+" : "local");
}

// `which`: "local", "data" or "control"; with a plus where the number is that of no color.
void Rewriter::WrapTaskId(Range id, std::string which) {
  const bool is_above = which.ends_with('+');
  if (is_above) which.pop_back();
  const bool is_teardown = Rewritten(id).ends_with("get_task_id()");
  if (is_teardown && which == "local") return;
  const std::string function = "@get_" + which + "_task_id";
  if (which == "data") return Wrap(id, function);
  if (is_above && kind(id.first) == TokenKind::kIdentifier && id.second == id.first + 1) {
    task_ids_[std::string(text(id.first))].insert({id.first, function});
    out_.settled.insert(begin(id.first));
    return;
  }
  const bool is_number = text(id.first) == "@get_color" && Close(id.first + 1) + 1 == id.second;
  if (is_number) return Replace(begin(id.first), end(id.first), function);
  if (is_above) Leave(Form::kColorAbove23, id.first, "its number comes from elsewhere");
  Wrap(id, "@get_int");
  Wrap(id, function);
}

void Rewriter::BindTask(uint32_t t) {
  if (!Is(t + 1, TokenKind::kLParen)) return;
  const std::set<std::string> kinds = Facts(Form::kBindTask, t);
  const std::vector<Range> parts = Parts(t + 1);
  if (kinds.size() != 1 || parts.size() != 2) {
    return Leave(Form::kBindTask, t,
                 kinds.empty() ? "it is not evaluated" : "it is evaluated for ids of two kinds");
  }
  std::string which = *kinds.begin();
  WrapTaskId(parts[1], which);
  if (which.ends_with('+')) which.pop_back();
  Replace(begin(t), end(t), "@bind_" + which + "_task");
}

// `const NAME: color = @get_color(28)` becomes an id if NAME stands for ids of tasks only.
void Rewriter::ColorAbove23(uint32_t t) {
  if (Facts(Form::kColorAbove23, t).empty()) return;
  for (const FileEdit& edit : out_.edits) {
    if (edit.begin == begin(t)) return;  // as the id of a task
  }
  uint32_t name = t >= 2 && kind(t - 1) == TokenKind::kEqual ? t - 2 : 0;
  const bool is_typed = name > 2 && text(name) == "color" && kind(name - 1) == TokenKind::kColon;
  if (is_typed) name -= 2;
  const bool is_const = name > 0 && kind(name - 1) == TokenKind::kConst;
  const auto uses = task_ids_.find(std::string(text(name)));
  std::set<std::string> functions;
  size_t num_uses = 0;
  if (is_const && uses != task_ids_.end()) {
    for (const auto& [at, function] : uses->second) functions.insert(function);
    for (uint32_t at = 0; at < tokens_.size(); ++at) {
      if (kind(at) == TokenKind::kIdentifier && text(at) == text(name)) ++num_uses;
    }
  }
  if (functions.size() != 1 || num_uses != uses->second.size() + 1) {
    return Leave(Form::kColorAbove23, t, "not every use of it is the id of a task in this file");
  }
  Replace(begin(t), end(t), *functions.begin());
  if (is_typed) Replace(begin(t - 2), end(t - 2), functions.begin()->substr(5));
}

void Rewriter::DsrOfMem4d(uint32_t t) {
  const std::set<std::string> facts = Facts(Form::kDsrOfMem4d, t);
  if (facts.empty() || !Is(t + 1, TokenKind::kLParen)) return;
  const std::vector<Range> parts = Parts(t + 1);
  if (facts.size() != 1 || parts.size() < 2) {
    return Leave(Form::kDsrOfMem4d, t, "it takes different registers for different DSDs");
  }
  const std::string& fact = *facts.begin();
  const size_t comma = fact.find(',');
  std::string registers;
  for (int n = 0; n < std::stoi(fact.substr(comma + 1)); ++n) {
    registers += (n == 0 ? " " : ", ") + ("@get_sr(" + std::to_string(n)) + ")";
  }
  Insert(begin(parts[1].first), "@get_xdsr(" + fact.substr(0, comma) + "), .{" + registers +
                                    (registers.empty() ? "}, " : " }, "));
  Replace(begin(t), end(t), "@load_to_dsr_xdsr_sr");
}

void Rewriter::QueueNumber(uint32_t t) {
  if (!Is(t + 1, TokenKind::kLParen)) return;
  const std::vector<Range> parts = Parts(t + 1);
  if (parts.empty()) return;
  std::set<std::string> sides;
  for (uint32_t at = parts[0].first; at < parts[0].second; ++at) {
    sides.merge(Facts(Form::kQueueNumber, at));
  }
  if (sides.size() == 1) Wrap(parts[0], "@get_" + *sides.begin() + "_queue");
}

// The first token of `a.b.c` that ends in t.
uint32_t Rewriter::ChainStart(uint32_t t) const {
  while (t >= 2 && kind(t - 1) == TokenKind::kDot && kind(t - 2) == TokenKind::kIdentifier) t -= 2;
  return t;
}

void Rewriter::TaskIds(uint32_t t) {
  if (!Is(t + 1, TokenKind::kLParen)) return;
  for (const Range& part : Parts(t + 1)) {
    std::set<std::string> kinds;  // at whichever token of the argument messages point
    for (uint32_t at = part.first; at < part.second; ++at) {
      kinds.merge(Facts(Form::kColorAsTaskId, at));
    }
    if (kinds.size() == 1) WrapTaskId(part, *kinds.begin());
    if (kinds.size() > 1) {
      Leave(Form::kColorAsTaskId, part.first, "it is evaluated for tasks of two kinds");
    }
  }
}

void Rewriter::SimdModeLeftOut(uint32_t open) {
  if (Facts(Form::kSimdModeLeftOut, open).empty()) return;
  const std::vector<Range> fields = Parts(open);
  if (fields.empty()) return;
  Insert(begin(fields.front().first), ".simd_mode = .{ .simd_off = true }, ");
}

// The queue gets a comptime block of its own: behind the declaration that makes the DSD, or at the
// end of the file if that is a function.
void Rewriter::QueueOfFabricColor(uint32_t open) {
  std::set<std::string> facts = Facts(Form::kQueueOfFabricColor, open);
  std::vector<std::string> absent;  // numbers of colors that stand for none
  const auto is_absent = [](const std::string& fact) { return fact.starts_with("-,"); };
  for (const std::string& fact : facts) {
    if (is_absent(fact)) absent.push_back(fact.substr(2));
  }
  std::erase_if(facts, is_absent);
  const bool is_bound_somewhere = facts.erase("=") != 0;
  if (facts.empty()) return;
  if (is_bound_somewhere) {
    return Leave(Form::kQueueOfFabricColor, open, "some PEs bind its queue themselves");
  }
  const std::optional<Range> queue_field = Field(open, "input_queue");
  const std::optional<Range> color_field = Field(open, "fabric_color");
  std::string queue;
  std::string color;
  bool is_named = false;
  if (queue_field && color_field) {
    const Range queue_names = {queue_field->first + 3, queue_field->second};
    const Range color_names = {color_field->first + 3, color_field->second};
    is_named = IsOfTopLevel(queue_names) && IsOfTopLevel(color_names);
    queue = Rewritten(queue_names);
    color = Rewritten(color_names);
  }
  if (!is_named) {
    if (facts.size() != 1) {
      return Leave(Form::kQueueOfFabricColor, open, "its queue and color have no names at the top");
    }
    const size_t comma = facts.begin()->find(',');
    queue = "@get_input_queue(" + facts.begin()->substr(0, comma) + ")";
    color = "@get_color(" + facts.begin()->substr(comma + 1) + ")";
  }
  const auto [bound, is_new] = queues_bound_.emplace(queue, color);
  if (!is_new && bound->second != color) {
    return Leave(Form::kQueueOfFabricColor, open, "its queue takes another color in this file");
  }
  if (!is_new) return;
  // Where the file binds the queue for the other architecture, ours is for this one only.
  const bool is_elsewhere =
      file_.text.find("@initialize_queue(" + queue + ",") != std::string::npos;
  std::string guard = is_elsewhere ? "if (@is_arch(\"wse2\")) " : "";
  if (is_named && IsUntypedParam(color)) guard += "if (@type_of(" + color + ") == color) ";
  if (is_named) {
    for (const std::string& number : absent) {
      const bool is_bound = std::any_of(facts.begin(), facts.end(), [&](const std::string& fact) {
        return fact.ends_with("," + number);
      });
      if (!is_bound) guard += "if (@get_int(" + color + ") != " + number + ") ";
    }
  }
  Insert(end(TopLevelEnd(open)), "\ncomptime { " + guard + "@initialize_queue(" + queue +
                                     ", .{ .color = " + color + " }); }");
}

uint32_t Rewriter::DepthOf(uint32_t t) const {
  uint32_t depth = 0;
  for (uint32_t at = 0; at < t; ++at) {
    const TokenKind k = kind(at);
    if (k == TokenKind::kLBrace) ++depth;
    if (k == TokenKind::kRBrace && depth > 0) --depth;
  }
  return depth;
}

// Modules that work on a color that may not be there have a param without a type for it.
bool Rewriter::IsUntypedParam(std::string_view name) const {
  for (uint32_t t = 0; t + 2 < tokens_.size(); ++t) {
    if (kind(t) == TokenKind::kParam && text(t + 1) == name) return !Is(t + 2, TokenKind::kColon);
  }
  return false;
}

bool Rewriter::IsOfTopLevel(Range range) const {
  for (uint32_t t = range.first; t < range.second; ++t) {
    if (kind(t) != TokenKind::kIdentifier || kind(t - 1) == TokenKind::kDot) continue;
    bool is_declared = false;
    for (uint32_t at = 0; at + 1 < tokens_.size() && !is_declared; ++at) {
      const TokenKind k = kind(at);
      const bool declares =
          k == TokenKind::kConst || k == TokenKind::kVar || k == TokenKind::kParam;
      is_declared = declares && text(at + 1) == text(t) && DepthOf(at) == 0;
    }
    if (!is_declared) return false;
  }
  return true;
}

uint32_t Rewriter::TopLevelEnd(uint32_t t) const {
  uint32_t depth = DepthOf(t);
  for (uint32_t at = t; at + 1 < tokens_.size(); ++at) {
    const TokenKind k = kind(at);
    if (k == TokenKind::kLBrace) ++depth;
    if (k == TokenKind::kRBrace && depth > 0 && --depth == 0) {
      // A declaration ends in a semicolon, a function or a block in its brace.
      bool ends_here = true;
      for (uint32_t next = at + 1; next + 1 < tokens_.size(); ++next) {
        const TokenKind n = kind(next);
        if (n == TokenKind::kSemicolon) return next;
        if (n != TokenKind::kRParen && n != TokenKind::kComma) break;
        ends_here = false;
      }
      if (ends_here) return at;
    }
    if (k == TokenKind::kSemicolon && depth == 0) return at;
  }
  return t;
}

}  // namespace csl::migrate
