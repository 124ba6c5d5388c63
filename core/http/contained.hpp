// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace navistore::http {

// Runs what is not the engine's: the handler, or the sink of a body. What it throws ends here, so
// that it costs one connection and not the worker. False: it threw.
template <class Step>
bool contained(const Step &step) noexcept {
  try {
    step();
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace navistore::http
