// SPDX-License-Identifier: Apache-2.0
// Run-time globals and their initial contents; comptime cells; provenance of parameter leaves.
#include <fmt/format.h>

#include "base/check.h"
#include "compiler/sema/handler.h"
#include "compiler/types/encode.h"
#include "compiler/types/type_layout.h"
#include "fabric/isa/descriptor.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

Analyzer::Analyzer(const Context& ctx, Purpose p)
    : context(ctx),
      types(*ctx.types),
      purpose(p),
      step_limit_(ctx.options.comptime_step_limit != 0 ? ctx.options.comptime_step_limit
                                                       : UINT64_MAX) {}

types::SymbolId Analyzer::AddSymbol(Symbol s, ir::Global global) {
  const ir::GlobalId id = module.AddGlobal(std::move(global));
  CHECK(id.index == symbols_.size());
  symbols_.push_back(s);
  return types::SymbolId(id.index);
}

void Analyzer::SetInitialValue(types::SymbolId id, const Value& value, Frame* user,
                               source::Span span) {
  diagnostics::ProblemOr<types::EncodedValue> encoded = types::Encode(types, value);
  if (!encoded.ok()) {
    FailWith(*user, span, encoded.status());
    return;
  }
  if (encoded->all_zero()) return;
  ir::Global& target = module.global(global(id));
  for (const types::ValueRelocation& r : encoded->relocations) {
    ir::Relocation relocation;
    relocation.offset = r.offset;
    relocation.addend = r.addend;
    if (r.symbol.valid()) {
      relocation.symbol = r.symbol.index;
    } else {
      relocation.is_function = true;
      const types::TypeId type = FunctionType(r.instance, r.decl.index, user);
      if (!type.valid()) continue;
      const ir::FunctionId fn = FunctionFor(Value::Function(type, r.instance, r.decl), user, span);
      if (!fn.valid()) continue;
      relocation.symbol = fn.index;
    }
    target.relocations.push_back(relocation);
  }
  target.bytes = std::move(encoded->bytes);
}

types::SymbolId Analyzer::ConstantSymbol(const Value& value, Frame& user, source::Span span) {
  auto& candidates = constants_[HashOf(value)];
  for (const auto& [known, symbol] : candidates) {
    if (Identical(known, value)) return symbol;
  }
  ir::Global global;
  global.name = fmt::format(".const.{}", module.globals.size());
  global.size_bytes = static_cast<uint32_t>(types::SizeOf(types, value.type()));
  global.alignment = types::AlignOf(types, value.type());
  global.is_const = true;
  global.type_text = TypeText(value.type());
  const types::SymbolId id = AddSymbol({value.type(), true, {}, {}}, std::move(global));
  candidates.emplace_back(value, id);
  SetInitialValue(id, value, &user, span);
  return id;
}

types::SymbolId Analyzer::FifoSymbol(uint16_t fifo) {
  const auto known = fifo_symbols_.find(fifo);
  if (known != fifo_symbols_.end()) return known->second;
  isa::Descriptor descriptor;
  descriptor.header.kind = isa::DsdKind::kFifo;
  descriptor.base = fifo;
  descriptor.extent[0] = 0;
  ir::Global global;
  global.name = fmt::format(".fifo.{}", fifo);
  global.size_bytes = isa::kDsdBytes;
  global.is_const = true;
  global.type_text = TypeText(types::kFifoDsdType);
  global.bytes = descriptor.Encode();
  const types::SymbolId id = AddSymbol({types::kFifoDsdType, true, {}, {}}, std::move(global));
  fifo_symbols_[fifo] = id;
  return id;
}

types::CellId Analyzer::NewCell(Value value) {
  cells_.push_back(std::move(value));
  return types::CellId(static_cast<uint32_t>(cells_.size() - 1));
}

ProvenanceId Analyzer::AddProvenance(Provenance p) {
  provenances_.push_back(std::move(p));
  read_.push_back(false);
  return ProvenanceId(static_cast<uint32_t>(provenances_.size() - 1));
}

ProvenanceId Analyzer::Descend(ProvenanceId of, uint32_t element) {
  const uint64_t key = static_cast<uint64_t>(of.index) << 32 | element;
  const auto known = descended_.find(key);
  if (known != descended_.end()) return known->second;
  Provenance p = provenances_[of.index];
  p.path.push_back(element);
  const ProvenanceId id = AddProvenance(std::move(p));
  descended_.emplace(key, id);
  return id;
}

void Analyzer::RecordRead(ProvenanceId id) {
  if (read_[id.index]) return;
  read_[id.index] = true;
  const Provenance& p = provenances_[id.index];
  reads_.emplace(p.binding, p.path);
}

}  // namespace csl::sema
