// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <algorithm>
#include <string>

#include "navistore/backend.hpp"
#include "navistore/config.hpp"

namespace navistore::memory {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
// For the smallest values that every backend must take, with keys and metas (backend.h).
constexpr uint64_t kLeastRoom = 2 * kMiB;

}  // namespace

Settings read_settings(const char *config) {
  backend::Config settings(config);
  const Settings read{settings.number("history", 1'000'000, {1, 1'000'000'000}),
                      settings.number("history_bytes", uint64_t{256} << 20, {0, UINT64_MAX}),
                      settings.number("max_bytes", 0, {0, INT64_MAX})};
  settings.finish();
  if (read.max_bytes != 0 && read.max_bytes < kLeastRoom) {
    throw backend::Failure(
        NAVI_INVALID, "max_bytes: must be 0 (no limit) or at least " + std::to_string(kLeastRoom));
  }
  return read;
}

navi_caps capabilities(const Settings &settings) {
  const uint64_t room = settings.max_bytes == 0 ? UINT64_MAX : settings.max_bytes;
  navi_caps caps{};
  caps.size = sizeof(caps);
  caps.flags = NAVI_CAP_FAST_READS | NAVI_CAP_FAST_WRITES | NAVI_CAP_FULL_HISTORY;
  caps.max_key = 4096;
  caps.max_value = std::clamp(room / 8, kMiB, 64 * kMiB);
  caps.max_meta = 16384;
  caps.max_txn_ops = 1024;
  caps.max_txn_bytes = 2 * caps.max_value;
  caps.max_batch = 0;
  return caps;
}

}  // namespace navistore::memory
