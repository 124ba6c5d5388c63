// SPDX-License-Identifier: Apache-2.0
// POST /v1/replication/apply: changes that another server pushes.
#include "core/api/ascii.hpp"
#include "core/api/detached.hpp"
#include "core/api/parameters.hpp"
#include "core/api/resources.hpp"
#include "core/replication/replication.hpp"

namespace navistore::api {
namespace {

Fault fault_of_apply(const Error &error) {
  const bool refused = error.code == Code::kInvalid || error.code == Code::kRefused;
  return refused ? Fault{Problem::kBadRequest, error.message, 0} : fault_of(error, Access::kWrite);
}

void apply(Call &call) {
  const auto receipt = call.shared().options.replication->apply(call.request().body);
  if (!receipt) return call.fail(fault_of_apply(receipt.error()));
  call.response().field("Content-Type", kJsonType).field("Cache-Control", "no-store");
  json::Writer json(call.response().body);
  json.begin_object().member("epoch", receipt.value().epoch);
  json.member("applied", receipt.value().applied).member("ignored", receipt.value().ignored);
  json.end_object();
}

}  // namespace

void apply_changes(Call &call) {
  if (call.shared().options.replication == nullptr) {
    return call.fail(Problem::kNotFound, "this server does not replicate");
  }
  Parameters parameters(call.request().query);
  if (const auto fault = parameters.finish()) return call.fail(*fault);
  if (!same_word(call.headers()[Header::kContentType], replication::kBatchType)) {
    return call.fail(Problem::kUnsupportedMediaType, "expected Content-Type application/cbor");
  }
  on_reader_pool(call, apply);
}

}  // namespace navistore::api
