// SPDX-License-Identifier: Apache-2.0
// What the sanitizers are to do, within each program: the environment does not reach those that are
// started with a clean one, as the proof of a backend is.

const char *__asan_default_options(void);
const char *__tsan_default_options(void);
const char *__ubsan_default_options(void);

// Tracking thread-local storage takes the size of a block from the bytes before it. glibc aligns
// the blocks of libraries that are loaded later, so that these are not always malloc's: a size out
// of nowhere ends the process without a word (tsan, status 66) or is reported as a leak (asan).
const char *__asan_default_options(void) {
  return "detect_stack_use_after_return=1:intercept_tls_get_addr=0";
}

const char *__tsan_default_options(void) {
  return "halt_on_error=1:second_deadlock_stack=1:intercept_tls_get_addr=0";
}

const char *__ubsan_default_options(void) { return "print_stacktrace=1"; }
