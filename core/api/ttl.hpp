// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/store/transaction.hpp"

namespace navistore::api {

// Which units a time to live may carry.
enum class Units : uint8_t {
  kSeconds,  // the header: decimal seconds
  kAny,      // the query and JSON: also ms, s, m, h, d
};

// "keep", "none", or a time above zero, counted from now_ms. Nothing when it is none of these, or
// past what a store can keep (2^63 ms).
std::optional<store::Expiry> parse_ttl(std::string_view text, Units units, uint64_t now_ms);

}  // namespace navistore::api
