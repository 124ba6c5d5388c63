// SPDX-License-Identifier: Apache-2.0
#include "core/api/item_request.hpp"

#include <algorithm>

namespace navistore::api {

size_t max_key(const store::Store &store) {
  const uint64_t limit = store.facts().max_key;
  return limit == 0 ? kMaxKey : static_cast<size_t>(std::min<uint64_t>(limit, kMaxKey));
}

std::optional<Fault> locate(const Call &call, Parameters &parameters, Key &key) {
  const std::string_view path = call.request().path;
  const size_t max = max_key(call.store());
  if (path.size() >= kItemPath.size()) return key.from_path(path.substr(kItemPath.size()), max);
  const auto encoded = parameters.take("key64");
  if (!encoded) return Fault{Problem::kKeyInvalid, "no key was given", 0};
  return key.from_base64(*encoded, max);
}

json::Encoding take_encoding(Parameters &parameters) {
  const auto encoding = parameters.take("encoding");
  if (!encoding || *encoding == "text") return json::Encoding::kText;
  if (*encoding != "base64") parameters.fault("encoding: expected text or base64");
  return json::Encoding::kBase64;
}

}  // namespace navistore::api
