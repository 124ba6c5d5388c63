// SPDX-License-Identifier: Apache-2.0
#include "core/http/body_budget.hpp"

namespace navistore::http {

bool BodyBudget::Share::take(uint64_t bytes) {
  uint64_t held = budget_.held();
  do {
    if (!budget_.admits(bytes_, bytes, held)) {
      budget_.count_refusal();
      return false;
    }
  } while (!budget_.held_.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed));
  bytes_ += bytes;
  return true;
}

}  // namespace navistore::http
