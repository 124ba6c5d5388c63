// SPDX-License-Identifier: Apache-2.0
#include "core/classic/handler.hpp"

#include <utility>

#include "core/api/etag.hpp"
#include "core/classic/page.hpp"
#include "core/classic/request.hpp"
#include "core/classic/target.hpp"
#include "core/replication/classic_peers.hpp"

namespace navistore::classic {
namespace {

using http::Method;

constexpr size_t kLongestKey = 1'024;
constexpr std::string_view kAllowed = "GET, HEAD, PUT, DELETE";

bool reads(Method method) { return method == Method::kGet || method == Method::kHead; }

// True: the answer is made. The original knows POST, but has it nowhere; others it does not know.
bool refuses_method(Method method, http::Response &response) {
  if (reads(method) || method == Method::kPut || method == Method::kDelete) return false;
  if (method == Method::kPost) {
    write_page(405, "Method Not Allowed", "Nothing here takes a POST.", response);
    response.field("Allow", kAllowed);
  } else {
    write_page(501, "Method Not Implemented", "This server does not know the method.", response);
  }
  return true;
}

bool refuses_key(const std::string &key, Method method, http::Response &response) {
  if (key.size() > kLongestKey) {
    write_page(414, "Key Too Long", "A key has at most 1024 bytes.", response);
  } else if (key.empty() && method == Method::kPut) {
    write_page(400, "Empty Key", "A key has at least 1 byte.", response);
  } else if (key.empty()) {
    write_missing(response);
  }
  return key.empty() || key.size() > kLongestKey;
}

void route_peers(const Rooms &rooms, http::Exchange &exchange) {
  const Method method = exchange.request().method;
  if (reads(method)) return get_peers(rooms, exchange);
  return method == Method::kPut ? put_peers(rooms, exchange) : delete_peers(rooms, exchange);
}

void route_item(const Rooms &rooms, std::string key, http::Exchange &exchange) {
  const http::Request &request = exchange.request();
  if (reads(request.method)) return get_item(rooms, std::move(key), exchange);
  if (is_push(request)) return apply_push(rooms, std::move(key), exchange);
  if (refuses_writes(rooms, exchange.response())) return;
  if (request.method == Method::kPut) return put_item(rooms, std::move(key), exchange);
  return delete_item(rooms, std::move(key), exchange);
}

void route(const Rooms &rooms, http::Exchange &exchange) {
  const Method method = exchange.request().method;
  if (refuses_method(method, exchange.response())) return;
  std::string key = key_of(exchange.request().path);
  if (refuses_key(key, method, exchange.response())) return;
  if (key == replication::kClassicPeersKey) return route_peers(rooms, exchange);
  if (key == "listkeys" && reads(method)) return list_keys(rooms, exchange);
  if (key == "reset" && reads(method)) return reset(rooms, exchange);
  route_item(rooms, std::move(key), exchange);
}

}  // namespace

bool refuses_writes(const Rooms &rooms, http::Response &response) {
  if (rooms.options.writes == Options::Writes::kAccepted) return false;
  write_page(503, "Read-only", "This server takes no writes from clients.", response);
  return true;
}

void finish(const store::Store &store, http::Response &response) {
  std::string revision;
  api::append_version({store.epoch(), store.revision()}, revision);
  response.field("Navi-Revision", revision);
}

void answer_on_reader(const Rooms &rooms, http::Exchange &exchange,
                      std::function<void(http::Response &)> make) {
  const std::shared_ptr<http::Responder> responder = exchange.defer();
  const auto answer = [&store = rooms.store, responder](auto &&fill) {
    http::Response response;
    fill(response);
    finish(store, response);
    responder->send(std::move(response));
  };
  const Outcome queued = rooms.store.on_reader_pool(
      [answer, make = std::move(make), gate = rooms.gate] { gate->pass([&] { answer(make); }); });
  if (queued) return;
  answer([&](http::Response &response) {
    write_failure(queued.error(), api::Access::kRead, response);
  });
}

http::BodyPlan Handler::plan(const http::Request &) {
  return {http::BodyPlan::Mode::kGather, store_.facts().max_value};
}

void Handler::handle(http::Exchange &exchange) {
  const Rooms rooms{store_, replication_, options_, gate_};
  route(rooms, exchange);
  finish(store_, exchange.response());  // where it was deferred, this one is not sent
}

void Handler::refuse(const http::Refusal &refusal, http::Response &response) {
  write_page(refusal.status, refusal.problem, refusal.detail, response);
  finish(store_, response);
}

}  // namespace navistore::classic
