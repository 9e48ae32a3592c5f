// SPDX-License-Identifier: Apache-2.0
// All fixed-width arithmetic of the machine: written once, for comptime folding and for the PE.
#ifndef FABRIC_ISA_ARITH_ARITH_H_
#define FABRIC_ISA_ARITH_ARITH_H_

#include "fabric/isa/arith/float.h"       // IWYU pragma: export
#include "fabric/isa/arith/float_mode.h"  // IWYU pragma: export
#include "fabric/isa/arith/int.h"         // IWYU pragma: export

#endif  // FABRIC_ISA_ARITH_ARITH_H_
