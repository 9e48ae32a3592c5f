// SPDX-License-Identifier: Apache-2.0
// What random programs and hosts (random_fabric_program.h) must do, by the names under which they
// count it. Opcodes aside.
#ifndef FABRIC_TESTING_FABRIC_FEATURES_H_
#define FABRIC_TESTING_FABRIC_FEATURES_H_

namespace csl::fabric::testing {

inline constexpr const char* kProgramFeatures[] = {
    "FIFO",
    "advance_switch",
    "asynchronous receive",
    "asynchronous send",
    "asynchronous receive of no elements",
    "batches",
    "blocked data task",
    "circbuf",
    "color swap",
    "configuration word at an address",
    "control task",
    "control task tables",
    "control wavelet read as a word",
    "control wavelet without a task",
    "control wavelets",
    "data task",
    "dsr.get on fabric",
    "early unblock",
    "fifo.rlen",
    "fifo.wlen",
    "filter kind 1",
    "filter kind 2",
    "filter kind 3",
    "handover by switches",
    "implicit channel",
    "loop at the ramp",
    "mem4d",
    "message",
    "messages with headers",
    "messages without headers",
    "on_control",
    "on_control unblocks",
    "overwrites what is sent",
    "path over links",
    "polling in a loop",
    "polling in a task",
    "priority of a fabric DSD",
    "priority of a task",
    "priority of an input queue",
    "priority of an operation",
    "queue.flush",
    "queue.flush of an input queue",
    "receive of no elements",
    "rotating tasks",
    "route out of the rectangle",
    "send of no elements",
    "shared input queue",
    "source set to zero",
    "synchronous receive",
    "synchronous send",
    "teardown",
    "tsc.read",
    "ut.block",
};

inline constexpr const char* kHostFeatures[] = {
    "copy",
    "copy after an early unblock",
    "copy, column-major",
    "copy, columns alike",
    "copy, rows alike",
    "copy, some columns",
    "copy, some rows",
    "stream to the device",
    "stream to the device, column-major",
    "stream to the device, columns alike",
    "stream to the device, rows alike",
    "stream to the device, some columns",
    "stream to the device, some rows",
    "stream to the host",
    "stream to the host, column-major",
    "stream to the host, some columns",
    "stream to the host, some rows",
};

}  // namespace csl::fabric::testing

#endif  // FABRIC_TESTING_FABRIC_FEATURES_H_
