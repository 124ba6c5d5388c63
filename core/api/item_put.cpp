// SPDX-License-Identifier: Apache-2.0
// PUT and DELETE of one key.
#include <algorithm>
#include <string>
#include <utility>

#include "core/api/ascii.hpp"
#include "core/api/commit.hpp"
#include "core/api/item_json.hpp"
#include "core/api/item_request.hpp"
#include "core/api/operation.hpp"
#include "core/api/resources.hpp"
#include "core/api/ttl.hpp"

namespace navistore::api {
namespace {

std::optional<Fault> bad(std::string detail) {
  return Fault{Problem::kBadRequest, std::move(detail), 0};
}

// What a PUT must not carry, and what it must.
std::optional<Fault> check_framing(const Call &call) {
  const http::Request &request = call.request();
  const Headers &headers = call.headers();
  if (!request.content_length && !request.chunked) {
    return Fault{Problem::kLengthRequired, "PUT needs Content-Length or Transfer-Encoding", 0};
  }
  if (headers.present(Header::kContentEncoding) &&
      !same_word(headers[Header::kContentEncoding], "identity")) {
    return Fault{Problem::kUnsupportedMediaType, "a value with Content-Encoding is not taken", 0};
  }
  if (headers.present(Header::kContentRange)) return bad("a part of a value cannot be put");
  return std::nullopt;
}

std::optional<Fault> read_type(const Call &call, std::string &type) {
  const std::string_view text = call.headers()[Header::kContentType];
  std::string_view rest = text;
  // What `curl -d` sends by itself says nothing about the value.
  if (same_word(trimmed(cut(rest, ';')), "application/x-www-form-urlencoded")) return std::nullopt;
  if (auto fault = check_type(text)) return bad("Content-Type: " + *fault);
  type = text;
  return std::nullopt;
}

std::optional<Fault> read_user_meta(const Call &call, store::Operation &operation) {
  if (!call.headers().has_user_meta()) return std::nullopt;
  for (const http::Field &field : call.request().fields) {
    if (!same_word(field.name.substr(0, kMetaPrefix.size()), kMetaPrefix)) continue;
    std::string name(field.name.substr(kMetaPrefix.size()));
    std::transform(name.begin(), name.end(), name.begin(), to_lower);
    operation.user.emplace_back(std::move(name), field.value);
  }
  if (auto fault = check_user_meta(operation.user)) return bad("Navi-Meta: " + *fault);
  return std::nullopt;
}

std::optional<Fault> read_ttl(const Call &call, std::optional<std::string_view> parameter,
                              store::Expiry &expiry) {
  const bool in_header = call.headers().present(Header::kNaviTtl);
  if (!in_header && !parameter) return std::nullopt;
  if (in_header && parameter) return bad("Navi-TTL and ?ttl= were both given");
  const auto parsed = in_header ? parse_ttl(call.headers()[Header::kNaviTtl], Units::kSeconds,
                                            call.store().now_ms())
                                : parse_ttl(*parameter, Units::kAny, call.store().now_ms());
  if (!parsed) {
    return bad(in_header ? "Navi-TTL: expected seconds above 0, keep or none"
                         : "ttl: expected a time above 0 as 30s, keep or none");
  }
  expiry = *parsed;
  return std::nullopt;
}

std::optional<Fault> read_put(Call &call, store::Operation &operation, Precondition &condition) {
  Parameters parameters(call.request().query);
  Key key;
  if (auto fault = locate(call, parameters, key)) return fault;
  const auto ttl = parameters.take("ttl");
  if (auto fault = parameters.finish()) return fault;
  if (auto fault = check_framing(call)) return fault;
  if (auto fault = check_value(call.request().body.size(), call.store().facts().max_value)) {
    return fault;
  }
  operation.key = key.bytes();
  if (auto fault = read_type(call, operation.type)) return fault;
  if (auto fault = read_user_meta(call, operation)) return fault;
  if (auto fault = read_ttl(call, ttl, operation.expiry)) return fault;
  return read_precondition(call, operation.key, condition);
}

void answer_put(Call &call, const store::CommitResult &result) {
  if (result.kind == store::CommitResult::Kind::kConflict) return fail_precondition(call, result);
  const bool created = result.found.empty() || result.found.front() == 0;
  http::Response &response = call.response();
  response.status = created ? 201 : 200;
  response.fields.append("ETag: ");
  append_etag(call.version(result.revision), Form::kPlain, response.fields);
  response.fields.append("\r\n");
  response.field("Content-Type", kJsonType);
  json::Writer json(response.body);
  json.begin_object();
  write_etag_member(call.store().epoch(), result.revision, json);
  json.member("revision", result.revision).name("created").boolean(created).end_object();
}

void answer_delete(Call &call, const store::CommitResult &result) {
  if (result.kind == store::CommitResult::Kind::kConflict) return fail_precondition(call, result);
  const bool deleted = !result.found.empty() && result.found.front() != 0;
  call.response().field("Content-Type", kJsonType);
  json::Writer json(call.response().body);
  json.begin_object().member("deleted", uint64_t{deleted});
  if (deleted) json.member("revision", result.revision);
  json.end_object();
}

}  // namespace

void put_item(Call &call) {
  if (refuses_writes(call)) return;
  store::Operation operation;
  Precondition condition;
  if (const auto fault = read_put(call, operation, condition)) return call.fail(*fault);
  operation.value = call.exchange().take_body();
  store::Transaction transaction;
  transaction.conditions = std::move(condition.conditions);
  transaction.operations.push_back(std::move(operation));
  commit(call, std::move(transaction), std::move(condition.other_revisions), answer_put);
}

void delete_item(Call &call) {
  if (refuses_writes(call)) return;
  Parameters parameters(call.request().query);
  Key key;
  Precondition condition;
  auto fault = locate(call, parameters, key);
  if (!fault) fault = parameters.finish();
  if (!fault) fault = read_precondition(call, key.bytes(), condition);
  if (fault) return call.fail(*fault);
  store::Operation operation;
  operation.kind = store::Operation::Kind::kDelete;
  operation.key = key.bytes();
  store::Transaction transaction;
  transaction.conditions = std::move(condition.conditions);
  transaction.operations.push_back(std::move(operation));
  commit(call, std::move(transaction), std::move(condition.other_revisions), answer_delete);
}

}  // namespace navistore::api
