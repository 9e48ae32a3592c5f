// SPDX-License-Identifier: Apache-2.0
// @set_rectangle, @set_tile_code, @export_name, @get_rectangle.
#include <fmt/format.h>

#include "compiler/sema/handler.h"
#include "compiler/sema/signature.h"
#include "compiler/sema/tile_arg.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

// The documented room around the program's rectangle that the memcpy infrastructure needs.
bool CheckFabric(Frame& f, InstId i, int64_t width, int64_t height) {
  const Options& o = f.sema.context.options;
  if (o.fabric_width == 0) return true;
  const int64_t margin_x = o.memcpy ? 3 : 0;
  const int64_t margin_y = o.memcpy ? 1 : 0;
  const int64_t needs_x = o.offset_x + width + margin_x;
  const int64_t needs_y = o.offset_y + height + margin_y;
  if (o.memcpy && (o.offset_x < 4 || o.offset_y < 1)) {
    Fail(f, i, Kind::kOffsetsWithoutRoom, {o.offset_x, o.offset_y});
    return false;
  }
  if (needs_x <= o.fabric_width && needs_y <= o.fabric_height) return true;
  Fail(f, i, Kind::kFabricTooSmall,
       {width, height, o.offset_x, o.offset_y, needs_x, needs_y, o.fabric_width, o.fabric_height});
  return false;
}

// Silent where a call of @set_rectangle has failed.
Operand FailWithoutRectangle(Frame& f, const BuiltinCall& call) {
  if (f.sema.layout_sink.has_bad_rectangle) return Operand::Poison();
  return Fail(f, call.i, Kind::kMissingRectangle);
}

}  // namespace

std::optional<Tile> TileArg(Frame& f, const BuiltinCall& call) {
  const LayoutSink& sink = f.sema.layout_sink;
  if (!sink.has_rectangle) {
    FailWithoutRectangle(f, call);
    return std::nullopt;
  }
  const auto x = IntArg(f, call, 0, "the column of a tile", INT32_MIN, INT32_MAX);
  const auto y = IntArg(f, call, 1, "the row of a tile", INT32_MIN, INT32_MAX);
  if (!x || !y) return std::nullopt;
  const layout::Rectangle& r = sink.value.rectangle;
  if (*x < 0 || *y < 0 || *x >= r.width || *y >= r.height) {
    Fail(f, call.i, Kind::kTileOutside, {*x, *y, r.width, r.height});
    return std::nullopt;
  }
  return Tile{static_cast<uint16_t>(*x), static_cast<uint16_t>(*y)};
}

Operand Builtin_set_rectangle(Frame& f, const BuiltinCall& call) {
  LayoutSink& sink = f.sema.layout_sink;
  const auto width = IntArg(f, call, 0, "the width of the rectangle", 1, 0x7fff);
  const auto height = IntArg(f, call, 1, "the height of the rectangle", 1, 0x7fff);
  sink.has_bad_rectangle = sink.has_bad_rectangle || !width || !height;
  if (!width || !height) return Operand::Poison();
  if (sink.has_rectangle) {
    f.sema.Report(&f, f.span(call.i), Kind::kRectangleAgain)
        .Note(Kind::kNotePreviousHere, sink.rectangle_span);
    return Operand::Poison();
  }
  // A rectangle that is too large is one all the same: what stands in it can be checked.
  const bool fits = CheckFabric(f, call.i, *width, *height);
  const Options& o = f.sema.context.options;
  sink.has_rectangle = true;
  sink.rectangle_span = f.span(call.i);
  sink.value.rectangle = {static_cast<uint16_t>(*width),
                          static_cast<uint16_t>(*height),
                          o.fabric_width,
                          o.fabric_height,
                          o.offset_x,
                          o.offset_y};
  const size_t tiles = static_cast<size_t>(*width) * static_cast<size_t>(*height);
  sink.program_of.assign(tiles, lower::kNone);
  sink.tile_span.assign(tiles, {});
  return fits ? Operand::Void() : Operand::Poison();
}

namespace {

uint64_t HashProgram(const layout::Program& p) {
  uint64_t hash = p.file.index;
  for (const layout::Binding& b : p.bindings) {
    hash = hash * 0x9e3779b97f4a7c15u + std::hash<std::string>()(b.name);
    hash = hash * 0x9e3779b97f4a7c15u + HashOf(b.value);
  }
  return hash;
}

bool SameProgram(const layout::Program& a, const layout::Program& b) {
  if (a.file != b.file || a.bindings.size() != b.bindings.size()) return false;
  for (size_t n = 0; n < a.bindings.size(); ++n) {
    if (a.bindings[n].name != b.bindings[n].name ||
        !Identical(a.bindings[n].value, b.bindings[n].value)) {
      return false;
    }
  }
  return true;
}

uint32_t InternProgram(LayoutSink& sink, layout::Program program) {
  std::vector<uint32_t>& candidates = sink.programs_by_hash[HashProgram(program)];
  for (uint32_t n : candidates) {
    if (SameProgram(sink.value.programs[n], program)) return n;
  }
  candidates.push_back(static_cast<uint32_t>(sink.value.programs.size()));
  sink.value.programs.push_back(std::move(program));
  return candidates.back();
}

// The program of @set_tile_code; nullopt if reported.
std::optional<layout::Program> ReadProgram(Frame& f, const BuiltinCall& call) {
  layout::Program program;
  program.span = f.span(call.i);
  program.file = f.file.file;
  if (call.args.size() > 2) {
    const std::optional<std::string> path = StringArg(f, call, 2);
    if (!path) return std::nullopt;
    const StatusOr<source::FileId> file = f.sema.context.resolver->Load(*path, f.file.file);
    if (!file.ok()) {
      FailWith(f, f.span(call.args[2]), diagnostics::ImportProblem(file.status()));
      return std::nullopt;
    }
    program.file = *file;
  } else {
    // The layout's own file is the program: its parameters keep the values of the root.
    program.bindings = f.sema.layout_sink.value.root_bindings;
  }
  program.file_name = f.sema.context.sources->file(program.file).stable_name;
  if (call.args.size() < 4) return program;
  const source::Span span = f.span(call.args[3]);
  const std::optional<Value> params =
      KnownValue(f, f.result(call.args[3]), span, "the parameters of a tile");
  if (!params) return std::nullopt;
  types::TypeStore& s = f.sema.types;
  if (s.kind(params->type()) != types::Kind::kStruct) {
    FailAt(f, span, Kind::kExpectedKind,
           {"the parameters of a tile", "a struct", f.sema.TypeText(params->type())});
    return std::nullopt;
  }
  const auto fields = s.fields(params->type());
  for (uint32_t n = 0; n < fields.size(); ++n) {
    const Value v = params->element(n);
    if (v.form() == types::Form::kModule || v.form() == types::Form::kFunction ||
        v.form() == types::Form::kSymbol || v.form() == types::Form::kCell) {
      FailAt(f, span, Kind::kNotSupportedYet,
             {"a parameter of a tile that belongs to the layout ('" + std::string(fields[n].name) +
              "')"});
      return std::nullopt;
    }
    program.bindings.push_back({std::string(fields[n].name), v, span});
  }
  return program;
}

// The number of the program of @set_tile_code; nullopt if reported. Most calls say what a call
// before said.
std::optional<uint32_t> ProgramId(Frame& f, const BuiltinCall& call) {
  LayoutSink& sink = f.sema.layout_sink;
  const bool is_known = call.args.size() == 4 && f.result(call.args[2]).is_const() &&
                        f.result(call.args[3]).is_const();
  if (!is_known) {
    std::optional<layout::Program> program = ReadProgram(f, call);
    if (!program) return std::nullopt;
    return InternProgram(sink, *std::move(program));
  }
  const Value path = f.result(call.args[2]).value;
  const Value params = f.result(call.args[3]).value;
  const uint64_t key = HashOf(path) * 31 + HashOf(params) + f.file.file.index;
  if (const auto found = sink.known_programs.find(key); found != sink.known_programs.end()) {
    for (const KnownProgram& known : found->second) {
      if (known.importer == f.file.file && Identical(known.path, path) &&
          Identical(known.params, params)) {
        return known.program;
      }
    }
  }
  std::optional<layout::Program> program = ReadProgram(f, call);
  if (!program) return std::nullopt;
  const uint32_t id = InternProgram(sink, *std::move(program));
  constexpr size_t kMostKnown = 1 << 14;
  if (sink.num_known_programs++ < kMostKnown) {
    sink.known_programs[key].push_back({f.file.file, path, params, id});
  }
  return id;
}

}  // namespace

Operand Builtin_set_tile_code(Frame& f, const BuiltinCall& call) {
  LayoutSink& sink = f.sema.layout_sink;
  const std::optional<Tile> tile = TileArg(f, call);
  if (!tile) return Operand::Poison();
  const std::optional<uint32_t> program = ProgramId(f, call);
  if (!program) return Operand::Poison();
  const size_t at = size_t{tile->y} * sink.value.rectangle.width + tile->x;
  if (sink.program_of[at] != lower::kNone) {
    f.sema.Report(&f, f.span(call.i), Kind::kTileAgain, {tile->x, tile->y})
        .Note(Kind::kNotePreviousHere, sink.tile_span[at]);
    return Operand::Poison();
  }
  sink.program_of[at] = *program;
  sink.tile_span[at] = f.span(call.i);
  return Operand::Void();
}

Operand Builtin_export_name(Frame& f, const BuiltinCall& call) {
  types::TypeStore& s = f.sema.types;
  const std::optional<std::string> name = StringArg(f, call, 0);
  const std::optional<TypeId> type = TypeArg(f, call, 1);
  if (!name || !type) return Operand::Poison();
  layout::ExportedName exported;
  exported.name = *name;
  exported.type = *type;
  exported.type_text = f.sema.TypeText(*type);
  exported.span = f.span(call.i);
  constexpr size_t kMaxParameters = 15;
  if (s.kind(*type) == types::Kind::kFn && s.params(*type).size() > kMaxParameters) {
    return Fail(f, call.args[1], Kind::kHostFunctionParameters,
                {kMaxParameters, s.params(*type).size()});
  }
  if (!types::IsHostVisible(s, *type)) {
    return Fail(f, call.args[1], Kind::kExportNotHostVisible, {exported.type_text});
  }
  if (s.kind(*type) == types::Kind::kFn) {
    exported.kind = layout::ExportKind::kFunc;
    for (const types::FnParam& param : s.params(*type)) {
      exported.inputs.push_back({"", f.sema.TypeText(param.type)});
    }
  } else if (call.args.size() < 3) {
    return Fail(f, call.i, Kind::kExportMutabilityMissing);
  } else {
    const std::optional<Value> is_mutable = KnownArg(f, call, 2, "the mutability");
    if (!is_mutable) return Operand::Poison();
    if (is_mutable->type() != types::kBoolType) {
      return Fail(f, call.args[2], Kind::kExpectedKind,
                  {"the mutability of an export", "a bool", f.sema.TypeText(is_mutable->type())});
    }
    exported.is_mutable = is_mutable->AsBool();
  }
  for (const layout::ExportedName& other : f.sema.layout_sink.value.exports) {
    if (other.name != *name) continue;
    f.sema.Report(&f, f.span(call.i), Kind::kExportAgain, {*name})
        .Note(Kind::kNotePreviousHere, other.span);
    return Operand::Poison();
  }
  f.sema.layout_sink.value.exports.push_back(std::move(exported));
  return Operand::Void();
}

Operand Builtin_get_rectangle(Frame& f, const BuiltinCall& call) {
  types::TypeStore& s = f.sema.types;
  if (f.sema.purpose == Purpose::kLayout && !f.sema.layout_sink.has_rectangle) {
    return FailWithoutRectangle(f, call);
  }
  const layout::Rectangle& r =
      f.sema.layout != nullptr ? f.sema.layout->rectangle : f.sema.layout_sink.value.rectangle;
  auto pair = [&](uint16_t width, uint16_t height) {
    const types::Field fields[] = {{"width", types::kU16Type}, {"height", types::kU16Type}};
    return Value::Aggregate(s.AnonStruct(fields), {Value::Immediate(types::kU16Type, width),
                                                   Value::Immediate(types::kU16Type, height)});
  };
  const Value fabric = pair(r.fabric_width, r.fabric_height);
  const Value offsets = pair(r.offset_x, r.offset_y);
  const types::Field fields[] = {{"width", types::kU16Type},
                                 {"height", types::kU16Type},
                                 {"fabric", fabric.type()},
                                 {"offsets", offsets.type()}};
  return Operand::Const(Value::Aggregate(
      s.AnonStruct(fields), {Value::Immediate(types::kU16Type, r.width),
                             Value::Immediate(types::kU16Type, r.height), fabric, offsets}));
}

}  // namespace csl::sema
