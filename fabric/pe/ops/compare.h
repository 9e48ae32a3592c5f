// SPDX-License-Identifier: Apache-2.0
// Comparisons that give 0 or 1.
#ifndef FABRIC_PE_OPS_COMPARE_H_
#define FABRIC_PE_OPS_COMPARE_H_

#include "fabric/pe/ops/op.h"

namespace csl::fabric::pe::ops {

template <typename T, bool (*F)(T, T)>
struct Compare {
  static constexpr Kind kKind = Kind::kScalar;
  static void Run(uint32_t* r, const Inst& i) { r[i.a] = F(Get<T>(r[i.b]), Get<T>(r[i.c])); }
};
template <typename T, bool (*F)(T, T)>
struct CompareImm {
  static constexpr Kind kKind = Kind::kScalar;
  static void Run(uint32_t* r, const Inst& i) {
    r[i.a] = F(Get<T>(r[i.b]), static_cast<T>(i.imm()));
  }
};

#define CSL_COMPARE(opcode, shape, type, relation) \
  template <>                                      \
  struct Op<Opcode::opcode> : shape<type, relation<type>> {};
#define CSL_EQUALITY(name, shape, relation)        \
  CSL_COMPARE(name##I16, shape, int16_t, relation) \
  CSL_COMPARE(name##I32, shape, int32_t, relation)
#define CSL_ORDER(name, shape, relation)            \
  CSL_EQUALITY(name, shape, relation)               \
  CSL_COMPARE(name##U16, shape, uint16_t, relation) \
  CSL_COMPARE(name##U32, shape, uint32_t, relation)

CSL_EQUALITY(kEq, Compare, Eq)
CSL_EQUALITY(kNe, Compare, Ne)
CSL_ORDER(kLt, Compare, Lt)
CSL_ORDER(kLe, Compare, Le)
CSL_EQUALITY(kEqi, CompareImm, Eq)
CSL_EQUALITY(kNei, CompareImm, Ne)
CSL_ORDER(kLti, CompareImm, Lt)
CSL_ORDER(kLei, CompareImm, Le)
CSL_ORDER(kGti, CompareImm, Gt)
CSL_ORDER(kGei, CompareImm, Ge)

#undef CSL_ORDER
#undef CSL_EQUALITY
#undef CSL_COMPARE

}  // namespace csl::fabric::pe::ops

#endif  // FABRIC_PE_OPS_COMPARE_H_
