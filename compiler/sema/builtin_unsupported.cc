// SPDX-License-Identifier: Apache-2.0
// Builtins that are known but not there yet. A handler of its own file takes the row out of here.
#include "compiler/sema/handler.h"

namespace csl::sema {

#define NOT_SUPPORTED_YET(name)                               \
  Operand Builtin_##name(Frame& f, const BuiltinCall& call) { \
    return NotSupported(f, call.i, "@" #name);                \
  }
NOT_SUPPORTED_YET(get_filter_id)
NOT_SUPPORTED_YET(export)
NOT_SUPPORTED_YET(get_symbol_id)
NOT_SUPPORTED_YET(get_symbol_value)
NOT_SUPPORTED_YET(get_tensor_ptr)
NOT_SUPPORTED_YET(has_exported_tensors)
NOT_SUPPORTED_YET(rpc)
NOT_SUPPORTED_YET(load_to_dsr_xdsr)
NOT_SUPPORTED_YET(load_to_dsr_xdsr_sr)
NOT_SUPPORTED_YET(set_dsr_base_addr)
NOT_SUPPORTED_YET(dfilt)
#undef NOT_SUPPORTED_YET

}  // namespace csl::sema
