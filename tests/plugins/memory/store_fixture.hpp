// SPDX-License-Identifier: Apache-2.0
// A memory store with calls that take and give strings.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "memory_store.hpp"

namespace navistore::memory::test {

struct Put {
  std::string key, value;
  uint64_t expires_ms = 0;
  std::string meta = {};
};

// The operations and checks of a transaction, with the memory that they borrow.
class Txn {
 public:
  Txn &put(Put put);
  Txn &erase(std::string key);
  Txn &check(std::string key, uint32_t kind, uint64_t revision = 0);

  // Valid until this changes.
  navi_txn view();
  const std::vector<uint8_t> &found() const { return found_; }

 private:
  std::vector<Put> puts_;
  std::vector<uint32_t> kinds_;
  std::vector<std::pair<std::string, navi_check>> checks_;
  std::vector<navi_op> op_views_;
  std::vector<navi_check> check_views_;
  std::vector<uint8_t> found_;
};

class Store {
 public:
  explicit Store(const char *config = "{}");

  MemoryStore &operator*() { return *store_; }
  const navi_caps &caps() const { return caps_; }

  navi_result apply(Txn &txn, uint64_t now_ms = 1);
  navi_result apply(Txn &&txn, uint64_t now_ms = 1) { return apply(txn, now_ms); }
  navi_result put(std::string key, std::string value, uint64_t expires_ms = 0);
  navi_result erase(std::string key);

  // "value@revision", or "none".
  std::string get(const std::string &key, uint64_t now_ms = 1);
  // "key=value key=value", then " +" if there is more.
  std::string scan(navi_scan request = {});
  // "revision:key=value" for a put, "revision:key-" for a delete, "revision:clear"; "!" behind an
  // expired one; "|" behind the last of a transaction; then "+" if there is more.
  std::string changes(navi_tail request = {});
  navi_stats stats();

 private:
  navi_caps caps_{};
  std::unique_ptr<MemoryStore> store_;
};

// The status of the Failure that `call` throws, or NAVI_OK.
template <class Call>
navi_status status_of(const Call &call) {
  try {
    call();
  } catch (const backend::Failure &failure) {
    return failure.status();
  }
  return NAVI_OK;
}

}  // namespace navistore::memory::test
