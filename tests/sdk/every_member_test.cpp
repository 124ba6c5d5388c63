// SPDX-License-Identifier: Apache-2.0
// Instantiates the whole adapter and every SDK header, for the header matrix.
#include "navistore/backend.hpp"
#include "navistore/config.hpp"
#include "navistore/limits.hpp"

class EveryMember {
 public:
  static std::unique_ptr<EveryMember> open(const navi_open &request, navi_caps &caps);
  void read(const navi_read &request, const navistore::backend::ItemSink &sink, navi_reply &reply);
  void apply(const navi_apply &request, navi_result *results);
  void scan(const navi_scan &request, const navistore::backend::ItemSink &sink, navi_reply &reply);
  void sync(uint64_t timeout_ms, navi_reply &reply);
  void clear(const navi_apply &request, navi_reply &reply);
  void stats(navi_stats &stats);
  void interrupt() noexcept;
  void changes(const navi_tail &request, const navistore::backend::ChangeSink &sink,
               navi_reply &reply);
  void trim(uint64_t before);
  void arm(void (*bell)(void *) noexcept, void *ctx);
  void purge(uint64_t now_ms, uint64_t max_items, navi_reply &reply);
  void compact(uint64_t timeout_ms);
  void verify(uint64_t timeout_ms);
  void backup(const char *empty_dir, navi_reply &reply);
};

NAVISTORE_BACKEND(EveryMember, "org.navistore.every", "0", "declares every member");
