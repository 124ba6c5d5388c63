// SPDX-License-Identifier: Apache-2.0
// One open handle of the store under test. Every member makes exactly one call of the ABI unless it
// says otherwise, and checks what must hold for any call; a violation fails the running case.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/conformance/case.hpp"
#include "sdk/conformance/guarded.hpp"
#include "sdk/conformance/plugin.hpp"
#include "sdk/conformance/values.hpp"

namespace navistore::conformance {

struct OpenRequest {
  std::string config, data_dir, ns;
  uint32_t flags = 0;  // NAVI_OPEN_*
};

class Store;

struct Opened {
  navi_status status = NAVI_OK;
  std::string error;
  std::unique_ptr<Store> store;  // set if and only if status is OK
};

// A doorbell that counts. Must outlive its arming.
struct Bell {
  std::atomic<uint64_t> rings{0};
};

class Store {
 public:
  static Opened open(const Plugin &plugin, const OpenRequest &request);
  ~Store();  // closes
  Store(const Store &) = delete;
  Store &operator=(const Store &) = delete;

  const navi_caps &caps() const noexcept { return caps_; }
  bool has(Need need) const noexcept;
  void set_guard(Guard guard) noexcept { guard_ = guard; }  // before threads use the handle

  // Reads. get() and contains() also check that the call was OK.
  std::optional<Item> get(std::string_view key, const Call &call = {});
  ReadAnswer read(const std::vector<std::string> &keys, const Call &call = {});
  ScanAnswer scan(const ScanRequest &request = {});
  std::vector<Item> scan_all(uint64_t page = 0,
                             uint64_t now_ms = kNow);  // several calls when page is not 0
  std::string dump();                                  // scan_all() rendered: "a=1 b=2"

  // Writes. The answer is the transaction's own; TxnResult::call is the status of the call.
  TxnResult put(std::string_view key, std::string_view value, const Call &call = {});
  TxnResult del(std::string_view key, const Call &call = {});
  TxnResult txn(const Txn &txn, const Call &call = {});
  ApplyAnswer apply(const std::vector<Txn> &txns, const Call &call = {});
  Reply clear(const Call &call = {});
  Reply sync(uint64_t timeout_ms = 0);

  StatsAnswer stats();
  void interrupt() noexcept;

  // Optional interfaces; the case needs kChanges, kWatch, kUpkeep.
  ChangesAnswer changes(const TailRequest &request = {});
  std::vector<Change> changes_after(uint64_t revision);  // all pages
  Reply trim(uint64_t before);
  Reply arm(Bell &bell);
  Reply disarm();
  Reply purge(uint64_t now_ms, uint64_t max_items = 0);
  Reply compact();
  Reply verify();
  Reply backup(const std::string &empty_dir);

  // For cases that shape their own calls.
  navi_store *handle() noexcept { return handle_; }
  const Plugin &plugin() const noexcept { return plugin_; }

 private:
  Store(const Plugin &plugin, navi_store *handle, const navi_caps &caps);
  std::unique_lock<std::mutex> serial();  // held around a call when the store is SINGLE_THREADED

  const Plugin &plugin_;
  navi_store *const handle_;
  const navi_caps caps_;
  Guard guard_ = Guard::kEach;
  std::mutex serial_;
};

}  // namespace navistore::conformance
