// SPDX-License-Identifier: Apache-2.0
// Preloaded into a process: moves its CLOCK_REALTIME by as many seconds as the file named by
// CS_TEST_CLOCK holds at that moment. Steady clocks stay as they are, as when an operator sets the
// time of a machine.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace {

using ClockGettime = int (*)(clockid_t, timespec*);

time_t Moved() {
  static const char* const name = ::getenv("CS_TEST_CLOCK");
  const int file = name == nullptr ? -1 : ::open(name, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[32] = "";
  const ssize_t got = ::read(file, text, sizeof text - 1);
  ::close(file);
  return got > 0 ? ::strtol(text, nullptr, 10) : 0;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static const auto real = reinterpret_cast<ClockGettime>(::dlsym(RTLD_NEXT, "clock_gettime"));
  const int result = real(clock, now);
  if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += Moved();
  return result;
}

extern "C" time_t time(time_t* out) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

extern "C" int gettimeofday(timeval* out, void*) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}
