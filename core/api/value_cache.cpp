// SPDX-License-Identifier: Apache-2.0
#include "core/api/value_cache.hpp"

#include <string>
#include <utility>

namespace navistore::api {
namespace {

bool same(Version a, Version b) { return a.epoch == b.epoch && a.revision == b.revision; }

}  // namespace

http::SealedBodyPtr known_value(const Call &call, std::string_view key, std::string_view value,
                                Version version) {
  ValueCache &values = call.shared().values;
  const bool worth = value.size() >= kLeastKnownValue && values.fits(key.size() + value.size());
  if (!worth) return nullptr;
  const auto known = values.find(key);
  if (known && same(known->version, version)) {
    values.hits.fetch_add(1, std::memory_order_relaxed);
    return known->body;
  }
  values.misses.fetch_add(1, std::memory_order_relaxed);
  std::string request(key);
  append_version(version, request);
  if (!values.wants(request)) return nullptr;
  http::SealedBodyPtr body = http::SealedBody::make(value);
  if (body) values.keep(key, std::make_shared<KnownValue>(KnownValue{version, body}));
  return body;
}

}  // namespace navistore::api
