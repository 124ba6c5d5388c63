// SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes as a change batch: what is accepted is exactly what would be encoded again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/replication/change_batch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char *>(data), size);
  const auto batch = navistore::replication::decode(bytes);
  if (batch && navistore::replication::encode(batch.value()) != bytes) std::abort();
  return 0;
}
