// SPDX-License-Identifier: Apache-2.0
// GET, PUT and DELETE of one key, by clients.
#include <utility>

#include "core/classic/page.hpp"
#include "core/classic/request.hpp"

namespace navistore::classic {
namespace {

using http::Responder;
using http::Response;
using store::CommitResult;

// How long a write waits for the peers: clients of the original read a peer right after it.
constexpr uint64_t kPeersWaitMs = 1'000;

void send(const store::Store &store, Response response, const std::shared_ptr<Responder> &to) {
  finish(store, response);
  to->send(std::move(response));
}

void write_read(const Result<store::ReadAnswer> &read, Response &response) {
  if (!read) return write_failure(read.error(), api::Access::kRead, response);
  if (read.value().items.empty()) return write_missing(response);
  write_body(read.value().items.front().item.value, response);
}

void get_later(const Rooms &rooms, std::string key, http::Exchange &exchange) {
  const std::shared_ptr<Responder> responder = exchange.defer();
  rooms.store.read_later({std::move(key)}, store::Values::kWith,
                         [&store = rooms.store, responder](const Result<store::ReadAnswer> &read) {
                           Response response;
                           write_read(read, response);
                           send(store, std::move(response), responder);
                         });
}

// A PUT succeeds over anything, a DELETE only where there is something.
void write_done(const CommitResult &result, store::Operation::Kind kind, Response &response) {
  if (result.kind == CommitResult::Kind::kFailed) {
    return write_failure(result.error, api::Access::kWrite, response);
  }
  const bool found = !result.found.empty() && result.found.front() != 0;
  if (kind == store::Operation::Kind::kDelete && !found) return write_missing(response);
  write_body("OK", response);
}

// Answers a write once the peers have it, but not later than clients will wait.
void answer_write(const Rooms &rooms, const CommitResult &result, Response response,
                  const std::shared_ptr<Responder> &responder) {
  const bool committed = result.kind == CommitResult::Kind::kCommitted;
  if (!committed || !rooms.replication.pushes()) {
    return send(rooms.store, std::move(response), responder);
  }
  const uint64_t deadline_ms = rooms.store.now_ms() + kPeersWaitMs;
  const auto answer = std::make_shared<Response>(std::move(response));
  rooms.replication.when_acknowledged(result.revision, SIZE_MAX, deadline_ms,
                                      [&store = rooms.store, responder, answer](const auto &) {
                                        send(store, std::move(*answer), responder);
                                      });
}

void write_item(const Rooms &rooms, store::Operation operation,
                const std::shared_ptr<Responder> &responder) {
  const store::Operation::Kind kind = operation.kind;
  store::Transaction transaction;
  transaction.operations.push_back(std::move(operation));
  rooms.store.submit(std::move(transaction),
                     [rooms, kind, responder, gate = rooms.gate](const CommitResult &result) {
                       gate->pass([&] {
                         Response response;
                         write_done(result, kind, response);
                         answer_write(rooms, result, std::move(response), responder);
                       });
                     });
}

bool has_value(const Result<store::ReadAnswer> &read, std::string_view value) {
  return read && !read.value().items.empty() && read.value().items.front().item.value == value;
}

void answer_echo(const Rooms &rooms, const std::shared_ptr<Responder> &responder) {
  Response response;
  write_body("OK", response);
  send(rooms.store, std::move(response), responder);
}

// A server of the original repeats to its peers what is pushed to it, and cannot tell whose write
// it was. Such an echo is no write: of the value that is there it changes nothing, and one that
// this server has replaced since is behind what the peer gets. Only a peer that is known to repeat
// is believed to have sent the latter.
void write_if_news(const Rooms &rooms, store::Operation put, const replication::Echoes::Echo &echo,
                   const std::shared_ptr<Responder> &responder) {
  const auto operation = std::make_shared<store::Operation>(std::move(put));
  rooms.store.read_later({operation->key}, store::Values::kWith,
                         [rooms, operation, echo, responder](const auto &read) {
                           const bool same = has_value(read, operation->value);
                           if (same) rooms.replication.echoes().tell(echo.peer, true);
                           if (same || echo.repeats) return answer_echo(rooms, responder);
                           write_item(rooms, std::move(*operation), responder);
                         });
}

}  // namespace

void get_item(const Rooms &rooms, std::string key, http::Exchange &exchange) {
  if (!rooms.store.reads_inline(1)) return get_later(rooms, std::move(key), exchange);
  Response &response = exchange.response();
  write_missing(response);
  const std::string_view name = key;
  const auto read = rooms.store.read_inline(&name, 1, store::Values::kWith,
                                            [&](size_t, const store::ItemView &item) {
                                              write_body(std::string(item.value), response);
                                              return true;
                                            });
  if (!read) return write_failure(read.error(), api::Access::kRead, response);
  if (!read.value()) get_later(rooms, std::move(key), exchange);
}

void put_item(const Rooms &rooms, std::string key, http::Exchange &exchange) {
  store::Operation put;
  put.kind = store::Operation::Kind::kPut;
  put.key = std::move(key);
  put.value = exchange.take_body();
  const auto echo = rooms.replication.echoes().take(put.key, put.value);
  if (echo) return write_if_news(rooms, std::move(put), *echo, exchange.defer());
  write_item(rooms, std::move(put), exchange.defer());
}

void delete_item(const Rooms &rooms, std::string key, http::Exchange &exchange) {
  store::Operation remove;
  remove.kind = store::Operation::Kind::kDelete;
  remove.key = std::move(key);
  const auto echo = rooms.replication.echoes().take(remove.key, std::nullopt);
  if (echo && echo->repeats) return answer_echo(rooms, exchange.defer());
  write_item(rooms, std::move(remove), exchange.defer());
}

}  // namespace navistore::classic
