// SPDX-License-Identifier: Apache-2.0
#include "config.hpp"

#include "file_map.hpp"
#include "navistore/config.hpp"

namespace navistore::sqlite {

Config parse_config(const char *json) {
  constexpr uint64_t kMiB = 1U << 20;
  backend::Config given(json);
  Config config;
  config.synchronous = given.choice("synchronous", {"full", "normal"}, 0) == 0
                           ? Synchronous::kFull
                           : Synchronous::kNormal;
  config.page_bytes = given.number("page_bytes", config.page_bytes, {512, 65536});
  config.cache_bytes = given.number("cache_bytes", config.cache_bytes, {kMiB, 1ULL << 40});
  config.reader_cache_bytes =
      given.number("reader_cache_bytes", config.reader_cache_bytes, {kMiB, 1ULL << 40});
  config.row_cache_bytes = given.number("row_cache_bytes", config.row_cache_bytes, {0, 1ULL << 40});
  config.map_bytes = given.number("map_bytes", config.map_bytes, {0, FileMap::kMost});
  config.log_bytes = given.number("log_bytes", config.log_bytes, {kMiB, 1ULL << 40});
  config.readers = given.number("readers", config.readers, {1, 1024});
  given.finish();
  if ((config.page_bytes & (config.page_bytes - 1)) != 0) {
    throw backend::Failure(NAVI_INVALID, "config: 'page_bytes' must be a power of two");
  }
  return config;
}

}  // namespace navistore::sqlite
