// SPDX-License-Identifier: Apache-2.0
// @get_config, @set_config: words of the configuration space, at run time or before the start.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/sema/handler.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

namespace {

struct AddressRange {
  int64_t first = 0;
  int64_t last = 0;

  bool Meets(const AddressRange& other) const { return first <= other.last && other.first <= last; }
};

// Words that other builtins and the library look after (docs/formats/configuration_words.md).
struct Reserved {
  AddressRange range;
  std::string_view what;
};
constexpr Reserved kReservedWse2[] = {
    {{0x7a60, 0x7abf}, "filters"},
    {{0x7b60, 0x7b67}, "input queues"},
    {{0x7f20, 0x7f37}, "routes"},
    {{0x7f40, 0x7f57}, "switches"},
};
constexpr Reserved kReservedWse3[] = {
    {{0x7a60, 0x7abf}, "filters"},  {{0x7b60, 0x7b67}, "input queues"},
    {{0x7c00, 0x7c17}, "routes"},   {{0x7c20, 0x7c37}, "switches"},
    {{0x7c40, 0x7c9f}, "switches"},
};

// What a word holds that nothing has set; nullopt where that is not known.
std::optional<uint16_t> DefaultOf(uint64_t address) {
  constexpr uint64_t kTaskPriority = 0x7a00, kExceptionMask = 0x7a40;
  constexpr uint64_t kMainThreadPriority = 0x7a41, kControlTransformMask = 0x7a42;
  if (address == kExceptionMask) return uint16_t{0xffff};
  if (address == kMainThreadPriority || address == kControlTransformMask) return uint16_t{0};
  if (address >= kTaskPriority && address < kTaskPriority + 64) return uint16_t{0};
  return std::nullopt;
}

std::string Hex(int64_t address) { return fmt::format("{:#06x}", address); }

std::span<const Reserved> ReservedOf(const Frame& f) {
  if (f.sema.context.options.arch == Arch::kWse3) return kReservedWse3;
  return kReservedWse2;
}

// One bound of a range. False if it is not an integer of 16 bits.
bool ReadBound(Frame& f, const Value& v, int64_t* out) {
  const types::TypeStore& s = f.sema.types;
  if (!types::IsAnyInt(s, v.type())) return false;
  const types::BigInt n = types::ToBigInt(s, v);
  *out = static_cast<int64_t>(n.Low64());
  return n >= types::BigInt(0) && n <= types::BigInt(0xffff);
}

// `.{ first, last }`, or a tuple of such. False if it is neither.
bool ReadRanges(Frame& f, const Value& v, std::vector<AddressRange>* out) {
  if (!f.sema.types.is_tuple(v.type())) return false;
  AddressRange range;
  if (v.element_count() == 2 && ReadBound(f, v.element(0), &range.first) &&
      ReadBound(f, v.element(1), &range.last)) {
    out->push_back(range);
    return range.first <= range.last;
  }
  for (size_t n = 0; n < v.element_count(); ++n) {
    const Value element = v.element(n);
    if (!f.sema.types.is_tuple(element.type()) || element.element_count() != 2 ||
        !ReadRanges(f, element, out)) {
      return false;
    }
  }
  return v.element_count() > 0;
}

bool RefuseReserved(Frame& f, const BuiltinCall& call, const AddressRange& range) {
  for (const Reserved& reserved : ReservedOf(f)) {
    if (!reserved.range.Meets(range)) continue;
    Fail(f, call.i, Kind::kReservedWords,
         {Hex(reserved.range.first), Hex(reserved.range.last), reserved.what,
          BuiltinName(call.kind)});
    return false;
  }
  return true;
}

// The address may be one of these only: those given, or the known address alone. False if reported.
bool CheckAddress(Frame& f, const BuiltinCall& call, const Operand& address, size_t ranges_at) {
  std::optional<int64_t> known;
  if (address.is_const()) known = Use(f, address).bits();
  std::vector<AddressRange> ranges;
  if (call.args.size() > ranges_at) {
    const std::optional<Value> v = KnownArg(f, call, ranges_at, "the address ranges");
    if (!v) return false;
    if (!ReadRanges(f, *v, &ranges)) {
      Fail(f, call.args[ranges_at], Kind::kExpectedKind,
           {"the address ranges", "a tuple of two addresses in order, or a tuple of such",
            f.sema.TypeText(v->type())});
      return false;
    }
    const auto has = [&](const AddressRange& r) { return r.first <= *known && *known <= r.last; };
    if (known && std::none_of(ranges.begin(), ranges.end(), has)) {
      Fail(f, call.args[0], Kind::kAddressOutsideRanges, {Hex(*known)});
      return false;
    }
  }
  if (known) return RefuseReserved(f, call, {*known, *known});
  return std::all_of(ranges.begin(), ranges.end(),
                     [&](const AddressRange& r) { return RefuseReserved(f, call, r); });
}

Operand ReadWord(Frame& f, const BuiltinCall& call, bool checked) {
  const Operand address = CoercedArg(f, call, 0, types::kU16Type);
  if (address.is_poison()) return address;
  if (checked && !CheckAddress(f, call, address, 1)) return Operand::Poison();
  if (f.emits()) {
    const ir::ValueId args[] = {ToScalar(f, address, f.span(call.i))};
    const ir::SysOp op = checked ? ir::SysOp::kConfigRead : ir::SysOp::kConfigReadUnchecked;
    return Operand::Runtime(types::kU16Type, f.builder->Sys(op, args));
  }
  const std::optional<Value> v = KnownValue(f, address, f.span(call.args[0]), "the address");
  if (!v) return Operand::Poison();
  for (const ConfigWord& word : f.sema.config.words) {
    if (word.address == v->bits()) {
      return Operand::Const(Value::Immediate(types::kU16Type, word.value));
    }
  }
  if (const std::optional<uint16_t> initial = DefaultOf(v->bits())) {
    return Operand::Const(Value::Immediate(types::kU16Type, *initial));
  }
  return Fail(f, call.i, Kind::kConfigWordUnset);
}

// Before the start: the last write wins.
void SetBeforeStart(TileConfig& config, ConfigWord word) {
  const auto place = std::lower_bound(
      config.words.begin(), config.words.end(), word,
      [](const ConfigWord& a, const ConfigWord& b) { return a.address < b.address; });
  if (place != config.words.end() && place->address == word.address) {
    *place = word;
  } else {
    config.words.insert(place, word);
  }
}

// A word of a color's route or switch may change at run time: checks of routes leave the program's
// colors alone.
void NoteReconfiguration(Frame& f, const Operand& address) {
  uint32_t& colors = f.sema.config.reconfigured_colors;
  if (!address.is_const()) colors = UINT32_MAX;
  if (!address.is_const()) return;
  // Routes, switches and their positions lie above the words of queues, tasks and filters.
  constexpr uint16_t kFirstWordOfColors = 0x7c00;
  if (Use(f, address).bits() >= kFirstWordOfColors) colors = UINT32_MAX;
}

Operand WriteWord(Frame& f, const BuiltinCall& call, bool checked) {
  const Operand address = CoercedArg(f, call, 0, types::kU16Type);
  const Operand value = CoercedArg(f, call, 1, types::kU16Type);
  if (address.is_poison() || value.is_poison()) return Operand::Poison();
  if (checked && !CheckAddress(f, call, address, 2)) return Operand::Poison();
  if (f.emits()) {
    NoteReconfiguration(f, address);
    const ir::ValueId args[] = {ToScalar(f, address, f.span(call.i)),
                                ToScalar(f, value, f.span(call.i))};
    f.builder->Sys(checked ? ir::SysOp::kConfigWrite : ir::SysOp::kConfigWriteUnchecked, args);
    return Operand::Void();
  }
  const auto at = KnownValue(f, address, f.span(call.args[0]), "the address");
  const auto v = KnownValue(f, value, f.span(call.args[1]), "the value");
  if (!at || !v) return Operand::Poison();
  if (at->bits() == image::kExceptionMask && image::UnmasksExceptions(v->bits() & 0xffff)) {
    return Fail(f, call.i, Kind::kNotSupportedYet,
                {"exceptions that stop a PE (exception mask " + Hex(v->bits()) +
                 "; bits 2 to 7 must be 1)"});
  }
  SetBeforeStart(f.sema.config,
                 {static_cast<uint16_t>(at->bits()), static_cast<uint16_t>(v->bits())});
  return Operand::Void();
}

}  // namespace

Operand Builtin_get_config(Frame& f, const BuiltinCall& call) { return ReadWord(f, call, true); }
Operand Builtin_get_config_unchecked(Frame& f, const BuiltinCall& call) {
  return ReadWord(f, call, false);
}
Operand Builtin_set_config(Frame& f, const BuiltinCall& call) { return WriteWord(f, call, true); }
Operand Builtin_set_config_unchecked(Frame& f, const BuiltinCall& call) {
  return WriteWord(f, call, false);
}

}  // namespace csl::sema
