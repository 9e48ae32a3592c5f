// SPDX-License-Identifier: Apache-2.0
// A program image and an artifact that use every part of their formats, for tests of this folder
// and of readers elsewhere.
#ifndef FABRIC_IMAGE_TESTING_H_
#define FABRIC_IMAGE_TESTING_H_

#include "fabric/image/artifact.h"

namespace csl::image::testing {

ProgramImage SampleImage(isa::Arch arch = isa::Arch::kWse2);

// Two programs on a rectangle of 3 x 2.
Artifact SampleArtifact();

}  // namespace csl::image::testing

#endif  // FABRIC_IMAGE_TESTING_H_
