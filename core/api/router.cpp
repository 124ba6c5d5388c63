// SPDX-License-Identifier: Apache-2.0
#include "core/api/router.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "core/api/ascii.hpp"
#include "core/api/item_request.hpp"
#include "core/api/resources.hpp"
#include "core/replication/change_batch.hpp"

namespace navistore::api {
namespace {

using Answer = void (*)(Call &);
using http::Method;

struct Row {
  Resource resource;
  std::string_view name;  // in the metrics
  std::string_view path;  // empty: not found by an exact path
  Answer get, put, post, del;
};

constexpr std::array<Row, 19> kRows = {{
    {Resource::kItem, "item", "", get_item, put_item, nullptr, delete_item},
    {Resource::kCollection, "collection", kCollectionPath, list_items, nullptr, nullptr,
     delete_range},
    {Resource::kBulkGet, "bulk_get", "/v1/bulk/get", nullptr, nullptr, bulk_get, nullptr},
    {Resource::kBulk, "bulk", "/v1/bulk", nullptr, nullptr, bulk_write, nullptr},
    {Resource::kTransaction, "txn", "/v1/txn", nullptr, nullptr, run_transaction, nullptr},
    {Resource::kWatch, "watch", "/v1/watch", watch_changes, nullptr, nullptr, nullptr},
    {Resource::kPeers, "peers", "/v1/replication/peers", show_peers, set_peers, nullptr, nullptr},
    {Resource::kPeerResync, "peer_resync", "", nullptr, nullptr, resync_peer, nullptr},
    {Resource::kReplication, "replication", "/v1/replication/status", show_replication, nullptr,
     nullptr, nullptr},
    {Resource::kApply, "apply", replication::kApplyPath, nullptr, nullptr, apply_changes, nullptr},
    {Resource::kReset, "reset", "/v1/admin/reset", nullptr, nullptr, reset_store, nullptr},
    {Resource::kCompact, "compact", "/v1/admin/compact", nullptr, nullptr, compact_store, nullptr},
    {Resource::kInfo, "info", "/v1/info", show_info, nullptr, nullptr, nullptr},
    {Resource::kConformance, "conformance", "/v1/conformance", show_conformance, nullptr, nullptr,
     nullptr},
    {Resource::kLive, "livez", "/livez", show_live, nullptr, nullptr, nullptr},
    {Resource::kReady, "readyz", "/readyz", show_ready, nullptr, nullptr, nullptr},
    {Resource::kMetrics, "metrics", "/metrics", show_metrics, nullptr, nullptr, nullptr},
    {Resource::kServer, "server", "*", nullptr, nullptr, nullptr, nullptr},
    {Resource::kUnknown, "unknown", "", nullptr, nullptr, nullptr, nullptr},
}};

// Not worth a connection: it is gathered though nobody wants it.
constexpr uint64_t kSmallBody = uint64_t{16} * 1024;

const Row &row_of(Resource resource) { return kRows.at(static_cast<size_t>(resource)); }

Answer answer_for(const Row &row, Method method) {
  switch (method) {
    case Method::kGet:
    case Method::kHead: return row.get;
    case Method::kPut: return row.put;
    case Method::kPost: return row.post;
    case Method::kDelete: return row.del;
    default: return nullptr;
  }
}

// A query that names a key makes the collection one item.
bool names_key(std::string_view query) {
  while (!query.empty()) {
    std::string_view pair = cut(query, '&');
    if (cut(pair, '=') == "key64") return true;
  }
  return false;
}

std::vector<std::string_view> methods_of(const Row &row) {
  std::vector<std::string_view> methods;
  if (row.get != nullptr) methods.insert(methods.end(), {"GET", "HEAD"});
  if (row.put != nullptr) methods.emplace_back("PUT");
  if (row.post != nullptr) methods.emplace_back("POST");
  if (row.del != nullptr) methods.emplace_back("DELETE");
  methods.emplace_back("OPTIONS");
  return methods;
}

std::string joined(const std::vector<std::string_view> &words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text.append(", ");
    text.append(word);
  }
  return text;
}

void show_options(Call &call, const Row &row) {
  const auto methods = methods_of(row);
  call.response().field("Allow", joined(methods)).field("Content-Type", kJsonType);
  json::Writer json(call.response().body);
  json.begin_object().name("allow").begin_array();
  for (const std::string_view method : methods) json.string(method);
  json.end_array().end_object();
}

// A POST of a type that a cross-site form can send never gets further.
bool is_json(std::string_view content_type) {
  const std::string_view type = trimmed(cut(content_type, ';'));
  return same_word(type, kJsonType) || same_word(type, kLinesType) ||
         same_word(type, "application/ndjson");
}

// Does the answer depend on the body? Otherwise route() answers from the head.
bool is_wanted(const http::Request &head, Resource resource, const ServiceOptions &options) {
  if (answer_for(row_of(resource), head.method) == nullptr) return false;
  const bool put = head.method == Method::kPut;
  if (!put && head.method != Method::kPost) return true;
  const bool refuses = options.writes == ServiceOptions::Writes::kRefused;
  const std::string_view type = head.field("Content-Type").value_or("");
  switch (resource) {
    case Resource::kItem: return !refuses;
    case Resource::kBulk:
    case Resource::kTransaction: return !refuses && is_json(type);
    case Resource::kApply:
      return options.replication != nullptr && same_word(type, replication::kBatchType);
    default: return put || is_json(type);
  }
}

// A condition that is ignored would be a blind write. Items and the collection judge theirs; all
// else has no version, so that only a GET is safe with one.
std::string_view unheeded_condition(const Call &call, Resource resource) {
  const Method method = call.request().method;
  const bool judged = resource == Resource::kItem || resource == Resource::kCollection;
  if (judged || (method != Method::kPost && method != Method::kPut)) return {};
  if (call.headers().present(Header::kIfMatch)) return "If-Match";
  return call.headers().present(Header::kIfNoneMatch) ? "If-None-Match" : "";
}

}  // namespace

std::vector<std::string_view> resource_names() {
  std::vector<std::string_view> names;
  names.reserve(std::size(kRows));
  for (const Row &row : kRows) names.push_back(row.name);
  return names;
}

Resource resource_of(const http::Request &request) {
  const std::string_view path = request.path;
  if (starts_with(path, kItemPath)) return Resource::kItem;
  if (starts_with(path, kPeerPath)) return Resource::kPeerResync;
  for (const Row &row : kRows) {
    if (row.path.empty() || row.path != path) continue;
    const bool item =
        row.resource == Resource::kCollection && request.query && names_key(*request.query);
    return item ? Resource::kItem : row.resource;
  }
  return Resource::kUnknown;
}

uint64_t max_body(Resource resource, uint64_t max_value, uint64_t max_json) {
  // A change travels with its meta, in a transaction of a client or of a range delete.
  constexpr uint64_t kMetas = uint64_t{1} << 20U;
  constexpr uint64_t kLongestDelete = uint64_t{16} << 20U;
  if (resource == Resource::kItem) return std::max(max_value, kSmallBody);
  if (resource == Resource::kApply) {
    return std::max({max_value, max_json, kLongestDelete}) + kMetas;
  }
  return row_of(resource).post != nullptr ? max_json : kSmallBody;
}

http::BodyPlan plan_body(const http::Request &head, uint64_t max_value,
                         const ServiceOptions &options) {
  using Mode = http::BodyPlan::Mode;
  const Resource resource = resource_of(head);
  const uint64_t most = max_body(resource, max_value, options.max_body);
  const bool small = head.content_length.value_or(UINT64_MAX) <= kSmallBody;
  const bool gather = small || is_wanted(head, resource, options);
  return {gather ? Mode::kGather : Mode::kStream, most};
}

void route(Call &call) {
  const Row &row = row_of(static_cast<Resource>(call.trace.route));
  if (row.resource == Resource::kUnknown) return call.fail(Problem::kNotFound, "no such resource");
  const Method method = call.request().method;
  if (method == Method::kOptions) return show_options(call, row);
  const Answer answer = answer_for(row, method);
  if (answer == nullptr) {
    call.fail(Problem::kMethodNotAllowed, "this resource does not have the method");
    call.response().field("Allow", joined(methods_of(row)));
    return;
  }
  const bool json_expected = method == Method::kPost && row.resource != Resource::kApply;
  if (json_expected && !is_json(call.headers()[Header::kContentType])) {
    return call.fail(Problem::kUnsupportedMediaType,
                     "expected Content-Type application/json or application/x-ndjson");
  }
  const std::string_view condition = unheeded_condition(call, row.resource);
  if (!condition.empty()) {
    return call.fail(Problem::kBadRequest,
                     std::string(condition) +
                         ": this resource takes none; conditions of items are "
                         "members of the document");
  }
  answer(call);
}

}  // namespace navistore::api
