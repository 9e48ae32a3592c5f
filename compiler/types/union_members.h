// SPDX-License-Identifier: Apache-2.0
// Fields of comptime-known union values.
//
// A union value holds its active field. A plain union has no other one; those of packed and extern
// unions share their bits, so that any field can be read and written.
//
// kFieldNotActive when a plain union is asked for another one; kNotSupportedYet for bits that are
// not known, such as those of an address.
#ifndef COMPILER_TYPES_UNION_MEMBERS_H_
#define COMPILER_TYPES_UNION_MEMBERS_H_

#include "compiler/diagnostics/problem.h"
#include "compiler/types/type_store.h"
#include "compiler/types/value.h"

namespace csl::types {

using diagnostics::ProblemOr;

ProblemOr<Value> UnionMember(const TypeStore& s, const Value& of, uint32_t field);

// `of` with another value of that field; bits beside the field keep theirs.
ProblemOr<Value> WithUnionMember(const TypeStore& s, const Value& of, uint32_t field, Value member);

}  // namespace csl::types

#endif  // COMPILER_TYPES_UNION_MEMBERS_H_
