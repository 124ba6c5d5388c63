// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "core/mutex.hpp"
#include "core/store/backend_store.hpp"
#include "core/store/context.hpp"
#include "core/store/read_queue.hpp"
#include "core/store/reader_pool.hpp"
#include "core/store/store.hpp"
#include "core/store/sweeper.hpp"
#include "core/store/timers.hpp"
#include "core/store/writer.hpp"

namespace navistore::store {

inline const std::string kReplicating = "replicating";  // since which revision it is on

class StoreImpl final : public Store {
 public:
  StoreImpl(host::Backend backend, StoreOptions options);
  ~StoreImpl() override;
  Outcome start();  // opens the backend and starts the threads

  const Facts &facts() const override { return context_.facts; }
  const host::Backend &backend() const override { return context_.backend; }
  uint64_t epoch() const override { return context_.identity.epoch(); }
  uint64_t revision() const override { return context_.revision.load(); }
  uint64_t now_ms() const override { return wall_clock_ms(); }
  Outcome healthy() const override NAVISTORE_EXCLUDES(health_mutex_);
  Metrics metrics() const override { return writer_.metrics(); }

  bool reads_inline(size_t keys) const override;
  Result<std::optional<uint64_t>> read_inline(const std::string_view *keys, size_t count,
                                              Values values, Visitor visit) override;
  void read_later(std::vector<std::string> keys, Values values, ReadCallback done) override {
    reads_.push({std::move(keys), values, std::move(done)});
  }
  Result<uint64_t> read(const std::string_view *keys, size_t count, Values values,
                        Visitor visit) override;
  Result<ScanEnd> scan(const ScanQuery &query, Visitor visit) override;
  Result<StoreStats> stats() override;
  Result<Due> find_due(const ScanQuery &range) override;
  Outcome on_reader_pool(std::function<void()> task) override {
    return readers_.run(std::move(task));
  }

  void submit(Transaction transaction, CommitCallback done) override {
    writer_.submit(std::move(transaction), std::move(done));
  }
  void submit_exclusive(std::function<void(ExclusiveWriter &)> work,
                        std::function<void(Error)> refused) override;
  void reset(std::function<void(Result<uint64_t>)> done) override;
  void compact(std::function<void(Outcome)> done) override;
  std::unique_ptr<Alarm> wake_at(uint64_t time_ms, std::function<void()> wake) override;

  Feed &feed() override { return *context_.feed; }

  bool replicating() const override { return context_.replicating.load(); }
  uint64_t replicating_since() const override { return context_.replicating_since.load(); }
  Outcome start_replicating() override;
  uint64_t node() const override { return context_.identity.node(); }
  Result<std::string> record(const std::string &name) override;
  Outcome keep_record(const std::string &name, std::string value) override;
  void keep_history_after(uint64_t revision) override { context_.history_floor = revision; }

 private:
  // The backend's stores, opened together.
  struct Opened {
    std::unique_ptr<BackendStore> items;
    std::unique_ptr<BackendStore> system;  // null: the backend keeps nothing
    navi_stats stats{};
  };
  Result<Opened> open_backend();
  Outcome adopt(Opened opened);  // reads or makes the identity; nothing is published yet
  Outcome check_limits() const;
  void find_facts();
  ChangeFeed::Sources feed_sources();
  Result<HistoryPage> read_older(uint64_t after, HistoryLimits limits);
  // SHARED, see shared_store.cpp.
  void follow_others();
  void stop_following();
  void ask_epoch();  // [any thread]
  void pull();       // and again later, where no bell rings
  Outcome pull_all() NAVISTORE_REQUIRES(context_.feed_turn);
  Outcome pull_unknown(Error why) NAVISTORE_REQUIRES(context_.feed_turn);
  void schedule_pull() NAVISTORE_EXCLUDES(alarm_mutex_);
  enum class Taken : uint8_t { kShown, kCleared };
  Taken take_over(CommitPtr commit) NAVISTORE_REQUIRES(context_.feed_turn);
  void follow_epoch();
  Outcome take_epoch() NAVISTORE_EXCLUDES(context_.feed_turn);
  void died(BackendStore &store, const Error &why) NAVISTORE_EXCLUDES(health_mutex_);
  bool recover() NAVISTORE_EXCLUDES(health_mutex_);
  Outcome reopen();
  void publish() NAVISTORE_EXCLUDES(health_mutex_);
  void schedule_trim();
  void trim();

  Context context_;
  Mutex serial_;                          // held around each call of a SINGLE_THREADED backend
  std::unique_ptr<BackendStore> system_;  // the committer's
  std::unique_ptr<BackendStore> items_;   // the committer's; others use context_.published

  std::atomic<bool> epoch_wanted_{false};  // another server may have made one
  uint64_t cleared_at_ NAVISTORE_GUARDED_BY(context_.feed_turn) = 0;  // the newest reset

  mutable Mutex health_mutex_;
  Error sickness_ NAVISTORE_GUARDED_BY(health_mutex_){Code::kUnavailable, "not yet open"};

  Timers timers_;
  Writer writer_;
  Sweeper sweeper_;
  ReaderPool readers_;
  ReadQueue reads_;
  Mutex alarm_mutex_;
  std::unique_ptr<Timers::Alarm> trim_alarm_ NAVISTORE_GUARDED_BY(alarm_mutex_);
  std::unique_ptr<Timers::Alarm> pull_alarm_ NAVISTORE_GUARDED_BY(alarm_mutex_);
  bool started_ = false;
};

}  // namespace navistore::store
