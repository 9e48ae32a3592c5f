// SPDX-License-Identifier: Apache-2.0
// A CS system over TCP: the client's side of proto/system.proto.
#ifndef RUNTIME_DEVICE_SYSTEM_DEVICE_H_
#define RUNTIME_DEVICE_SYSTEM_DEVICE_H_

#include <memory>

#include "runtime/device/device.h"
#include "runtime/wire/address.h"

namespace csl::runtime {

// Connects in Load. A broken connection makes this and every later call fail with kUnavailable.
std::unique_ptr<Device> MakeSystemDevice(wire::Address address, DeviceOptions options);

}  // namespace csl::runtime

#endif  // RUNTIME_DEVICE_SYSTEM_DEVICE_H_
