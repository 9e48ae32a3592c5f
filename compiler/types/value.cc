// SPDX-License-Identifier: Apache-2.0
// Values: making, reading and changing.
#include "compiler/types/value.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "compiler/types/value_object.h"

namespace csl::types {

// ---- shared objects ----

void Value::AddRef() const { object_->AddRef(); }
void Value::Release() const { object_->Release(); }

Value::Value(TypeId type, Form form, ValueObject* object)
    : type_(type), form_(form), has_object_(true) {
  object_ = object;
}

Value::Value(TypeId type, Form form, uint64_t bits) : type_(type), form_(form) { bits_ = bits; }

// ---- making ----

Value Value::Immediate(TypeId type, uint64_t bits) { return Value(type, Form::kImmediate, bits); }

Value Value::ComptimeInt(int64_t v) {
  return Immediate(kComptimeIntType, static_cast<uint64_t>(v));
}

Value Value::ComptimeInt(const BigInt& v) {
  if (v.FitsInt64()) return Immediate(kComptimeIntType, v.Low64());
  return Wide(kComptimeIntType, v);
}

Value Value::ComptimeFloat(double v) {
  return Immediate(kComptimeFloatType, std::bit_cast<uint64_t>(v));
}

Value Value::String(std::string s) {
  return Value(kComptimeStringType, Form::kString, new StringObject(std::move(s)));
}

Value Value::Wide(TypeId type, BigInt v) {
  return Value(type, Form::kBigInt, new BigIntObject(std::move(v)));
}

Value Value::Aggregate(TypeId type, std::vector<Value> elements) {
  return Value(type, Form::kAggregate, new ElementsObject(std::move(elements)));
}

Value Value::Filled(TypeId array, uint64_t count, const Value& element) {
  if (element.form_ == Form::kImmediate) {
    return Value(array, Form::kAggregate, new DenseObject(element.type_, count, element.bits_));
  }
  return Aggregate(array, std::vector<Value>(count, element));
}

Value Value::Union(TypeId type, uint32_t field, Value v) {
  auto* object = new ElementsObject({std::move(v)});
  object->union_field = field;
  return Value(type, Form::kAggregate, object);
}

Value Value::Symbol(TypeId pointer, SymbolId symbol, int32_t byte_offset) {
  return Value(pointer, Form::kSymbol,
               uint64_t{symbol.index} << 32 | static_cast<uint32_t>(byte_offset));
}

Value Value::Cell(TypeId pointer, CellId cell, std::vector<uint32_t> path) {
  return Value(pointer, Form::kCell, new CellObject(cell, std::move(path)));
}

Value Value::Function(TypeId type, InstanceId instance, DeclId decl) {
  return Value(type, Form::kFunction, uint64_t{instance.index} << 32 | decl.index);
}

Value Value::Module(InstanceId instance) {
  return Value(kImportedModuleType, Form::kModule, uint64_t{instance.index} << 32);
}

Value Value::Dsd(TypeId type, DsdData data) {
  return Value(type, Form::kDsd, new DsdObject(std::move(data)));
}

// ---- reading ----

double Value::comptime_float() const { return std::bit_cast<double>(bits()); }

const BigInt& Value::big_int() const {
  CHECK(form_ == Form::kBigInt);
  return static_cast<const BigIntObject*>(object_)->value;
}

const std::string& Value::string() const {
  CHECK(form_ == Form::kString) << "form " << static_cast<int>(form_) << " is not a string";
  return static_cast<const StringObject*>(object_)->text;
}

size_t Value::element_count() const {
  CHECK(form_ == Form::kAggregate) << "form " << static_cast<int>(form_) << " is not an aggregate";
  return object_->size();
}

Value Value::element(size_t i) const {
  CHECK(i < element_count()) << "element " << i << " of " << element_count();
  if (const DenseObject* dense = object_->AsDense()) {
    return Immediate(dense->element_type(), dense->Get(i));
  }
  return static_cast<const ElementsObject*>(object_)->elements[i];
}

bool Value::is_zero_array() const {
  CHECK(form_ == Form::kAggregate) << "form " << static_cast<int>(form_) << " is not an aggregate";
  const DenseObject* dense = object_->AsDense();
  return dense != nullptr && dense->all_zero();
}

void Value::Unshare() {
  if (!object_->IsShared()) return;
  ValueObject* copy = object_->Copy();
  object_->Release();
  object_ = copy;
}

void Value::SetElement(size_t i, Value v) {
  CHECK(i < element_count()) << "element " << i << " of " << element_count();
  Unshare();
  if (DenseObject* dense = object_->AsDense()) {
    if (v.form_ == Form::kImmediate && v.type_ == dense->element_type()) {
      dense->Set(i, v.bits_);
      return;
    }
    // An element of another form (a pointer into an array of addresses): no longer dense.
    std::vector<Value> elements;
    for (size_t k = 0; k < dense->size(); ++k) {
      elements.push_back(Immediate(dense->element_type(), dense->Get(k)));
    }
    *this = Aggregate(type_, std::move(elements));
  }
  auto* const all = static_cast<ElementsObject*>(object_);
  all->elements[i] = std::move(v);
  all->hash = 0;
}

Value Value::TakeElement(size_t i) {
  CHECK(i < element_count()) << "element " << i << " of " << element_count();
  Unshare();
  if (object_->AsDense()) return element(i);
  auto* const all = static_cast<ElementsObject*>(object_);
  all->hash = 0;
  return std::move(all->elements[i]);
}

bool Value::is_union() const {
  return form_ == Form::kAggregate && object_->union_field_or_none() != 0xffffffff;
}

uint32_t Value::union_field() const {
  CHECK(form_ == Form::kAggregate && !object_->AsDense());
  return static_cast<const ElementsObject*>(object_)->union_field;
}

SymbolId Value::symbol() const {
  CHECK(form_ == Form::kSymbol);
  return SymbolId(static_cast<uint32_t>(bits_ >> 32));
}

int32_t Value::byte_offset() const {
  CHECK(form_ == Form::kSymbol);
  return static_cast<int32_t>(static_cast<uint32_t>(bits_));
}

CellId Value::cell() const {
  CHECK(form_ == Form::kCell);
  return static_cast<const CellObject*>(object_)->cell;
}

std::span<const uint32_t> Value::path() const {
  CHECK(form_ == Form::kCell);
  return static_cast<const CellObject*>(object_)->path;
}

InstanceId Value::instance() const {
  CHECK(form_ == Form::kFunction || form_ == Form::kModule);
  return InstanceId(static_cast<uint32_t>(bits_ >> 32));
}

DeclId Value::decl() const {
  CHECK(form_ == Form::kFunction);
  return DeclId(static_cast<uint32_t>(bits_));
}

const DsdData& Value::dsd() const {
  CHECK(form_ == Form::kDsd) << "form " << static_cast<int>(form_) << " is not a DSD";
  return static_cast<const DsdObject*>(object_)->data;
}

Value Value::WithType(TypeId type) const {
  Value copy = *this;
  copy.type_ = type;
  return copy;
}

// ---- identity ----

namespace {

uint64_t Mix(uint64_t h, uint64_t v) {
  h ^= v + 0x9e3779b97f4a7c15 + (h << 6) + (h >> 2);
  return h * 0xff51afd7ed558ccd;
}

bool SameElements(ValueObject* a, ValueObject* b, const Value& of_a, const Value& of_b) {
  if (a->size() != b->size()) return false;
  if (a->AsDense() == nullptr && b->AsDense() == nullptr) {
    return std::ranges::equal(static_cast<ElementsObject*>(a)->elements,
                              static_cast<ElementsObject*>(b)->elements,
                              [](const Value& x, const Value& y) { return Identical(x, y); });
  }
  for (size_t i = 0; i < a->size(); ++i) {
    if (!Identical(of_a.element(i), of_b.element(i))) return false;
  }
  return true;
}

// Of all elements; kept with them, since the parameters of tiles are hashed again and again.
uint64_t HashOfElements(const ElementsObject& object) {
  if (const uint64_t known = object.hash.load(std::memory_order_relaxed)) return known;
  uint64_t hash = object.elements.size();
  for (const Value& v : object.elements) hash = Mix(hash, HashOf(v));
  object.hash.store(hash, std::memory_order_relaxed);
  return hash;
}

}  // namespace

bool Identical(const DsdData& a, const DsdData& b) {
  return Identical(a.base, b.base) && a.rank == b.rank && a.extent == b.extent &&
         a.stride == b.stride && a.wraparound == b.wraparound &&
         a.wavelet_index_offset == b.wavelet_index_offset && a.queue == b.queue &&
         a.color == b.color && a.simd == b.simd && a.zero == b.zero && a.priority == b.priority &&
         a.control == b.control && a.advance_switch == b.advance_switch &&
         a.control_transform == b.control_transform && a.fifo == b.fifo;
}

bool Identical(const Value& a, const Value& b) {
  if (a.type_ != b.type_ || a.form_ != b.form_) return false;
  if (!a.has_object_) return a.bits_ == b.bits_;
  if (a.object_ == b.object_) return true;
  switch (a.form_) {
    case Form::kBigInt:
      return a.big_int() == b.big_int();
    case Form::kString:
      return a.string() == b.string();
    case Form::kCell:
      return a.cell() == b.cell() && std::ranges::equal(a.path(), b.path());
    case Form::kDsd:
      return Identical(a.dsd(), b.dsd());
    default:
      break;
  }
  if (a.object_->union_field_or_none() != b.object_->union_field_or_none()) return false;
  return SameElements(a.object_, b.object_, a, b);
}

uint64_t HashOf(const Value& v) {
  const uint64_t h = Mix(v.type_.index, static_cast<uint64_t>(v.form_));
  if (!v.has_object_) return Mix(h, v.bits_);
  switch (v.form_) {
    case Form::kBigInt:
      return Mix(Mix(h, v.big_int().Low64()), v.big_int().BitLength());
    case Form::kString:
      return Mix(h, std::hash<std::string>()(v.string()));
    case Form::kCell:
      return Mix(h, v.cell().index);
    case Form::kDsd:
      return Mix(Mix(h, HashOf(v.dsd().base)), v.dsd().extent[0]);
    default:
      break;
  }
  if (v.object_->AsDense() == nullptr) {
    return Mix(h, HashOfElements(*static_cast<const ElementsObject*>(v.object_)));
  }
  uint64_t sum = v.element_count();
  for (size_t i = 0; i < v.element_count(); ++i) sum = Mix(sum, HashOf(v.element(i)));
  return Mix(h, sum);
}

}  // namespace csl::types
