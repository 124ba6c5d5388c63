// SPDX-License-Identifier: Apache-2.0
#include "checkpointer.hpp"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace navistore::sqlite {
namespace {

using backend::Failure;

constexpr uint64_t kSmallRest = 256;  // pages that may be copied while commits wait
constexpr uint64_t kSlack = 3;        // how many times its size the log may outgrow what is due
constexpr int kPasses = 8;            // before the rest is taken as it is
// How long to wait for reads in progress; the longer one while commits go on, or when the log has
// outgrown its size.
constexpr std::chrono::milliseconds kShortPatience(2);
constexpr std::chrono::milliseconds kLongPatience(100);

// The thread that is made next blocks all signals: they are the host's.
class BlockSignals {
 public:
  BlockSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockSignals(const BlockSignals &) = delete;
  BlockSignals &operator=(const BlockSignals &) = delete;

 private:
  sigset_t before_{};
};

Database open_for_checkpoints(const std::string &path, const Config &config) {
  Database db = open_for_reading(path, config, Access::kReadWrite);
  set_synchronous(db, Synchronous::kFull);
  db.set_patience(2);
  return db;
}

}  // namespace

Checkpointer::Checkpointer(const std::string &path, const Config &config, Writer &writer,
                           ReaderPool &readers, Log log)
    : writer_(writer),
      readers_(readers),
      log_(std::move(log)),
      database_(open_for_checkpoints(path, config)),
      start_pages_(config.log_bytes / database_.page_bytes()),
      due_pages_(start_pages_) {
  const BlockSignals blocked;
  thread_ = std::thread([this] { work(); });
}

Checkpointer::~Checkpointer() {
  {
    const backend::Lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void Checkpointer::look() {
  if (writer_.log_pages() < due_pages_.load(std::memory_order_relaxed)) return;
  const backend::Lock lock(mutex_);
  asked_ = true;
  changed_.notify_all();
}

bool Checkpointer::full() const noexcept {
  return writer_.log_pages() >= due_pages_.load(std::memory_order_relaxed) + kSlack * start_pages_;
}

void Checkpointer::await_room(const Deadline &deadline) {
  if (!full()) return;
  const backend::Lock lock(mutex_);
  while ((asked_ || running_) && full() && !deadline.over()) {
    changed_.wait_until(mutex_, deadline.until());
  }
  deadline.check();
}

void Checkpointer::wake() noexcept {
  const backend::Lock lock(mutex_);
  changed_.notify_all();
}

void Checkpointer::work() noexcept {
  while (take_order()) {
    try_checkpoint();
    const backend::Lock lock(mutex_);
    running_ = false;
    asked_ = false;  // meanwhile, for what has been done
    changed_.notify_all();
  }
}

// Waits for the next one. False: there will be none.
bool Checkpointer::take_order() {
  const backend::Lock lock(mutex_);
  while (!asked_ && !stopping_) changed_.wait(mutex_);
  if (stopping_) return false;
  asked_ = false;
  running_ = true;
  return true;
}

void Checkpointer::try_checkpoint() noexcept {
  const backend::Lock lock(database_mutex_);
  // The log of a failed disk is judged by its checksums at the next opening, not copied now.
  if (writer_.is_dead()) return;
  try {
    checkpoint();
  } catch (const Failure &failure) {
    log_(failure);
    due_pages_ = writer_.log_pages() + start_pages_;
  }
}

// The way of everything into the file. A failure is noted before anybody else comes to the
// database: the system tells a failed sync once, so the next one would take for durable what is
// not; and by SQLite's count the file has what was copied before it.
LogPages Checkpointer::copy(Checkpoint mode, Sync sync) {
  try {
    const LogPages pages = database_.checkpoint(mode);
    if (sync == Sync::kAlways) database_.sync_file();
    return pages;
  } catch (const Failure &failure) {
    if (failure.status() == NAVI_IO) writer_.state().file_failed = true;
    writer_.note_failure(failure);
    throw;
  }
}

void Checkpointer::checkpoint() {
  const bool restarts = copy_while_commits_run() && copy_rest();
  // With a long read in the way it is no use to try again before there is much more to copy.
  due_pages_ = restarts ? start_pages_ : writer_.log_pages() + start_pages_ / 4;
}

// False: a long read is in the way.
bool Checkpointer::copy_while_commits_run() {
  uint64_t rest = UINT64_MAX;
  for (int pass = 0; pass < kPasses && rest > kSmallRest && !full(); ++pass) {
    // What an old snapshot still needs of the file cannot be overwritten.
    if (!retire_older_snapshots(kLongPatience)) return false;
    const LogPages pages = copy(Checkpoint::kPassive, Sync::kAlways);
    const uint64_t before = rest;
    const uint64_t written = writer_.log_pages();
    rest = written > pages.copied ? written - pages.copied : 0;
    if (rest >= before) break;
  }
  return true;
}

// False: a long read is in the way.
bool Checkpointer::copy_rest() {
  const Deadline forever(0, never_);
  const WriteGate::Turn turn(writer_.gate(), forever, WriteGate::Rank::kFirst);
  const bool outgrown = writer_.log_pages() >= 2 * start_pages_;
  return copy_rest_and_retire(outgrown ? kLongPatience : kShortPatience);
}

// While no commit runs. False: a read that lasts longer than `patience` is in the way.
bool Checkpointer::copy_rest_and_retire(std::chrono::milliseconds patience) {
  if (!retire_older_snapshots(patience)) return false;
  const LogPages pages = copy(Checkpoint::kPassive, Sync::kAtItsEnd);
  if (pages.copied < pages.written) return false;
  // From here on a new snapshot reads the file alone. The log can start again when no older one is
  // left.
  return retire_older_snapshots(patience);
}

// False: a read that began before lasts longer than `patience`.
bool Checkpointer::retire_older_snapshots(std::chrono::milliseconds patience) noexcept {
  const uint64_t generation = writer_.state().generation.fetch_add(1) + 1;
  return readers_.retire_snapshots(generation, patience);
}

void Checkpointer::truncate(const Deadline &deadline) {
  const backend::Lock lock(database_mutex_);
  writer_.require_alive();
  copy_while_commits_run();
  const WriteGate::Turn turn(writer_.gate(), deadline, WriteGate::Rank::kFirst);
  writer_.require_alive();
  copy_rest_and_retire(kLongPatience);
  copy(Checkpoint::kTruncate, Sync::kAtItsEnd);
  due_pages_ = start_pages_;
}

}  // namespace navistore::sqlite
