// SPDX-License-Identifier: Apache-2.0
// Preloaded into a server: its wall clock is NAVISTORE_TEST_CLOCK_SHIFT_S seconds ahead of ours.
#define _GNU_SOURCE  // NOLINT(bugprone-reserved-identifier): RTLD_NEXT
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

typedef int (*clock_function)(clockid_t, struct timespec *);

int clock_gettime(clockid_t clock, struct timespec *now) {
  static clock_function real;
  static long shift_s;
  if (real == NULL) {
    const char *text = getenv("NAVISTORE_TEST_CLOCK_SHIFT_S");
    shift_s = text == NULL ? 0 : strtol(text, NULL, 10);
    *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
  }
  const int status = real(clock, now);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += shift_s;
  return status;
}
