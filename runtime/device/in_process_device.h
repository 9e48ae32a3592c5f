// SPDX-License-Identifier: Apache-2.0
// The simulator inside this process.
#ifndef RUNTIME_DEVICE_IN_PROCESS_DEVICE_H_
#define RUNTIME_DEVICE_IN_PROCESS_DEVICE_H_

#include <memory>

#include "runtime/device/device.h"

namespace csl::runtime {

std::unique_ptr<Device> MakeInProcessDevice(DeviceOptions options);

}  // namespace csl::runtime

#endif  // RUNTIME_DEVICE_IN_PROCESS_DEVICE_H_
