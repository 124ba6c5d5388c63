// SPDX-License-Identifier: Apache-2.0
#include "core/store/backend_store.hpp"

#include <chrono>
#include <optional>
#include <utility>

namespace navistore::store {
namespace {

int32_t deliver_item(void *context, uint64_t index, const navi_item *item) noexcept {
  return (*static_cast<ItemSink *>(context))(index, *item) ? 0 : 1;
}

int32_t deliver_change(void *context, const navi_change *change) noexcept {
  return (*static_cast<ChangeSink *>(context))(*change) ? 0 : 1;
}

navi_reply empty_reply() { return {sizeof(navi_reply), 0, 0}; }

uint64_t host_now_ms(void *) noexcept { return wall_clock_ms(); }

// A level between or beyond the known ones counts as the next one that is known.
LogLevel log_level(int32_t level) {
  if (level <= NAVI_LOG_DEBUG) return LogLevel::kDebug;
  if (level <= NAVI_LOG_INFO) return LogLevel::kInfo;
  return level <= NAVI_LOG_WARNING ? LogLevel::kWarning : LogLevel::kError;
}

void host_log(void *sink, int32_t level, const char *text, size_t length) noexcept {
  const auto &log = *static_cast<const LogSink *>(sink);
  if (log) log(log_level(level), {text, length});
}

constexpr struct {
  uint64_t flag;
  const char *name;
} kCapabilities[] = {
    {NAVI_CAP_PERSISTENT, "PERSISTENT"},     {NAVI_CAP_SHARED, "SHARED"},
    {NAVI_CAP_FAST_READS, "FAST_READS"},     {NAVI_CAP_SINGLE_THREADED, "SINGLE_THREADED"},
    {NAVI_CAP_FULL_HISTORY, "FULL_HISTORY"}, {NAVI_CAP_FAST_WRITES, "FAST_WRITES"}};

// What was proven holds for a store with the capabilities that were tested, and for no other.
Outcome check_proven(const navi_caps &caps, const host::Backend &backend) {
  if (!backend.proven_flags || *backend.proven_flags == caps.flags) return Done{};
  std::string differences;
  for (const auto &[flag, name] : kCapabilities) {
    if (((caps.flags ^ *backend.proven_flags) & flag) == 0) continue;
    differences += std::string(differences.empty() ? "" : ", ") + name +
                   ((caps.flags & flag) != 0 ? " was not tested" : " is missing");
  }
  return Error{Code::kRefused,
               "backend refused: the store declares other capabilities than the "
               "proven " +
                   backend.id + " (" + (differences.empty() ? "unknown flags" : differences) + ")"};
}

const void *host_interface(void *, const char *) noexcept { return nullptr; }

}  // namespace

uint64_t wall_clock_ms() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count());
}

Result<std::unique_ptr<BackendStore>> BackendStore::open(const host::Backend &backend,
                                                         const Place &place, Mutex &serial) {
  std::unique_ptr<BackendStore> store(new BackendStore(backend, serial));
  store->log_ = place.log;
  store->host_ = {sizeof(navi_host), 0,        &store->log_, "navistore",
                  "1.0.0",           host_log, host_now_ms,  host_interface};
  store->caps_.size = sizeof(navi_caps);
  navi_open request{};
  request.size = sizeof request;
  request.host = &store->host_;
  request.config = place.config.c_str();
  request.data_dir = place.data_dir.c_str();
  request.ns = place.ns.c_str();
  request.now_ms = wall_clock_ms();
  CallStatus status;
  {
    const Lock lock(serial);
    status.status = backend.store->open(&request, &store->store_, &store->caps_, &status.detail);
  }
  if (!status.ok()) {
    store->store_ = nullptr;
    return error_from(status, Call::kOpen).in("open store '" + place.ns + "'");
  }
  if (auto same = check_proven(store->caps_, backend); !same) return std::move(same).error();
  return store;
}

BackendStore::~BackendStore() {
  if (store_ == nullptr) return;
  const Lock lock(serial_);
  backend_.store->close(store_);
}

template <class Function>
CallStatus BackendStore::call(Function function) {
  CallStatus status;
  {
    std::optional<Lock> alone;
    if (has(NAVI_CAP_SINGLE_THREADED)) alone.emplace(serial_);
    status.status = function(&status.detail);
  }
  if (is_dead(status.status) && died_) died_(*this, error_from(status, Call::kRead));
  return status;
}

CallStatus BackendStore::read(navi_read request, ItemSink sink, navi_reply &reply) {
  request.size = sizeof request;
  reply = empty_reply();
  const navi_sink navi{&sink, deliver_item};
  return call([&](navi_error *error) {
    return backend_.store->read(store_, &request, &navi, &reply, error);
  });
}

CallStatus BackendStore::apply(navi_apply request, navi_result *results) {
  request.size = sizeof request;
  for (size_t i = 0; i < request.n; ++i) results[i] = {NAVI_MAYBE, 0, 0, 0};
  return call(
      [&](navi_error *error) { return backend_.store->apply(store_, &request, results, error); });
}

CallStatus BackendStore::scan(navi_scan request, ItemSink sink, navi_reply &reply) {
  request.size = sizeof request;
  reply = empty_reply();
  const navi_sink navi{&sink, deliver_item};
  return call([&](navi_error *error) {
    return backend_.store->scan(store_, &request, &navi, &reply, error);
  });
}

CallStatus BackendStore::clear(navi_apply request, navi_reply &reply) {
  request.size = sizeof request;
  reply = empty_reply();
  return call(
      [&](navi_error *error) { return backend_.store->clear(store_, &request, &reply, error); });
}

CallStatus BackendStore::stats(navi_stats &stats) {
  stats = {};
  stats.size = sizeof stats;
  return call([&](navi_error *error) { return backend_.store->stats(store_, &stats, error); });
}

CallStatus BackendStore::changes(navi_tail request, ChangeSink sink, navi_reply &reply) {
  request.size = sizeof request;
  reply = empty_reply();
  const navi_change_sink navi{&sink, deliver_change};
  return call([&](navi_error *error) {
    return backend_.changes->read(store_, &request, &navi, &reply, error);
  });
}

CallStatus BackendStore::trim(uint64_t before) {
  return call([&](navi_error *error) { return backend_.changes->trim(store_, before, error); });
}

CallStatus BackendStore::arm(void (*bell)(void *) noexcept, void *context) {
  return call([&](navi_error *error) { return backend_.watch->arm(store_, bell, context, error); });
}

CallStatus BackendStore::purge(uint64_t now_ms, uint64_t max_items, navi_reply &reply) {
  reply = empty_reply();
  return call([&](navi_error *error) {
    return backend_.upkeep->purge(store_, now_ms, max_items, &reply, error);
  });
}

CallStatus BackendStore::compact(uint64_t timeout_ms) {
  return call(
      [&](navi_error *error) { return backend_.upkeep->compact(store_, timeout_ms, error); });
}

}  // namespace navistore::store
