// SPDX-License-Identifier: Apache-2.0
// POST /v1/bulk: many writes, each by itself. All are read before the first is applied.
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/api/ascii.hpp"
#include "core/api/cause_log.hpp"
#include "core/api/commit.hpp"
#include "core/api/detached.hpp"
#include "core/api/item_json.hpp"
#include "core/api/limits.hpp"
#include "core/api/operation.hpp"
#include "core/api/parameters.hpp"
#include "core/api/replicate_preference.hpp"
#include "core/api/resources.hpp"

namespace navistore::api {
namespace {

using store::CommitResult;

std::optional<Fault> too_many() {
  return Fault{Problem::kBadRequest, "more than " + std::to_string(kMaxBulkItems) + " items", 0};
}

void read_condition(json::Shape &shape, uint64_t epoch, store::Transaction &item) {
  const std::string &key = item.operations.front().key;
  if (const std::string *if_match = shape.string("if_match")) {
    const auto tag = parse_tag(*if_match);
    if (*if_match == "*") {
      item.conditions.push_back({store::Condition::Kind::kPresent, key, 0});
    } else if (tag) {
      item.conditions.push_back(condition_of(*tag, epoch, key));
    } else {
      shape.fault("if_match", "expected '*' or an entity tag in double quotes");
    }
  }
  if (const std::string *if_none_match = shape.string("if_none_match")) {
    const bool deletes = item.operations.front().kind == store::Operation::Kind::kDelete;
    if (*if_none_match != "*" || deletes) shape.fault("if_none_match", "expected '*', with put");
    item.conditions.push_back({store::Condition::Kind::kAbsent, key, 0});
  }
}

std::optional<Fault> read_item(const Call &call, const json::Value &value, const std::string &path,
                               std::vector<store::Transaction> &items) {
  OperationReader reader(call.store());
  json::Shape shape(value, path, reader.faults());
  store::Transaction item;
  item.operations.push_back(reader.operation(shape));
  read_condition(shape, call.store().epoch(), item);
  shape.finish();
  items.push_back(std::move(item));
  return reader.fault();
}

std::optional<Fault> read_array(const Call &call, std::vector<store::Transaction> &items) {
  const auto document = json::parse(call.request().body);
  if (!document) return Fault{Problem::kBadRequest, document.error().message, 0};
  const json::Value::Array *array = document.value().array();
  if (array == nullptr) return Fault{Problem::kBadRequest, "the document: expected an array", 0};
  if (array->size() > kMaxBulkItems) return too_many();
  for (size_t i = 0; i < array->size(); ++i) {
    if (auto fault = read_item(call, (*array)[i], json::element_path("", i), items)) return fault;
  }
  return std::nullopt;
}

// A last line without its line feed was cut, even where what is left is a document.
std::optional<Fault> read_lines(const Call &call, std::vector<store::Transaction> &items) {
  std::string_view rest = call.request().body;
  for (size_t number = 1; !rest.empty(); ++number) {
    const std::string place = "line " + std::to_string(number);
    if (rest.find('\n') == std::string_view::npos) {
      return Fault{Problem::kBadRequest, place + ": cut before its line feed", 0};
    }
    std::string_view line = cut(rest, '\n');
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (trimmed(line).empty()) continue;
    if (items.size() == kMaxBulkItems) return too_many();
    const auto document = json::parse(line);
    if (!document) return Fault{Problem::kBadRequest, place + ": " + document.error().message, 0};
    if (auto fault = read_item(call, document.value(), place, items)) return fault;
  }
  return std::nullopt;
}

std::optional<Fault> read_items(const Call &call, std::vector<store::Transaction> &items) {
  std::string_view type = call.headers()[Header::kContentType];
  const bool lines = !same_word(trimmed(cut(type, ';')), kJsonType);
  return lines ? read_lines(call, items) : read_array(call, items);
}

// Gathers the results of all items; the last one that comes hands them over.
class Gathering {
 public:
  using Results = std::vector<CommitResult>;
  Gathering(size_t count, std::function<void(Results)> done)
      : results_(count), left_(count), done_(std::move(done)) {}

  void put(size_t index, CommitResult result) {
    results_[index] = std::move(result);
    if (left_.fetch_sub(1) == 1) done_(std::move(results_));
  }

 private:
  Results results_;
  std::atomic<size_t> left_;
  const std::function<void(Results)> done_;
};

void write_problem_item(const Call &call, const Fault &fault, const CommitResult &result,
                        json::Writer &json) {
  const ProblemKind &kind = kind_of(fault.problem);
  json.begin_object().member("status", static_cast<uint64_t>(kind.status));
  json.member("type", "urn:navistore:problem:" + std::string(kind.name));
  json.member("detail", fault.detail).name("retryable").boolean(kind.retryable);
  if (fault.problem == Problem::kPreconditionFailed) write_current(call, result.current, json);
  json.end_object();
}

void write_result(const Call &call, store::Operation::Kind kind, const CommitResult &result,
                  json::Writer &json) {
  if (result.kind == CommitResult::Kind::kConflict) {
    const Fault fault{Problem::kPreconditionFailed, "the current version is not the one named", 0};
    return write_problem_item(call, fault, result, json);
  }
  if (result.kind == CommitResult::Kind::kFailed) {
    const Fault fault = fault_of(result.error, Access::kWrite);
    if (fault.cause) log_cause(*fault.cause, call.request_id());
    return write_problem_item(call, fault, result, json);
  }
  const bool found = !result.found.empty() && result.found.front() != 0;
  const bool deletes = kind == store::Operation::Kind::kDelete;
  json.begin_object().member("status", uint64_t{deletes || found ? 200U : 201U});
  if (deletes) {
    json.member("deleted", uint64_t{found});
  } else {
    write_etag_member(call.store().epoch(), result.revision, json);
    json.name("created").boolean(!found);
  }
  json.member("revision", result.revision).end_object();
}

void answer_bulk(Call &call, const std::vector<store::Operation::Kind> &kinds,
                 const Gathering::Results &results) {
  uint64_t newest = 0;
  for (const CommitResult &result : results) newest = std::max(newest, result.revision);
  call.valid_at(newest);
  call.response().field("Content-Type", kJsonType);
  json::Writer json(call.response().body);
  json.begin_object().name("items").begin_array();
  for (size_t i = 0; i < results.size(); ++i) write_result(call, kinds[i], results[i], json);
  json.end_array().name("atomic").boolean(false).end_object();
}

// After as many peers have what was committed as the client asked for.
void answer_replicated(Call &call, ReplicatePreference preference,
                       const std::vector<store::Operation::Kind> &kinds,
                       Gathering::Results &results) {
  std::optional<uint64_t> newest;
  for (const CommitResult &result : results) {
    if (result.kind != CommitResult::Kind::kCommitted) continue;
    newest = std::max(newest.value_or(0), result.revision);
  }
  if (!newest) return answer_bulk(call, kinds, results);
  when_replicated(call, preference, *newest, [kinds, results = std::move(results)](Call &later) {
    answer_bulk(later, kinds, results);
  });
}

void submit_all(store::Store &store, std::vector<store::Transaction> items,
                std::function<void(Gathering::Results)> done) {
  if (items.empty()) return done({});
  const auto gathering = std::make_shared<Gathering>(items.size(), std::move(done));
  for (size_t i = 0; i < items.size(); ++i) {
    store.submit(std::move(items[i]),
                 [gathering, i](CommitResult result) { gathering->put(i, std::move(result)); });
  }
}

void apply_bulk(Call &call) {
  Parameters parameters(call.request().query);
  if (const auto fault = parameters.finish()) return call.fail(*fault);
  std::optional<ReplicatePreference> replicate;
  if (const auto fault = read_replicate(call.headers()[Header::kPrefer], replicate)) {
    return call.fail(*fault);
  }
  std::vector<store::Transaction> items;
  if (const auto fault = read_items(call, items)) return call.fail(*fault);
  std::vector<store::Operation::Kind> kinds;
  kinds.reserve(items.size());
  for (const auto &item : items) kinds.push_back(item.operations.front().kind);
  when_done<Gathering::Results>(
      call,
      [&](std::function<void(Gathering::Results)> done) {
        submit_all(call.store(), std::move(items), std::move(done));
      },
      [kinds = std::move(kinds), replicate](Call &later, Gathering::Results &results) {
        if (!replicate) return answer_bulk(later, kinds, results);
        answer_replicated(later, *replicate, kinds, results);
      });
}

}  // namespace

// Reading thousands of documents would hold up the event loop.
void bulk_write(Call &call) {
  if (refuses_writes(call)) return;
  on_reader_pool(call, apply_bulk);
}

}  // namespace navistore::api
