// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace navistore::bench {

// Prints what a PUT and a GET of another key take before, and while, so many keys expire together.
void measure_expiry(const std::string &name, uint16_t port, size_t keys);

}  // namespace navistore::bench
