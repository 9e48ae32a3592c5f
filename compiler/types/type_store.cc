// SPDX-License-Identifier: Apache-2.0
// Interning of types: one record a type, found again by its whole content.
#include "compiler/types/type_store.h"

#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/check.h"

namespace csl::types {
namespace {

// Bits of Record::flags; their meaning depends on the kind.
constexpr uint8_t kSigned = 1;
constexpr uint8_t kConstPointer = 1;
constexpr uint8_t kManyPointer = 2;
constexpr uint8_t kTask = 1;
constexpr uint8_t kAnon = 1;
constexpr uint8_t kTupleFlag = 2;

std::optional<uint32_t> ParseBits(std::string_view digits) {
  if (digits.empty() || digits.size() > 8 || (digits.size() > 1 && digits[0] == '0')) {
    return std::nullopt;
  }
  uint32_t bits = 0;
  for (char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    bits = bits * 10 + static_cast<uint32_t>(c - '0');
  }
  if (bits > TypeStore::kMaxIntBits) return std::nullopt;
  return bits;
}

}  // namespace

// Vectors hold views and ids, so that two records are equal iff all members are (but the name).
struct TypeStore::Record {
  Kind kind = Kind::kVoid;
  uint8_t flags = 0;
  Packing packing = Packing::kPlain;
  uint32_t bits = 0;  // kInt
  TypeId inner;       // pointee, element, result, underlying
  uint64_t site = 0;
  std::vector<uint32_t> dims;
  std::vector<Field> fields;
  std::vector<FnParam> params;
  std::vector<EnumMember> members;
  std::string_view name;

  bool SameType(const Record& o) const {
    return kind == o.kind && flags == o.flags && packing == o.packing && bits == o.bits &&
           inner == o.inner && site == o.site && dims == o.dims && fields == o.fields &&
           params == o.params && members == o.members;
  }
  uint64_t Hash() const {
    uint64_t h =
        static_cast<uint64_t>(kind) << 32 | uint64_t{flags} << 8 | static_cast<uint64_t>(packing);
    auto mix = [&h](uint64_t v) { h = (h ^ (v + 0x9e3779b97f4a7c15)) * 0xff51afd7ed558ccd; };
    auto mix_name = [&mix](std::string_view n) { mix(std::hash<std::string_view>()(n)); };
    mix(bits);
    mix(inner.index);
    mix(site);
    for (uint32_t d : dims) mix(d);
    for (const Field& f : fields) mix_name(f.name), mix(f.type.index);
    for (const FnParam& p : params) mix(p.type.index), mix(p.is_comptime);
    for (const EnumMember& m : members) mix_name(m.name), mix(static_cast<uint64_t>(m.value));
    return h ^ h >> 29;
  }
};

// Records live in chunks that never move, so readers need no lock.
class TypeStore::Impl {
 public:
  static constexpr uint32_t kChunk = 1024;
  static constexpr uint32_t kMaxChunks = 16384;

  ~Impl() {
    for (auto& chunk : chunks_) delete[] chunk.load();
  }

  const Record& Get(uint32_t index) const {
    CHECK(index < size_.load(std::memory_order_acquire)) << "type " << index;
    return chunks_[index / kChunk].load(std::memory_order_acquire)[index % kChunk];
  }

  TypeId Intern(const Record& key) {
    const uint64_t hash = key.Hash();
    const std::lock_guard lock(mutex_);
    auto [first, last] = by_hash_.equal_range(hash);
    for (; first != last; ++first) {
      if (Get(first->second).SameType(key)) return TypeId(first->second);
    }
    const uint32_t index = AppendLocked(key);
    by_hash_.emplace(hash, index);
    return TypeId(index);
  }

  uint32_t AppendLocked(const Record& record) {
    const uint32_t index = size_.load(std::memory_order_relaxed);
    CHECK(index < kChunk * kMaxChunks) << "too many types";
    auto& chunk = chunks_[index / kChunk];
    if (chunk.load(std::memory_order_relaxed) == nullptr) chunk.store(new Record[kChunk]);
    Record& slot = chunk.load(std::memory_order_relaxed)[index % kChunk];
    slot = record;
    slot.name = KeepLocked(record.name);
    for (Field& f : slot.fields) f.name = KeepLocked(f.name);
    for (EnumMember& m : slot.members) m.name = KeepLocked(m.name);
    size_.store(index + 1, std::memory_order_release);
    return index;
  }

  size_t size() const { return size_.load(std::memory_order_acquire); }

 private:
  std::string_view KeepLocked(std::string_view s) { return *names_.emplace(s).first; }

  std::mutex mutex_;
  std::unordered_multimap<uint64_t, uint32_t> by_hash_;
  std::unordered_set<std::string> names_;  // nodes do not move
  std::atomic<uint32_t> size_{0};
  std::array<std::atomic<Record*>, kMaxChunks> chunks_{};
};

TypeStore::TypeStore(TypeId fp16) : fp16_(fp16), impl_(std::make_unique<Impl>()) {
  CHECK(fp16 == kF16Type || fp16 == kBf16Type || fp16 == kCb16Type) << "no 16-bit float type";
  struct Simple {
    const char* spelling;
    Kind kind;
  };
  static constexpr Simple kSimple[] = {
#define SIMPLE_TYPE(Name, spelling, k) {spelling, Kind::k},
#include "compiler/types/type_kinds.def"
  };
  for (const Simple& simple : kSimple) {
    Record record;
    record.kind = simple.kind;
    if (simple.kind == Kind::kInt) {
      record.flags = simple.spelling[0] == 'i' ? kSigned : 0;
      record.bits = *ParseBits(simple.spelling + 1);
    } else {
      record.name = simple.spelling;
    }
    Intern(record);
  }
  CHECK(size() == internal::kSimpleCount);
}

TypeStore::~TypeStore() = default;

const TypeStore::Record& TypeStore::Get(TypeId t) const { return impl_->Get(t.index); }
TypeId TypeStore::Intern(const Record& key) { return impl_->Intern(key); }
size_t TypeStore::size() const { return impl_->size(); }

TypeId TypeStore::Int(bool is_signed, uint32_t bits) {
  CHECK(bits <= kMaxIntBits) << bits;
  Record r{.kind = Kind::kInt, .flags = is_signed ? kSigned : uint8_t{0}, .bits = bits};
  return Intern(r);
}

TypeId TypeStore::Pointer(TypeId pointee, bool is_const, bool is_many) {
  const auto flags =
      static_cast<uint8_t>((is_const ? kConstPointer : 0) | (is_many ? kManyPointer : 0));
  Record r{.kind = Kind::kPointer, .flags = flags, .inner = pointee};
  return Intern(r);
}

TypeId TypeStore::Array(std::span<const uint32_t> dims, TypeId element) {
  Record r{.kind = Kind::kArray, .inner = element, .dims = {dims.begin(), dims.end()}};
  return Intern(r);
}

TypeId TypeStore::Fn(std::span<const FnParam> params, TypeId result, bool is_task) {
  Record r{.kind = Kind::kFn,
           .flags = is_task ? kTask : uint8_t{0},
           .inner = result,
           .params = {params.begin(), params.end()}};
  return Intern(r);
}

TypeId TypeStore::AnonStruct(std::span<const Field> fields) {
  if (fields.empty()) return Tuple({});
  Record r{.kind = Kind::kStruct, .flags = kAnon, .fields = {fields.begin(), fields.end()}};
  return Intern(r);
}

TypeId TypeStore::Tuple(std::span<const TypeId> elements) {
  std::deque<std::string> names;
  Record r{.kind = Kind::kStruct, .flags = kAnon | kTupleFlag};
  for (TypeId t : elements) {
    r.fields.push_back({names.emplace_back(std::to_string(names.size())), t});
  }
  return Intern(r);
}

TypeId TypeStore::NamedStruct(uint64_t site, Packing packing, std::span<const Field> fields,
                              std::string_view name) {
  Record r{.kind = Kind::kStruct,
           .packing = packing,
           .site = site,
           .fields = {fields.begin(), fields.end()},
           .name = name};
  return Intern(r);
}

TypeId TypeStore::NamedUnion(uint64_t site, Packing packing, std::span<const Field> fields,
                             std::string_view name) {
  Record r{.kind = Kind::kUnion,
           .packing = packing,
           .site = site,
           .fields = {fields.begin(), fields.end()},
           .name = name};
  return Intern(r);
}

TypeId TypeStore::Enum(uint64_t site, TypeId underlying, std::span<const EnumMember> members,
                       std::string_view name) {
  Record r{.kind = Kind::kEnum,
           .inner = underlying,
           .site = site,
           .members = {members.begin(), members.end()},
           .name = name};
  return Intern(r);
}

TypeId TypeStore::Range(TypeId element) {
  Record r{.kind = Kind::kRange, .inner = element};
  return Intern(r);
}

TypeId TypeStore::FromWord(std::string_view word) {
  static const auto* const kWords = new std::unordered_map<std::string_view, TypeId>{
#define SIMPLE_TYPE(Name, spelling, Kind) {spelling, k##Name##Type},
#include "compiler/types/type_kinds.def"
  };
  // Types without a spelling in the language.
  if (word == "fifo_dsd" || word == "noreturn" || word == "anytype") return TypeId();
  if (auto it = kWords->find(word); it != kWords->end()) return it->second;
  if (word.size() >= 2 && (word[0] == 'i' || word[0] == 'u')) {
    if (auto bits = ParseBits(word.substr(1))) return Int(word[0] == 'i', *bits);
  }
  return TypeId();
}

Kind TypeStore::kind(TypeId t) const { return Get(t).kind; }

uint32_t TypeStore::int_bits(TypeId t) const {
  CHECK(kind(t) == Kind::kInt);
  return Get(t).bits;
}
bool TypeStore::int_is_signed(TypeId t) const {
  CHECK(kind(t) == Kind::kInt);
  return Get(t).flags & kSigned;
}
TypeId TypeStore::pointee(TypeId t) const {
  CHECK(kind(t) == Kind::kPointer);
  return Get(t).inner;
}
bool TypeStore::pointer_is_const(TypeId t) const {
  CHECK(kind(t) == Kind::kPointer);
  return Get(t).flags & kConstPointer;
}
bool TypeStore::pointer_is_many(TypeId t) const {
  CHECK(kind(t) == Kind::kPointer);
  return Get(t).flags & kManyPointer;
}
TypeId TypeStore::element(TypeId t) const {
  CHECK(kind(t) == Kind::kArray || kind(t) == Kind::kRange);
  return Get(t).inner;
}
std::span<const uint32_t> TypeStore::dims(TypeId t) const {
  CHECK(kind(t) == Kind::kArray);
  return Get(t).dims;
}
uint64_t TypeStore::element_count(TypeId t) const {
  uint64_t count = 1;
  for (uint32_t d : dims(t)) count *= d;
  return count;
}
std::span<const Field> TypeStore::fields(TypeId t) const {
  CHECK(kind(t) == Kind::kStruct || kind(t) == Kind::kUnion);
  return Get(t).fields;
}
Packing TypeStore::packing(TypeId t) const {
  CHECK(kind(t) == Kind::kStruct || kind(t) == Kind::kUnion);
  return Get(t).packing;
}
bool TypeStore::is_anonymous(TypeId t) const {
  return kind(t) == Kind::kStruct && Get(t).flags & kAnon;
}
bool TypeStore::is_tuple(TypeId t) const {
  return kind(t) == Kind::kStruct && Get(t).flags & kTupleFlag;
}
std::optional<uint32_t> TypeStore::FindField(TypeId t, std::string_view name) const {
  const std::span<const Field> all = fields(t);
  for (uint32_t i = 0; i < all.size(); ++i) {
    if (all[i].name == name) return i;
  }
  return std::nullopt;
}
TypeId TypeStore::underlying(TypeId t) const {
  CHECK(kind(t) == Kind::kEnum);
  return Get(t).inner;
}
std::span<const EnumMember> TypeStore::members(TypeId t) const {
  CHECK(kind(t) == Kind::kEnum);
  return Get(t).members;
}
std::span<const FnParam> TypeStore::params(TypeId t) const {
  CHECK(kind(t) == Kind::kFn);
  return Get(t).params;
}
TypeId TypeStore::result(TypeId t) const {
  CHECK(kind(t) == Kind::kFn);
  return Get(t).inner;
}
bool TypeStore::fn_is_task(TypeId t) const {
  CHECK(kind(t) == Kind::kFn);
  return Get(t).flags & kTask;
}
std::string_view TypeStore::name(TypeId t) const { return Get(t).name; }

}  // namespace csl::types
