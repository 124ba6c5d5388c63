// SPDX-License-Identifier: Apache-2.0
// What other servers push.
#include <utility>

#include "core/classic/page.hpp"
#include "core/classic/request.hpp"
#include "core/replication/classic_push.hpp"

namespace navistore::classic {
namespace {

using http::Response;
using replication::Pushed;

struct Push {
  Pushed pushed;
  std::string key;
  std::string value;
};

Result<Pushed> read_push(const http::Request &request) {
  const auto field = [&](std::string_view name) {
    return request.field(name).value_or(std::string_view());
  };
  const replication::PushFields fields{
      field(replication::kStampField), field(replication::kSourceField),
      field(replication::kItemMetaField), field(replication::kItemExpiresField)};
  if (request.method == http::Method::kPut) {
    return replication::read_pushed_put(fields, request.body.size());
  }
  return replication::read_pushed_delete(fields);
}

void apply(replication::Replication &replication, const Push &push, Response &response) {
  replication::ChangeBatch batch;
  batch.node = push.pushed.source;
  batch.transactions.push_back({{push.key, push.value, push.pushed.meta, push.pushed.expires_ms}});
  const auto receipt = replication.apply(batch);
  if (receipt) return write_body("OK", response);
  const Code code = receipt.error().code;
  if (code == Code::kInvalid || code == Code::kRefused) {
    return write_page(400, "Bad Request", receipt.error().message, response);
  }
  write_failure(receipt.error(), api::Access::kWrite, response);
}

}  // namespace

bool is_push(const http::Request &request) {
  return request.field(replication::kStampField).has_value();
}

void apply_push(const Rooms &rooms, std::string key, http::Exchange &exchange) {
  auto pushed = read_push(exchange.request());
  if (!pushed) {
    return write_page(400, "Bad Request", pushed.error().message, exchange.response());
  }
  Push push{std::move(pushed).value(), std::move(key), exchange.take_body()};
  if (exchange.request().method == http::Method::kDelete) {
    push.value.clear();
    push.pushed.expires_ms = rooms.store.now_ms() + rooms.replication.tombstone_ms();
  }
  answer_on_reader(rooms, exchange,
                   [&replication = rooms.replication, push = std::move(push)](Response &response) {
                     apply(replication, push, response);
                   });
}

}  // namespace navistore::classic
