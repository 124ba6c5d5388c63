// SPDX-License-Identifier: Apache-2.0
// Large values that are asked for again and did not change, so that they are sent without a copy.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "core/api/answer_cache.hpp"
#include "core/api/call.hpp"
#include "core/http/sealed_body.hpp"

namespace navistore::api {

struct KnownValue {
  Version version;
  http::SealedBodyPtr body;
  size_t bytes() const { return body->bytes().size(); }
};

class ValueCache final : public AnswerCache<KnownValue> {
 public:
  // Each takes a descriptor of the process.
  static constexpr size_t kMostValues = 128;
  explicit ValueCache(size_t max_bytes) : AnswerCache(max_bytes, kMostValues) {}
};

// Shorter values are copied.
inline constexpr size_t kLeastKnownValue = size_t{64} * 1024;

// The value as a body to send, if it is worth one and was asked for before; else null. value is
// what the store shows of key at version, whose epoch was the store's before it was read: so a
// version names one value for ever, and what is known need not be told of writes. Does not block.
http::SealedBodyPtr known_value(const Call &call, std::string_view key, std::string_view value,
                                Version version);

}  // namespace navistore::api
