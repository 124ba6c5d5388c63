// SPDX-License-Identifier: Apache-2.0
// POST /v1/txn: conditions, then all operations under one revision or none.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/api/commit.hpp"
#include "core/api/detached.hpp"
#include "core/api/item_json.hpp"
#include "core/api/keys_read.hpp"
#include "core/api/limits.hpp"
#include "core/api/operation.hpp"
#include "core/api/parameters.hpp"
#include "core/api/resources.hpp"

namespace navistore::api {
namespace {

constexpr size_t kMostReadHere = size_t{64} * 1024;  // bytes of a body

struct Request {
  store::Transaction transaction;
  std::optional<std::vector<std::string>> otherwise;  // keys of the gets in "else"
};

void read_condition(const json::Value &value, const std::string &path, uint64_t epoch,
                    OperationReader &reader, store::Transaction &transaction) {
  json::Shape shape(value, path, reader.faults());
  store::Condition condition{store::Condition::Kind::kPresent, reader.key(shape), 0};
  const std::string *etag = shape.string("etag");
  const auto exists = shape.boolean("exists");
  if ((etag == nullptr) == !exists.has_value()) {
    shape.fault("etag", "expected either etag or exists");
  } else if (exists && !*exists) {
    condition.kind = store::Condition::Kind::kAbsent;
  } else if (etag != nullptr) {
    const auto tag = parse_tag(*etag);
    if (!tag) shape.fault("etag", "expected an entity tag in double quotes");
    if (tag) condition = condition_of(*tag, epoch, condition.key);
  }
  shape.finish();
  transaction.conditions.push_back(std::move(condition));
}

void read_do(const json::Value::Array &elements, OperationReader &reader,
             store::Transaction &transaction) {
  for (size_t i = 0; i < elements.size(); ++i) {
    json::Shape shape(elements[i], json::element_path("do", i), reader.faults());
    transaction.operations.push_back(reader.operation(shape));
    shape.finish();
  }
}

std::vector<std::string> read_else(const json::Value::Array &elements, OperationReader &reader) {
  std::vector<std::string> keys;
  for (size_t i = 0; i < elements.size(); ++i) {
    json::Shape shape(elements[i], json::element_path("else", i), reader.faults());
    const std::string *op = shape.string("op");
    if (op == nullptr || *op != "get") shape.fault("op", "expected get");
    keys.push_back(reader.key(shape));
    shape.finish();
  }
  return keys;
}

void check_size(const json::Value::Array &elements, std::string_view name, uint64_t max,
                json::Shape &shape) {
  if (elements.size() > max) shape.fault(name, "more than " + std::to_string(max) + " elements");
}

// A key that occurs twice would make the order of the operations count.
void check_keys_differ(const store::Transaction &transaction, json::Faults &faults) {
  std::vector<std::pair<std::string_view, size_t>> keys;
  for (const store::Operation &operation : transaction.operations) {
    keys.emplace_back(operation.key, keys.size());
  }
  std::sort(keys.begin(), keys.end());
  const auto same = std::adjacent_find(
      keys.begin(), keys.end(), [](const auto &a, const auto &b) { return a.first == b.first; });
  if (same == keys.end()) return;
  faults.add(json::element_path("do", (same + 1)->second) + ".key", "occurs twice");
}

void check_bytes(const store::Facts &facts, const store::Transaction &transaction,
                 OperationReader &reader) {
  uint64_t bytes = 0;
  for (const store::Operation &operation : transaction.operations) {
    bytes += operation.key.size() + operation.value.size();
  }
  const uint64_t max = facts.max_transaction_bytes;
  if (max == 0 || bytes <= max) return;
  reader.fail(Problem::kValueTooLarge, "do", "the keys and values together are too large", max);
}

std::optional<Fault> read_body(Call &call, Request &request) {
  const auto document = json::parse(call.request().body);
  if (!document) return Fault{Problem::kBadRequest, document.error().message, 0};
  const store::Facts &facts = call.store().facts();
  OperationReader reader(call.store());
  json::Shape shape(document.value(), "", reader.faults());
  if (const auto *conditions = shape.array("if")) {
    check_size(*conditions, "if", kMaxConditions, shape);
    for (size_t i = 0; i < conditions->size(); ++i) {
      read_condition((*conditions)[i], json::element_path("if", i), call.store().epoch(), reader,
                     request.transaction);
    }
  }
  if (const auto *operations = shape.array("do")) {
    check_size(*operations, "do", max_operations(facts), shape);
    read_do(*operations, reader, request.transaction);
  } else {
    shape.fault("do", "expected an array");
  }
  if (const auto *gets = shape.array("else")) {
    check_size(*gets, "else", kMaxOperations, shape);
    request.otherwise = read_else(*gets, reader);
  }
  shape.finish();
  check_keys_differ(request.transaction, reader.faults());
  check_bytes(facts, request.transaction, reader);
  return reader.fault();
}

void write_committed(Call &call, const std::vector<store::Operation::Kind> &kinds,
                     const store::CommitResult &result) {
  call.response().field("Content-Type", kJsonType);
  json::Writer json(call.response().body);
  json.begin_object().name("committed").boolean(true).member("revision", result.revision);
  json.name("results").begin_array();
  for (size_t i = 0; i < kinds.size(); ++i) {
    const bool found = i < result.found.size() && result.found[i] != 0;
    json.begin_object();
    if (kinds[i] == store::Operation::Kind::kDelete) {
      json.member("deleted", uint64_t{found});
    } else {
      write_etag_member(call.store().epoch(), result.revision, json);
      json.name("created").boolean(!found);
    }
    json.end_object();
  }
  json.end_array().end_object();
}

void fail_condition(Call &call, const store::CommitResult &result) {
  const Fault fault{Problem::kPreconditionFailed, "a condition does not hold", 0};
  call.fail(fault, [&](json::Writer &members) {
    members.name("failed").begin_array().number(result.failed_condition).end_array();
    write_current(call, result.current, members);
  });
}

// False: it is too much for this place, and nothing was answered.
bool write_otherwise(Call &call, const std::vector<std::string> &keys, uint32_t failed,
                     ReadPlace place) {
  std::string items;
  const ItemStyle style{call.store().epoch(), Include::kValues, json::Encoding::kText};
  const auto read = read_keys(call.store(), keys, style, place, items);
  if (read.extent == KeysRead::Extent::kTooMuch) return false;
  if (read.fault) {
    call.fail(*read.fault);
    return true;
  }
  call.valid_at(read.revision);
  call.response().field("Content-Type", kJsonType);
  json::Writer json(call.response().body);
  json.begin_object().name("committed").boolean(false).member("revision", read.revision);
  json.name("failed").begin_array().number(failed).end_array();
  json.name("results").raw(items).end_object();
  return true;
}

void answer_otherwise(Call &call, const std::vector<std::string> &keys, uint32_t failed) {
  const bool here = call.store().reads_inline(keys.size());
  if (here && write_otherwise(call, keys, failed, ReadPlace::kEventLoop)) return;
  on_reader_pool(call, [keys, failed](Call &later) {
    write_otherwise(later, keys, failed, ReadPlace::kReaderPool);
  });
}

void read_and_run(Call &call) {
  Parameters parameters(call.request().query);
  if (const auto fault = parameters.finish()) return call.fail(*fault);
  Request request;
  if (const auto fault = read_body(call, request)) return call.fail(*fault);
  std::vector<store::Operation::Kind> kinds;
  for (const auto &operation : request.transaction.operations) kinds.push_back(operation.kind);
  commit(call, std::move(request.transaction), {},
         [kinds = std::move(kinds), otherwise = std::move(request.otherwise)](
             Call &later, const store::CommitResult &result) {
           if (result.kind == store::CommitResult::Kind::kCommitted) {
             return write_committed(later, kinds, result);
           }
           if (!otherwise) return fail_condition(later, result);
           answer_otherwise(later, *otherwise, result.failed_condition);
         });
}

}  // namespace

void run_transaction(Call &call) {
  if (refuses_writes(call)) return;
  // Reading a large document would hold up the event loop.
  if (call.request().body.size() > kMostReadHere) return on_reader_pool(call, read_and_run);
  read_and_run(call);
}

}  // namespace navistore::api
