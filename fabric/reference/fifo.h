// SPDX-License-Identifier: Apache-2.0
// A FIFO in the memory of a PE.
#ifndef FABRIC_REFERENCE_FIFO_H_
#define FABRIC_REFERENCE_FIFO_H_

#include <cstdint>

#include "fabric/image/tile_configuration.h"

namespace csl::fabric::reference {

struct Fifo {
  image::Fifo setting;  // capacity 0: there is no such FIFO
  uint32_t head = 0;    // element number of the first element held
  uint32_t count = 0;   // elements held
  uint16_t read_length = 0;
  uint16_t write_length = 0;
  // Elements (room) that an operation found missing: a push (pop) that provides them activates the
  // task. 0: not armed.
  uint32_t push_wanted = 0;
  uint32_t pop_wanted = 0;

  uint32_t room() const { return setting.capacity - count; }
  uint32_t FrontAddress() const { return Address(head); }
  uint32_t BackAddress() const { return Address(head + count); }

  // Returns the task to activate, or image::kNoTask.
  uint8_t Popped() {
    head = (head + 1) % setting.capacity;
    --count;
    if (pop_wanted == 0 || room() < pop_wanted) return image::kNoTask;
    pop_wanted = 0;
    return setting.activate_pop;
  }
  uint8_t Pushed() {
    ++count;
    if (push_wanted == 0 || count < push_wanted) return image::kNoTask;
    push_wanted = 0;
    return setting.activate_push;
  }

 private:
  uint32_t Address(uint32_t element) const {
    return setting.base + element % setting.capacity * setting.element_bytes;
  }
};

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_FIFO_H_
