// SPDX-License-Identifier: Apache-2.0
// The smallest correct backend: one std::map under one mutex, gone when it is closed.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "navistore/backend.hpp"

class MapStore {
 public:
  static std::unique_ptr<MapStore> open(const navi_open &request, navi_caps &caps);

  void read(const navi_read &request, const navistore::backend::ItemSink &sink, navi_reply &reply);
  void apply(const navi_apply &request, navi_result *results);
  void scan(const navi_scan &request, const navistore::backend::ItemSink &sink, navi_reply &reply);
  void sync(uint64_t timeout_ms, navi_reply &reply);
  void clear(const navi_apply &request, navi_reply &reply);
  void stats(navi_stats &stats);
  void interrupt() noexcept {}  // no call ever waits

 private:
  struct Item {
    std::string value, meta;
    uint64_t revision, expires_ms;
  };
  // std::string compares as memcmp does, which is the order of keys.
  using Items = std::map<std::string, Item, std::less<>>;

  MapStore(const navi_caps &caps, uint32_t flags) : caps_(caps), flags_(flags) {}

  void refuse_write(uint32_t flags) const;
  const Item *live(const navi_bytes &key, uint64_t now_ms) const;
  bool holds(const navi_check &check, uint64_t now_ms) const;
  navi_result run(const navi_txn &txn, uint64_t now_ms);
  void write(const navi_txn &txn);
  void remove(const navi_bytes &key) noexcept;
  template <class Iterator>
  uint32_t page(Iterator first, Iterator last, const navi_scan &request,
                const navistore::backend::ItemSink &sink) const;

  const navi_caps caps_;
  const uint32_t flags_;  // NAVI_OPEN_

  std::mutex mutex_;  // guards all below
  Items items_;
  std::multiset<uint64_t> expiries_;  // the expires_ms of each item that has one
  uint64_t bytes_ = 0;                // of all keys, values and metas
  uint64_t revision_ = 0;
};
