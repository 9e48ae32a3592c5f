// SPDX-License-Identifier: Apache-2.0
// A device without a fabric, for tests of what lies above devices: it keeps every exported variable
// as an array of words per PE, and time as a number.
//
// Its functions are told apart by name: 'stuck...' never ends, 'spin...' runs until interrupted,
// any other adds its first argument to all elements of all variables. Streams are those of the
// test program. A command takes kFakeCommandCycles.
#ifndef RUNTIME_TESTING_FAKE_DEVICE_H_
#define RUNTIME_TESTING_FAKE_DEVICE_H_

#include <memory>

#include "runtime/device/device.h"

namespace csl::runtime {

inline constexpr int64_t kFakeCommandCycles = 100;
inline constexpr int64_t kFakePollCycles = 40;

std::unique_ptr<Device> MakeFakeDevice(DeviceOptions options);

}  // namespace csl::runtime

#endif  // RUNTIME_TESTING_FAKE_DEVICE_H_
