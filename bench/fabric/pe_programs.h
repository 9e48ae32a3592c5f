// SPDX-License-Identifier: Apache-2.0
// Fabrics of PEs that do one thing, for pe_bench: relays that add what they pass on, tasks that
// start and end.
#ifndef BENCH_FABRIC_PE_PROGRAMS_H_
#define BENCH_FABRIC_PE_PROGRAMS_H_

#include "fabric/image/artifact.h"
#include "fabric/isa/architecture.h"

namespace csl::bench {

// Columns of chains of up to 16 PEs: the first PE of a chain sends `words` words of f32 to the
// south, the others add their own word to each and pass it on, the last one keeps them. Chains
// begin at other rows in neighbouring columns. With a loop, the main thread of each PE computes
// beside, in scalar instructions, for about as long as the words take.
image::Artifact Relays(isa::Arch arch, int size, int words, bool with_loop);

// Each PE starts a local task `count` times, one after the other; it does nothing.
// Every row is one chain towards the east, each PE adds `words` words of a page of its own: a wave
// of some PEs of every row at a time, as in the reduction of a large fabric.
image::Artifact Rows(isa::Arch arch, int size, int words);

image::Artifact LocalTasks(isa::Arch arch, int size, int count);

// The first PE of each row sends `count` words past all others, which start a data task for each.
image::Artifact DataTasks(isa::Arch arch, int size, int count);

}  // namespace csl::bench

#endif  // BENCH_FABRIC_PE_PROGRAMS_H_
