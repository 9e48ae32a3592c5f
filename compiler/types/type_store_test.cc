// SPDX-License-Identifier: Apache-2.0
#include "compiler/types/type_store.h"

#include <gtest/gtest.h>

#include <thread>

#include "compiler/types/predicates.h"

namespace csl::types {
namespace {

TEST(TypeStore, StructuralTypesAreInterned) {
  TypeStore s;
  EXPECT_EQ(s.Int(true, 16), kI16Type);
  EXPECT_EQ(s.Int(false, 32), kU32Type);
  EXPECT_EQ(s.Int(true, 7), s.Int(true, 7));
  EXPECT_NE(s.Int(true, 7), s.Int(false, 7));
  EXPECT_EQ(s.Pointer(kF32Type, false, true), s.Pointer(kF32Type, false, true));
  EXPECT_NE(s.Pointer(kF32Type, false, true), s.Pointer(kF32Type, true, true));
  EXPECT_NE(s.Pointer(kF32Type, false, true), s.Pointer(kF32Type, false, false));
  const uint32_t flat[] = {6};
  const uint32_t square[] = {2, 3};
  EXPECT_NE(s.Array(flat, kI16Type), s.Array(square, kI16Type));
  EXPECT_EQ(s.element_count(s.Array(square, kI16Type)), 6u);
  const FnParam params[] = {{kI16Type}};
  EXPECT_EQ(s.Fn(params, kVoidType), s.Fn(params, kVoidType));
  EXPECT_NE(s.Fn(params, kVoidType), s.Fn(params, kVoidType, true));
}

TEST(TypeStore, WordsOfTheLanguage) {
  TypeStore s;
  EXPECT_EQ(s.FromWord("f32"), kF32Type);
  EXPECT_EQ(s.FromWord("comptime_int"), kComptimeIntType);
  EXPECT_EQ(s.FromWord("mem1d_dsd"), kMem1dDsdType);
  EXPECT_EQ(s.FromWord("u5"), s.Int(false, 5));
  EXPECT_EQ(s.FromWord("u0"), s.Int(false, 0));
  EXPECT_EQ(s.FromWord("i16777215"), s.Int(true, 16777215));
  for (const char* word : {"i16777216", "i05", "u", "ux", "fifo_dsd", "noreturn", "banana"}) {
    EXPECT_FALSE(s.FromWord(word).valid()) << word;
  }
}

TEST(TypeStore, NamedStructsAreTheirSiteAndFields) {
  TypeStore s;
  const Field one[] = {{"x", kI16Type}};
  const Field other[] = {{"x", kF32Type}};
  const TypeId a = s.NamedStruct(7, Packing::kPlain, one, "A");
  EXPECT_EQ(a, s.NamedStruct(7, Packing::kPlain, one, "A"));
  EXPECT_NE(a, s.NamedStruct(8, Packing::kPlain, one, "A"));
  EXPECT_NE(a, s.NamedStruct(7, Packing::kPlain, other, "A"));
  EXPECT_EQ(s.name(a), "A");
  EXPECT_FALSE(s.is_anonymous(a));
  EXPECT_EQ(s.FindField(a, "x"), 0u);
  EXPECT_EQ(s.FindField(a, "y"), std::nullopt);
}

TEST(TypeStore, AnonymousStructsAreTheirFields) {
  TypeStore s;
  const Field fields[] = {{"x", kI16Type}, {"y", kI16Type}};
  EXPECT_EQ(s.AnonStruct(fields), s.AnonStruct(fields));
  const TypeId elements[] = {kI16Type, kI16Type};
  EXPECT_TRUE(s.is_tuple(s.Tuple(elements)));
  EXPECT_FALSE(s.is_tuple(s.AnonStruct(fields)));
  EXPECT_EQ(s.AnonStruct({}), s.Tuple({}));
}

TEST(TypeStore, NamesOutliveTheCallersStrings) {
  TypeStore s;
  TypeId t;
  {
    std::string name = "temporary_field_name_longer_than_any_small_buffer";
    const Field fields[] = {{name, kI16Type}};
    t = s.AnonStruct(fields);
    name.assign(name.size(), '!');
  }
  EXPECT_EQ(s.fields(t)[0].name, "temporary_field_name_longer_than_any_small_buffer");
}

TEST(TypeStore, ThreadsInternTheSameType) {
  TypeStore s;
  constexpr uint32_t kTypes = 3000;  // several chunks
  std::vector<TypeId> ids[4];
  std::vector<std::thread> threads;
  for (auto& mine : ids) {
    threads.emplace_back([&s, &mine] {
      for (uint32_t i = 0; i < kTypes; ++i) {
        mine.push_back(s.Array(i, kI16Type));
        EXPECT_EQ(s.element_count(mine.back()), i);
      }
    });
  }
  for (auto& t : threads) t.join();
  for (auto& mine : ids) EXPECT_EQ(mine, ids[0]);
}

TEST(Predicates, ComptimeOnlyPropagates) {
  TypeStore s;
  const Field mixed[] = {{"a", kI16Type}, {"b", kComptimeIntType}};
  const Field plain[] = {{"a", kI16Type}, {"f", kF16Type}};
  EXPECT_TRUE(IsComptimeOnly(s, s.AnonStruct(mixed)));
  EXPECT_FALSE(IsComptimeOnly(s, s.AnonStruct(plain)));
  EXPECT_TRUE(IsComptimeOnly(s, s.Array(3, kComptimeFloatType)));
  EXPECT_TRUE(IsComptimeOnly(s, s.Pointer(kTypeType, false)));
  const TypeId fn = s.Fn({}, kVoidType);
  EXPECT_TRUE(IsComptimeOnly(s, fn));
  EXPECT_FALSE(IsComptimeOnly(s, s.Pointer(fn, true)));
  EXPECT_TRUE(IsComptimeOnly(s, kBf16Type));
  EXPECT_FALSE(IsComptimeOnly(TypeStore(kBf16Type), kBf16Type));
  EXPECT_FALSE(IsComptimeOnly(s, kMem1dDsdType));
  EXPECT_FALSE(HasRuntimeBits(s, kVoidType));
}

TEST(Predicates, ExportCompatible) {
  TypeStore s;
  EXPECT_TRUE(IsExportCompatible(s, kI16Type));
  EXPECT_TRUE(IsExportCompatible(s, kBoolType));
  EXPECT_TRUE(IsExportCompatible(s, kColorType));
  EXPECT_TRUE(IsExportCompatible(s, kFabinDsdType));
  EXPECT_TRUE(IsExportCompatible(s, s.Array(4, kF32Type)));
  EXPECT_TRUE(IsExportCompatible(s, s.Pointer(s.Fn({}, kVoidType), true)));
  EXPECT_FALSE(IsExportCompatible(s, kI8Type));
  EXPECT_FALSE(IsExportCompatible(s, kDirectionType));
  EXPECT_FALSE(IsExportCompatible(s, kVoidType));
  EXPECT_FALSE(IsExportCompatible(s, kFifoDsdType));
  const Field fields[] = {{"a", kI8Type}, {"b", kI8Type}};
  EXPECT_FALSE(IsExportCompatible(s, s.NamedStruct(1, Packing::kPlain, fields, "P")));
  EXPECT_TRUE(IsExportCompatible(s, s.NamedStruct(1, Packing::kPacked, fields, "P")));
}

TEST(Predicates, HostVisible) {
  TypeStore s;
  EXPECT_TRUE(IsHostVisible(s, s.Pointer(kF32Type, false, true)));
  EXPECT_FALSE(IsHostVisible(s, s.Array(4, kF32Type)));
  EXPECT_FALSE(IsHostVisible(s, kComptimeIntType));
  const std::vector<FnParam> fifteen(15, FnParam{kI16Type});
  const std::vector<FnParam> sixteen(16, FnParam{kI16Type});
  EXPECT_TRUE(IsHostVisible(s, s.Fn(fifteen, kVoidType)));
  EXPECT_FALSE(IsHostVisible(s, s.Fn(sixteen, kVoidType)));
}

}  // namespace
}  // namespace csl::types
