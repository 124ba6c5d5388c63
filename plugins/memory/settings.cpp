// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include "navistore/config.hpp"

namespace navistore::memory {

Settings read_settings(const char *config) {
  backend::Config settings(config);
  const Settings read{settings.number("history", 1'000'000, {1, 1'000'000'000}),
                      settings.number("history_bytes", uint64_t{256} << 20, {0, UINT64_MAX}),
                      settings.number("max_bytes", 0, {0, INT64_MAX})};
  settings.finish();
  return read;
}

navi_caps capabilities() {
  navi_caps caps{};
  caps.size = sizeof(caps);
  caps.flags = NAVI_CAP_FAST_READS | NAVI_CAP_FAST_WRITES | NAVI_CAP_FULL_HISTORY;
  caps.max_key = 4096;
  caps.max_value = uint64_t{64} << 20;
  caps.max_meta = 16384;
  caps.max_txn_ops = 1024;
  caps.max_txn_bytes = uint64_t{128} << 20;
  caps.max_batch = 0;
  return caps;
}

}  // namespace navistore::memory
