// SPDX-License-Identifier: Apache-2.0
// Elements a second of vector operations on memory: contiguous, in place, strided, short.
//
//   bazel run //bench/fabric:vector_elements
#include <benchmark/benchmark.h>

#include "fabric/isa/vector_op.h"
#include "fabric/pe/test_pe.h"

namespace csl::fabric::pe {
namespace {

VectorOperand Operand(uint16_t base, int16_t stride, int bytes) {
  VectorOperand operand;
  operand.mode = VectorOperand::Mode::kMemory;
  operand.element_bytes = static_cast<uint8_t>(bytes);
  operand.cursor = Cursor::Over(isa::Descriptor::Mem1d(base, 0, stride), bytes);
  return operand;
}

struct Shape {
  isa::Opcode opcode;
  uint32_t length;
  int16_t stride = 1;
};

// dest = src0 op src1, the destination in place of source 0.
void Elements(benchmark::State& state, Shape shape) {
  testing::ArtifactBuilder builder(isa::Arch::kWse2, 1, 1);
  builder.Function("f", "  ret\n");
  TestPe pe(builder);
  const isa::VectorOpInfo& info = isa::VectorInfo(shape.opcode);
  for (uint32_t address = 0; address < 0xb000; address += 2) {
    pe.pe().memory.Store<uint16_t>(address, static_cast<uint16_t>(0x3c00 + address % 512));
  }
  VectorRun run;
  run.opcode = shape.opcode;
  run.length = shape.length;
  run.scalar = 0x3c003c00;
  run.dest = Operand(0x400, shape.stride, isa::ElementBytes(info.dest));
  if (info.num_sources == 2) run.src0 = Operand(0x400, shape.stride, isa::ElementBytes(info.src0));
  run.src1 = Operand(0x5404, shape.stride, isa::ElementBytes(info.src1));
  for (auto _ : state) {
    VectorRun once = run;
    benchmark::DoNotOptimize(RunElements(pe.pe(), &once, once.length));
  }
  state.SetItemsProcessed(state.iterations() * shape.length);
}

using isa::Opcode;
BENCHMARK_CAPTURE(Elements, fadds, Shape{Opcode::kVFadds, 4000});
BENCHMARK_CAPTURE(Elements, fmuls, Shape{Opcode::kVFmuls, 4000});
BENCHMARK_CAPTURE(Elements, fmacs, Shape{Opcode::kVFmacs, 4000});
BENCHMARK_CAPTURE(Elements, fmovs, Shape{Opcode::kVFmovs, 4000});
BENCHMARK_CAPTURE(Elements, fmaxs, Shape{Opcode::kVFmaxs, 4000});
BENCHMARK_CAPTURE(Elements, fadds_stride_3, Shape{Opcode::kVFadds, 1300, 3});
BENCHMARK_CAPTURE(Elements, fmacs_8_elements, Shape{Opcode::kVFmacs, 8});
BENCHMARK_CAPTURE(Elements, fmacs_100_elements, Shape{Opcode::kVFmacs, 100});
BENCHMARK_CAPTURE(Elements, faddh, Shape{Opcode::kVFaddh, 8000});
BENCHMARK_CAPTURE(Elements, fmulh, Shape{Opcode::kVFmulh, 8000});
BENCHMARK_CAPTURE(Elements, fmach, Shape{Opcode::kVFmach, 8000});
BENCHMARK_CAPTURE(Elements, add16, Shape{Opcode::kVAdd16, 8000});
BENCHMARK_CAPTURE(Elements, mov16, Shape{Opcode::kVMov16, 8000});

}  // namespace
}  // namespace csl::fabric::pe

BENCHMARK_MAIN();
