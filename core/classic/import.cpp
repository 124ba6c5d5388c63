// SPDX-License-Identifier: Apache-2.0
#include "core/classic/import.hpp"

#include <utility>

#include "core/classic/old_database.hpp"
#include "core/mutex.hpp"

namespace navistore::classic {
namespace {

using Row = OldDatabase::Row;

constexpr size_t kLongestKey = 1'024;
constexpr size_t kNamed = 10;        // unusable rows in a message
constexpr size_t kInFlight = 1'000;  // puts on their way
const std::string kRecord = "classic.imported";

// Why a row cannot be put; empty: it can.
std::string fault_of(const Row &row, uint64_t max_value) {
  if (!row.has_key) return "has no key";
  if (row.key.empty()) return "has an empty key";
  if (row.key.size() > kLongestKey) {
    return "has a key of " + std::to_string(row.key.size()) + " bytes, more than 1024";
  }
  if (!row.has_value) return "has no value";
  if (row.value.size() <= max_value) return {};
  return "has a value of " + std::to_string(row.value.size()) + " bytes, more than " +
         std::to_string(max_value) + " (--max-value)";
}

Outcome check_rows(OldDatabase &old, uint64_t max_value) {
  std::string text;
  size_t faults = 0;
  const auto note = [&](const Row &row) -> Outcome {
    const std::string fault = fault_of(row, max_value);
    if (fault.empty() || ++faults > kNamed) return Done{};
    text += "\n  row " + std::to_string(row.id) + " " + fault;
    return Done{};
  };
  if (Outcome checked = old.for_each(note); !checked) return checked;
  if (faults == 0) return Done{};
  if (faults > kNamed) text += "\n  and " + std::to_string(faults - kNamed) + " more";
  return Error{Code::kInvalid, "nothing was imported, since these cannot be:" + text};
}

// Puts keys that are not there, many at once, so that they share commits.
class Putter {
 public:
  explicit Putter(store::Store &store) : store_(store) {}
  ~Putter() { wait_below(1); }
  Putter(const Putter &) = delete;
  Putter &operator=(const Putter &) = delete;

  Outcome put(const Row &row) {
    wait_below(kInFlight);
    if (Outcome sound = state(); !sound) return sound;
    store::Transaction transaction;
    transaction.conditions.push_back({store::Condition::Kind::kAbsent, std::string(row.key), 0});
    store::Operation &op = transaction.operations.emplace_back();
    op.key = row.key;
    op.value = row.value;
    {
      const Lock lock(mutex_);
      ++in_flight_;
    }
    store_.submit(std::move(transaction),
                  [this](const store::CommitResult &result) { note(result); });
    return Done{};
  }
  Outcome finish(Imported &imported) {
    wait_below(1);
    const Lock lock(mutex_);
    if (failure_) return *failure_;
    imported.put = put_;
    imported.kept = kept_;
    return Done{};
  }

 private:
  void note(const store::CommitResult &result) {
    const Lock lock(mutex_);
    switch (result.kind) {
      case store::CommitResult::Kind::kCommitted: ++put_; break;
      case store::CommitResult::Kind::kConflict: ++kept_; break;
      case store::CommitResult::Kind::kFailed: failure_ = result.error;
    }
    --in_flight_;
    answered_.notify_all();
  }
  void wait_below(size_t limit) {
    const Lock lock(mutex_);
    while (in_flight_ >= limit) answered_.wait(mutex_);
  }
  Outcome state() {
    const Lock lock(mutex_);
    if (failure_) return *failure_;
    return Done{};
  }

  store::Store &store_;
  Mutex mutex_;
  Condition answered_;
  size_t in_flight_ NAVISTORE_GUARDED_BY(mutex_) = 0;
  uint64_t put_ NAVISTORE_GUARDED_BY(mutex_) = 0;
  uint64_t kept_ NAVISTORE_GUARDED_BY(mutex_) = 0;
  std::optional<Error> failure_ NAVISTORE_GUARDED_BY(mutex_);
};

}  // namespace

std::string describe(const Imported &imported) {
  std::string text = "imported " + std::to_string(imported.put) + " keys";
  if (imported.kept != 0) {
    text += "; " + std::to_string(imported.kept) + " were there already and stay as they are";
  }
  if (imported.duplicates != 0) {
    text += "; " + std::to_string(imported.duplicates) +
            " further rows of the same keys, which the original never showed, are left out";
  }
  return text;
}

Result<Imported> import_old(store::Store &store, const std::string &path) {
  auto opened = OldDatabase::open(path);
  if (!opened) return std::move(opened).error();
  OldDatabase &old = *opened.value();
  if (Outcome checked = check_rows(old, store.facts().max_value); !checked) {
    return std::move(checked).error().in(path);
  }
  const auto rows = old.count();
  if (!rows) return Error{rows.error().code, path + " " + rows.error().message};
  Imported imported;
  Putter putter(store);
  Outcome done = old.for_each([&](const Row &row) { return putter.put(row); });
  if (done) done = putter.finish(imported);
  if (!done) return std::move(done).error().in("import " + path);
  imported.duplicates = rows.value() - imported.put - imported.kept;
  return imported;
}

Result<std::optional<Imported>> import_old_once(store::Store &store, const std::string &path) {
  const auto record = store.record(kRecord);
  if (!record) return record.error();
  if (!record.value().empty()) return std::optional<Imported>();
  auto imported = import_old(store, path);
  if (!imported) return std::move(imported).error();
  if (Outcome kept = store.keep_record(kRecord, path); !kept) return std::move(kept).error();
  return std::optional<Imported>(imported.value());
}

}  // namespace navistore::classic
