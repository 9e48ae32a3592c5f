// SPDX-License-Identifier: Apache-2.0
// Branches: on a register, on a comparison with a register or an immediate, and counted loops.
#ifndef FABRIC_PE_OPS_BRANCH_H_
#define FABRIC_PE_OPS_BRANCH_H_

#include "fabric/pe/ops/op.h"

namespace csl::fabric::pe::ops {

template <>
struct Op<Opcode::kJmp> {
  static constexpr Kind kKind = Kind::kBranch;
  static bool Taken(uint32_t*, const Inst&) { return true; }
};
template <>
struct Op<Opcode::kBt> {
  static constexpr Kind kKind = Kind::kBranch;
  static bool Taken(uint32_t* r, const Inst& i) { return r[i.a] != 0; }
};
template <>
struct Op<Opcode::kBf> {
  static constexpr Kind kKind = Kind::kBranch;
  static bool Taken(uint32_t* r, const Inst& i) { return r[i.a] == 0; }
};

template <typename T, bool (*F)(T, T)>
struct Branch {
  static constexpr Kind kKind = Kind::kBranch;
  static bool Taken(uint32_t* r, const Inst& i) { return F(Get<T>(r[i.a]), Get<T>(r[i.b])); }
};
template <typename T, bool (*F)(T, T)>
struct BranchImm {
  static constexpr Kind kKind = Kind::kBranch;
  static bool Taken(uint32_t* r, const Inst& i) { return F(Get<T>(r[i.a]), ImmE<T>(i)); }
};

// a += step (c), then compare a with register b.
template <typename T, bool (*F)(T, T)>
struct Loop {
  static constexpr Kind kKind = Kind::kBranch;
  static bool Taken(uint32_t* r, const Inst& i) {
    const T next = arith::Add<T>(Get<T>(r[i.a]), static_cast<T>(static_cast<int8_t>(i.c)));
    r[i.a] = Put<T>(next);
    return F(next, Get<T>(r[i.b]));
  }
};
// a += step (b), then compare a with the immediate.
template <typename T, bool (*F)(T, T)>
struct LoopImm {
  static constexpr Kind kKind = Kind::kBranch;
  static bool Taken(uint32_t* r, const Inst& i) {
    const T next = arith::Add<T>(Get<T>(r[i.a]), static_cast<T>(static_cast<int8_t>(i.b)));
    r[i.a] = Put<T>(next);
    return F(next, ImmE<T>(i));
  }
};

#define CSL_BRANCH(opcode, shape, type, relation) \
  template <>                                     \
  struct Op<Opcode::opcode> : shape<type, relation<type>> {};
#define CSL_BRANCH_EQUALITY(name, shape, relation) \
  CSL_BRANCH(name##I16, shape, int16_t, relation)  \
  CSL_BRANCH(name##I32, shape, int32_t, relation)
#define CSL_BRANCH_ORDER(name, shape, relation)    \
  CSL_BRANCH_EQUALITY(name, shape, relation)       \
  CSL_BRANCH(name##U16, shape, uint16_t, relation) \
  CSL_BRANCH(name##U32, shape, uint32_t, relation)

CSL_BRANCH_EQUALITY(kBeq, Branch, Eq)
CSL_BRANCH_EQUALITY(kBne, Branch, Ne)
CSL_BRANCH_ORDER(kBlt, Branch, Lt)
CSL_BRANCH_ORDER(kBle, Branch, Le)
CSL_BRANCH_EQUALITY(kBeqi, BranchImm, Eq)
CSL_BRANCH_EQUALITY(kBnei, BranchImm, Ne)
CSL_BRANCH_ORDER(kBlti, BranchImm, Lt)
CSL_BRANCH_ORDER(kBlei, BranchImm, Le)
CSL_BRANCH_ORDER(kBgti, BranchImm, Gt)
CSL_BRANCH_ORDER(kBgei, BranchImm, Ge)
CSL_BRANCH_ORDER(kLoopLt, Loop, Lt)
CSL_BRANCH_ORDER(kLoopGt, Loop, Gt)
CSL_BRANCH_ORDER(kLoopNe, Loop, Ne)
CSL_BRANCH_ORDER(kLoopiLt, LoopImm, Lt)
CSL_BRANCH_ORDER(kLoopiGt, LoopImm, Gt)
CSL_BRANCH_ORDER(kLoopiNe, LoopImm, Ne)
#undef CSL_BRANCH_ORDER
#undef CSL_BRANCH_EQUALITY
#undef CSL_BRANCH

// On floats. bnlt and bnle: not less, so that NaN branches.
#define CSL_BRANCH_FLOAT(name, function, expected)                                     \
  template <>                                                                          \
  struct Op<Opcode::name##F32> {                                                       \
    static constexpr Kind kKind = Kind::kBranch;                                       \
    static bool Taken(uint32_t* r, const Inst& i) {                                    \
      return arith::F32::function(r[i.a], r[i.b]) == expected;                         \
    }                                                                                  \
  };                                                                                   \
  template <>                                                                          \
  struct Op<Opcode::name##F16> {                                                       \
    static constexpr Kind kKind = Kind::kHalfBranch;                                   \
    template <typename Half>                                                           \
    static bool Taken(uint32_t* r, const Inst& i) {                                    \
      return Half::function(Get<uint16_t>(r[i.a]), Get<uint16_t>(r[i.b])) == expected; \
    }                                                                                  \
  };
CSL_BRANCH_FLOAT(kBeq, Eq, true)
CSL_BRANCH_FLOAT(kBne, Eq, false)
CSL_BRANCH_FLOAT(kBlt, Lt, true)
CSL_BRANCH_FLOAT(kBle, Le, true)
CSL_BRANCH_FLOAT(kBnlt, Lt, false)
CSL_BRANCH_FLOAT(kBnle, Le, false)
#undef CSL_BRANCH_FLOAT

}  // namespace csl::fabric::pe::ops

#endif  // FABRIC_PE_OPS_BRANCH_H_
