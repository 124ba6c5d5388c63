// SPDX-License-Identifier: Apache-2.0
// DELETE of the collection: everything under a prefix.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/api/commit.hpp"
#include "core/api/count.hpp"
#include "core/api/detached.hpp"
#include "core/api/limits.hpp"
#include "core/api/list_query.hpp"
#include "core/api/replicate_preference.hpp"
#include "core/api/resources.hpp"

namespace navistore::api {
namespace {

using store::CommitResult;
using store::ExclusiveWriter;

struct DeleteQuery {
  ListQuery range;
  std::optional<uint64_t> expect;
  enum class Mode : uint8_t { kDelete, kDryRun } mode = Mode::kDelete;
};

// What became of a range delete.
struct Deleted {
  // kRaced: the keys counted were changed by another server before they were deleted.
  enum class Kind : uint8_t {
    kDone,
    kUnexpected,
    kRaced,
    kFailed,
    kUnsupported
  } kind = Kind::kDone;
  uint64_t deleted = 0;
  uint64_t counted = 0;  // kUnexpected
  uint64_t limit = 0;    // kUnsupported: the most keys that a transaction takes
  uint64_t revision = 0;
  uint64_t transactions = 0;
  Position next;  // kFailed: behind the last key that is gone
  Error error{Code::kInternal, {}};
};

std::optional<Fault> read_delete_query(const Call &call, DeleteQuery &query) {
  Parameters parameters(call.request().query);
  const auto prefix = parameters.take("prefix");
  query.range.prefix = prefix.value_or("");
  const bool all = parameters.take_flag("all");
  if (parameters.take_flag("dry_run")) query.mode = DeleteQuery::Mode::kDryRun;
  query.expect = parameters.take_number("expect", 0, UINT64_MAX);
  if (const auto cursor = parameters.take("cursor")) {
    const auto position = parse_cursor(*cursor);
    if (!position) parameters.fault("cursor: not one that this server gave");
    query.range.from = position.value_or(Position());
  }
  if (query.range.prefix.empty() && !all) {
    parameters.fault("an empty prefix deletes every key and needs all=true");
  }
  const Headers &headers = call.headers();
  if (headers.present(Header::kIfMatch) || headers.present(Header::kIfNoneMatch)) {
    parameters.fault("a range delete takes no If-Match and no If-None-Match; use expect");
  }
  return parameters.finish();
}

struct Found {
  std::string key;
  uint64_t revision = 0;
};

// Works through the range while no other write of this server comes between.
class RangeDelete {
 public:
  RangeDelete(const DeleteQuery &query, const store::Facts &facts, ExclusiveWriter &writer)
      : query_(query), facts_(facts), writer_(writer), most_(most_operations(facts)) {
    result_.next = query.range.from;
  }

  Deleted run() {
    if (query_.expect && facts_.shared) return delete_expected();
    if (query_.expect && !count_is_expected()) return result_;
    while (result_.kind == Deleted::Kind::kDone) {
      const auto found = scan(most_);
      if (!found) return fail(found.error());
      if (found.value().empty()) break;
      remove(found.value(), Check::kNone);
      if (found.value().size() < most_) break;
    }
    return result_;
  }

 private:
  enum class Check : uint8_t { kNone, kRevisions };

  static uint64_t most_operations(const store::Facts &facts) {
    constexpr uint64_t kMost = 10'000;
    const uint64_t limit = facts.max_transaction_operations;
    const uint64_t by_count = limit == 0 ? kMost : std::min(limit, kMost);
    const uint64_t bytes = facts.max_transaction_bytes;
    const uint64_t longest_key = facts.max_key == 0 ? 1024 : facts.max_key;
    const uint64_t by_bytes = bytes == 0 ? by_count : bytes / (2 * longest_key);
    return std::max<uint64_t>(1, std::min(by_count, by_bytes));
  }

  Deleted fail(Error error) {
    result_.kind = Deleted::Kind::kFailed;
    result_.error = std::move(error);
    return result_;
  }

  // The next keys behind what is gone, at most max.
  Result<std::vector<Found>> scan(uint64_t max) {
    std::vector<Found> found;
    const Stretch stretch = stretch_of(query_.range, result_.next);
    if (stretch.content == Stretch::Content::kNothing) return found;
    store::ScanQuery scan;
    scan.start = stretch.start;
    scan.end = stretch.end;
    scan.start_bound = stretch.bound;
    scan.max_items = max;
    const auto end = writer_.scan(scan, [&](size_t, const store::ItemView &item) {
      found.push_back({std::string(item.key), item.revision});
      return found.size() < max;
    });
    if (!end) return end.error();
    result_.revision = end.value().revision;
    return found;
  }

  bool count_is_expected() {
    uint64_t count = 0;
    const Position first = result_.next;
    for (;;) {
      constexpr uint64_t kPage = 10'000;
      const auto page = scan(kPage);
      if (!page) {
        fail(page.error());
        return false;
      }
      count += page.value().size();
      if (page.value().size() < kPage) break;
      result_.next = {Position::Kind::kKey, page.value().back().key};
    }
    result_.next = first;
    return is_expected(count);
  }

  bool is_expected(uint64_t count) {
    if (count == *query_.expect) return true;
    result_.kind = Deleted::Kind::kUnexpected;
    result_.counted = count;
    return false;
  }

  void remove(const std::vector<Found> &found, Check check) {
    store::Transaction transaction;
    for (const Found &item : found) {
      store::Operation operation;
      operation.kind = store::Operation::Kind::kDelete;
      operation.key = item.key;
      transaction.operations.push_back(std::move(operation));
      if (check == Check::kNone) continue;
      transaction.conditions.push_back(
          {store::Condition::Kind::kRevision, item.key, item.revision});
    }
    const CommitResult committed = writer_.commit(transaction);
    if (committed.kind == CommitResult::Kind::kConflict) {
      result_.kind = Deleted::Kind::kRaced;
      return;
    }
    if (committed.kind == CommitResult::Kind::kFailed) {
      fail(committed.error);
      return;
    }
    ++result_.transactions;
    result_.revision = committed.revision;
    result_.next = {Position::Kind::kKey, found.back().key};
    result_.deleted += static_cast<uint64_t>(
        std::count(committed.found.begin(), committed.found.end(), uint8_t{1}));
  }

  // Other servers write as well: one transaction that holds only if no key changed since it was
  // counted. Checks and operations are limited alike.
  Deleted delete_expected() {
    constexpr int kTries = 3;
    const Position first = result_.next;
    for (int i = 0; i < kTries; ++i) {
      result_ = Deleted();
      result_.next = first;
      const auto found = scan(most_ + 1);
      if (!found) return fail(found.error());
      if (found.value().size() > most_) {
        result_.kind = Deleted::Kind::kUnsupported;
        result_.limit = most_;
        return result_;
      }
      if (!is_expected(found.value().size()) || found.value().empty()) return result_;
      remove(found.value(), Check::kRevisions);
      if (result_.kind != Deleted::Kind::kRaced) return result_;
    }
    return result_;
  }

  const DeleteQuery &query_;
  const store::Facts &facts_;
  ExclusiveWriter &writer_;
  const uint64_t most_;
  Deleted result_;
};

void fail_unexpected(Call &call, uint64_t counted) {
  const Fault fault{Problem::kPreconditionFailed,
                    "the range does not hold as many keys as expected", 0};
  call.fail(fault, [&](json::Writer &members) { members.member("count", counted); });
}

// Nothing was deleted: the store's own problem. Otherwise what was, and where to go on.
void fail_delete(Call &call, const Deleted &deleted) {
  const Fault plain = fault_of(deleted.error, Access::kWrite);
  if (deleted.deleted == 0) return call.fail(plain);
  const Fault fault{Problem::kOutcomeUnknown, "a part of the range was deleted: " + plain.detail, 0,
                    plain.cause};
  call.fail(fault, [&](json::Writer &members) {
    members.member("deleted", deleted.deleted).member("revision", deleted.revision);
    members.member("cursor", cursor_of(deleted.next));
  });
}

void answer_deleted(Call &call, const Deleted &deleted) {
  switch (deleted.kind) {
    case Deleted::Kind::kUnexpected: return fail_unexpected(call, deleted.counted);
    case Deleted::Kind::kFailed: return fail_delete(call, deleted);
    case Deleted::Kind::kUnsupported:
      return call.fail(Fault{Problem::kCapabilityMissing,
                             "expect needs one transaction on this store, and the range is larger",
                             deleted.limit});
    case Deleted::Kind::kRaced:
      return call.fail(Problem::kBackendUnavailable,
                       "the range changed again and again while it was to be deleted; nothing was "
                       "deleted");
    case Deleted::Kind::kDone: break;
  }
  call.valid_at(deleted.revision);
  call.response().field("Content-Type", kJsonType);
  json::Writer json(call.response().body);
  json.begin_object().member("deleted", deleted.deleted).member("revision", deleted.revision);
  json.name("atomic").boolean(deleted.transactions <= 1).end_object();
}

// Also where nothing was there any more: the first try of a client that asks again may have deleted
// it, and its peers are what it waits for.
void answer_replicated(Call &call, const std::optional<ReplicatePreference> &preference,
                       Deleted &deleted) {
  if (!preference || deleted.kind != Deleted::Kind::kDone) return answer_deleted(call, deleted);
  const uint64_t revision = deleted.revision;
  when_replicated(call, *preference, revision,
                  [deleted = std::move(deleted)](Call &later) { answer_deleted(later, deleted); });
}

void dry_run(Call &call) {
  DeleteQuery query;
  if (const auto fault = read_delete_query(call, query)) return call.fail(*fault);
  const auto count = count_items(call.store(), query.range);
  if (!count) return call.fail(fault_of(count.error(), Access::kRead));
  if (query.expect && *query.expect != count.value().items) {
    return fail_unexpected(call, count.value().items);
  }
  call.valid_at(count.value().revision);
  call.response().field("Content-Type", kJsonType);
  json::Writer json(call.response().body);
  json.begin_object().member("deleted", 0).member("count", count.value().items);
  json.name("dry_run").boolean(true).member("revision", count.value().revision).end_object();
}

}  // namespace

void delete_range(Call &call) {
  auto query = std::make_shared<DeleteQuery>();
  if (const auto fault = read_delete_query(call, *query)) return call.fail(*fault);
  if (query->mode == DeleteQuery::Mode::kDryRun) return on_reader_pool(call, dry_run);
  if (refuses_writes(call)) return;
  std::optional<ReplicatePreference> replicate;
  if (const auto fault = read_replicate(call.headers()[Header::kPrefer], replicate)) {
    return call.fail(*fault);
  }
  store::Store &store = call.store();
  when_done<Deleted>(
      call,
      [&](const std::function<void(Deleted)> &done) {
        store.submit_exclusive(
            [query, done, &store](ExclusiveWriter &writer) {
              done(RangeDelete(*query, store.facts(), writer).run());
            },
            [done](Error error) {
              Deleted refused;
              refused.kind = Deleted::Kind::kFailed;
              refused.error = std::move(error);
              done(std::move(refused));
            });
      },
      [replicate](Call &later, Deleted &deleted) { answer_replicated(later, replicate, deleted); });
}

}  // namespace navistore::api
