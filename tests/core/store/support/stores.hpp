// SPDX-License-Identifier: Apache-2.0
// Stores to test with, and how a test talks to them.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/host/backend.hpp"
#include "core/store/store.hpp"

namespace navistore::store::testing {

// A directory that goes away with its owner.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory &) = delete;
  ScratchDirectory &operator=(const ScratchDirectory &) = delete;
  std::string path(const std::string &below = {}) const { return root_ / below; }

 private:
  std::filesystem::path root_;
};

// The real plugins, as they lie in the build directory.
host::Backend memory_backend();
host::Backend sqlite_backend();

// Opens or throws std::runtime_error with the message.
std::unique_ptr<Store> open_store(const host::Backend &backend, StoreOptions options = {});
StoreOptions options_in(const ScratchDirectory &directory);

Transaction put(const std::string &key, const std::string &value);
Transaction put_until(const std::string &key, const std::string &value, uint64_t expires_ms);
Transaction put_keeping(const std::string &key, const std::string &value);
Transaction remove(const std::string &key);
Transaction when(Condition condition, Transaction transaction);

CommitResult commit(Store &store, Transaction transaction);  // waits for the answer
// "committed found=01", "conflict [0] current=5", "failed busy": without revisions.
std::string text(const CommitResult &result);
std::string text(Code code);
std::string run(Store &store, Transaction transaction);  // text(commit())

// "a=1 b=2": every item, in order.
std::string dump(Store &store);
std::string get(Store &store, const std::string &key);  // "-" when it is not there

// Waits until the condition holds, at most 20 s; false when it never did.
bool eventually(const std::function<bool()> &condition);

}  // namespace navistore::store::testing
