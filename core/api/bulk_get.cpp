// SPDX-License-Identifier: Apache-2.0
// POST /v1/bulk/get: many keys, one state.
#include <string>
#include <utility>
#include <vector>

#include "core/api/detached.hpp"
#include "core/api/item_json.hpp"
#include "core/api/keys_read.hpp"
#include "core/api/limits.hpp"
#include "core/api/operation.hpp"
#include "core/api/parameters.hpp"
#include "core/api/resources.hpp"

namespace navistore::api {
namespace {

struct BulkGet {
  std::vector<std::string> keys;
  ItemStyle style;
};

std::optional<Fault> read_keys(const json::Value::Array &elements, OperationReader &reader,
                               std::vector<std::string> &keys) {
  if (elements.size() > kMaxBulkItems) {
    return Fault{Problem::kBadRequest, "keys: more than " + std::to_string(kMaxBulkItems), 0};
  }
  for (size_t i = 0; i < elements.size(); ++i) {
    keys.push_back(reader.key_element(elements[i], json::element_path("keys", i)));
  }
  return std::nullopt;
}

std::optional<Fault> read_body(Call &call, BulkGet &request) {
  const auto document = json::parse(call.request().body);
  if (!document) return Fault{Problem::kBadRequest, document.error().message, 0};
  OperationReader reader(call.store());
  json::Shape shape(document.value(), "", reader.faults());
  if (const json::Value::Array *keys = shape.array("keys")) {
    if (auto fault = read_keys(*keys, reader, request.keys)) return fault;
  } else {
    shape.fault("keys", "expected an array");
  }
  request.style = {call.store().epoch(), Include::kValues, json::Encoding::kText};
  if (const std::string *include = shape.string("include")) {
    const auto parsed = parse_include(*include);
    if (!parsed) shape.fault("include", "expected keys, meta or values");
    request.style.include = parsed.value_or(Include::kValues);
  }
  if (const std::string *encoding = shape.string("encoding")) {
    if (*encoding == "base64") request.style.encoding = json::Encoding::kBase64;
    if (*encoding != "base64" && *encoding != "text") {
      shape.fault("encoding", "expected text or base64");
    }
  }
  shape.finish();
  return reader.fault();
}

std::optional<Fault> read_request(Call &call, BulkGet &request) {
  Parameters parameters(call.request().query);
  if (auto fault = parameters.finish()) return fault;
  return read_body(call, request);
}

void answer_bulk_get(Call &call) {
  BulkGet request;
  if (const auto fault = read_request(call, request)) return call.fail(*fault);
  std::string items;
  const auto read =
      read_keys(call.store(), request.keys, request.style, ReadPlace::kReaderPool, items);
  if (!read.fault) {
    call.valid_at(read.revision);
    call.response().field("Content-Type", kJsonType);
    call.response().body.append("{\"items\":").append(items).append(",\"revision\":");
    call.response().body.append(std::to_string(read.revision)).push_back('}');
    return;
  }
  call.fail(*read.fault);
}

}  // namespace

void bulk_get(Call &call) { on_reader_pool(call, answer_bulk_get); }

}  // namespace navistore::api
