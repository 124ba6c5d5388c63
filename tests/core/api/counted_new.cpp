// SPDX-License-Identifier: Apache-2.0
#include "tests/core/api/counted_new.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

thread_local uint64_t counted = 0;

}  // namespace

void *operator new(size_t size) {
  ++counted;
  if (void *memory = std::malloc(std::max<size_t>(size, 1))) return memory;
  throw std::bad_alloc();
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, size_t) noexcept { std::free(memory); }

namespace navistore::api::testing {

uint64_t allocations() { return counted; }

}  // namespace navistore::api::testing
