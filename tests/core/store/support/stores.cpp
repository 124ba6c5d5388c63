// SPDX-License-Identifier: Apache-2.0
#include "tests/core/store/support/stores.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <future>
#include <stdexcept>

#include "tests/core/store/support/faulty_backend.hpp"
#include "tests/support/eventually.hpp"

namespace navistore::store::testing {
namespace {

// Never unloaded, as in the server.
host::Backend load(const std::string &path) {
  void *library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) throw std::runtime_error(::dlerror());
  const auto *entry = static_cast<const navi_entry *>(::dlsym(library, "navistore_backend_entry"));
  if (entry == nullptr) throw std::runtime_error("no entry in " + path);
  host::Backend backend;
  backend.path = path;
  backend.id = entry->id;
  backend.version = entry->version;
  backend.store = static_cast<const navi_store_api *>(entry->get_interface(NAVI_STORE_1));
  backend.changes = static_cast<const navi_changes_api *>(entry->get_interface(NAVI_CHANGES_1));
  backend.watch = static_cast<const navi_watch_api *>(entry->get_interface(NAVI_WATCH_1));
  backend.upkeep = static_cast<const navi_upkeep_api *>(entry->get_interface(NAVI_UPKEEP_1));
  return backend;
}

Transaction one(Operation operation) {
  Transaction transaction;
  transaction.operations.push_back(std::move(operation));
  return transaction;
}

Operation put_operation(const std::string &key, const std::string &value, Expiry expiry) {
  Operation operation;
  operation.key = key;
  operation.value = value;
  operation.expiry = expiry;
  return operation;
}

}  // namespace

ScratchDirectory::ScratchDirectory() {
  std::string name = std::filesystem::temp_directory_path() / "navistore-store-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
  root_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

host::Backend memory_backend() { return load(NAVISTORE_MEMORY_PLUGIN); }
host::Backend sqlite_backend() { return load(NAVISTORE_SQLITE_PLUGIN); }
host::Backend faulty_backend() { return load(NAVISTORE_FAULTY_PLUGIN); }

std::unique_ptr<Store> open_store(const host::Backend &backend, StoreOptions options) {
  if (options.data_dir.empty()) options.data_dir = std::filesystem::temp_directory_path();
  auto store = Store::open(backend, std::move(options));
  if (!store) throw std::runtime_error(store.error().message);
  return std::move(store).value();
}

StoreOptions options_in(const ScratchDirectory &directory) {
  StoreOptions options;
  options.data_dir = directory.path("data");
  options.state_dir = directory.path("state");
  std::filesystem::create_directories(options.data_dir);
  return options;
}

Transaction put(const std::string &key, const std::string &value) {
  return one(put_operation(key, value, {}));
}

Transaction put_until(const std::string &key, const std::string &value, uint64_t expires_ms) {
  return one(put_operation(key, value, {Expiry::Kind::kAt, expires_ms}));
}

Transaction put_keeping(const std::string &key, const std::string &value) {
  return one(put_operation(key, value, {Expiry::Kind::kKeep, 0}));
}

Transaction remove(const std::string &key) {
  Operation operation;
  operation.kind = Operation::Kind::kDelete;
  operation.key = key;
  return one(std::move(operation));
}

Transaction when(Condition condition, Transaction transaction) {
  transaction.conditions.push_back(std::move(condition));
  return transaction;
}

CommitResult commit(Store &store, Transaction transaction) {
  std::promise<CommitResult> answer;
  store.submit(std::move(transaction),
               [&](CommitResult result) { answer.set_value(std::move(result)); });
  return answer.get_future().get();
}

std::string text(Code code) {
  switch (code) {
    case Code::kBusy: return "busy";
    case Code::kUnavailable: return "unavailable";
    case Code::kOutcomeUnknown: return "outcome-unknown";
    case Code::kTooLarge: return "too-large";
    case Code::kInvalid: return "invalid";
    case Code::kNoSpace: return "no-space";
    case Code::kCorrupt: return "corrupt";
    default: return "code " + std::to_string(static_cast<int>(code));
  }
}

std::string text(const CommitResult &result) {
  if (result.kind == CommitResult::Kind::kFailed) return "failed " + text(result.error.code);
  if (result.kind == CommitResult::Kind::kConflict) {
    return "conflict [" + std::to_string(result.failed_condition) +
           "] current=" + std::to_string(result.current);
  }
  std::string out = "committed found=";
  for (const uint8_t found : result.found) out += found != 0 ? '1' : '0';
  return out;
}

std::string run(Store &store, Transaction transaction) {
  return text(commit(store, std::move(transaction)));
}

std::string dump(Store &store) {
  std::string out;
  ScanQuery query;
  query.values = Values::kWith;
  const auto end = store.scan(query, [&](size_t, const ItemView &item) {
    if (!out.empty()) out += ' ';
    out.append(item.key).append("=").append(item.value);
    return true;
  });
  return end ? out : "failed: " + end.error().message;
}

std::string get(Store &store, const std::string &key) {
  std::string out = "-";
  const std::string_view view = key;
  const auto revision = store.read(&view, 1, Values::kWith, [&](size_t, const ItemView &item) {
    out = item.value;
    return true;
  });
  return revision ? out : "failed: " + revision.error().message;
}

bool eventually(const std::function<bool()> &condition) {
  return test::eventually(condition, std::chrono::seconds(20));
}

}  // namespace navistore::store::testing
