// SPDX-License-Identifier: Apache-2.0
// Random straight-line code of one PE: every scalar opcode, every vector operation on memory, time,
// configuration words, random numbers, log. It ends by construction: branches go forward.
//
// Registers r0..r15 hold data, r16..r25 addresses and ids. Memory kScratch.. kScratchEnd belongs to
// this code.
#ifndef FABRIC_TESTING_RANDOM_CODE_H_
#define FABRIC_TESTING_RANDOM_CODE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "fabric/isa/descriptor.h"
#include "fabric/testing/random.h"

namespace csl::fabric::testing {

inline constexpr uint16_t kScratch = 0x400;
inline constexpr uint16_t kScratchEnd = 0x1400;
inline constexpr uint16_t kDescriptors = 0x6000;

// How often each feature and opcode was used, by name.
using Coverage = std::map<std::string, int>;

class RandomCode {
 public:
  RandomCode(Random* random, isa::Arch arch, Coverage* coverage)
      : random_(*random), arch_(arch), coverage_(*coverage) {}

  std::string Statements(int count);

  // Puts a descriptor into memory; returns its address.
  uint16_t Place(const isa::Descriptor& descriptor);
  // What Place made, for address kDescriptors.
  const std::vector<uint16_t>& descriptor_words() const { return descriptor_words_; }
  // "  dsr.load FILE.NUMBER, ..." or dsr.loadx, by kind.
  std::string LoadDsr(isa::DsrFile file, int number, const isa::Descriptor& descriptor, int flags);
  // A vector instruction on DSRs of that number and scalars in r0..r15.
  std::string Vector(isa::Opcode opcode, int number, uint16_t flags = 0);

 private:
  std::string Scalar();
  std::string MemoryAccess();
  std::string VectorOnMemory();
  std::string StepThrough();
  std::string Time();
  std::string Configuration();
  std::string LogText();
  std::string CopyOrZero();
  isa::Descriptor MemoryDescriptor();
  std::string Operand(char letter, int label);
  int Reg() { return random_.Below(16); }

  Random& random_;
  isa::Arch arch_;
  Coverage& coverage_;
  std::vector<uint16_t> descriptor_words_;
  int labels_ = 0;
};

}  // namespace csl::fabric::testing

#endif  // FABRIC_TESTING_RANDOM_CODE_H_
