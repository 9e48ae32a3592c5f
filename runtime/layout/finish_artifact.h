// SPDX-License-Identifier: Apache-2.0
// What cslc does not know of a layout: its ports to the host, its colors by name, the initial data
// of symbols.
#ifndef RUNTIME_LAYOUT_FINISH_ARTIFACT_H_
#define RUNTIME_LAYOUT_FINISH_ARTIFACT_H_

#include <string>

#include "base/status.h"
#include "fabric/image/artifact.h"
#include "runtime/layout/resolve.h"

namespace csl::runtime::layout {

Status FinishArtifact(const SdkLayout& layout, const ResolvedLayout& resolved,
                      image::Artifact* artifact);

// {"buses": [{"port_name", "direction", "x", "y", "color"}, ...]}
std::string PortMapToJson(const image::Manifest& manifest);

}  // namespace csl::runtime::layout

#endif  // RUNTIME_LAYOUT_FINISH_ARTIFACT_H_
