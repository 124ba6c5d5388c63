// SPDX-License-Identifier: Apache-2.0
// GET /listkeys and GET /reset.
#include <utility>

#include "core/api/key_codec.hpp"
#include "core/classic/page.hpp"
#include "core/classic/request.hpp"
#include "core/json/utf8.hpp"
#include "core/json/writer.hpp"

namespace navistore::classic {
namespace {

using http::Response;

constexpr uint64_t kKeysAtOnce = 10'000;
constexpr size_t kLongestList = size_t{64}
                                << 20;  // bytes: the answer is made whole, for its length

// A key that is no text is written as it stands in a path.
void write_key(std::string_view key, json::Writer &json) {
  if (json::is_utf8(key)) {
    json.string(key);
    return;
  }
  std::string encoded;
  api::append_percent_encoded(key, encoded);
  json.string(encoded);
}

// Each page is one state of the store.
Result<std::string> keys_as_json(store::Store &store) {
  std::string list;
  json::Writer json(list);
  json.begin_array();
  std::string last;
  store::ScanQuery query;
  query.max_items = kKeysAtOnce;
  for (;;) {
    query.start = last;
    query.start_bound = last.empty() ? store::Bound::kInclusive : store::Bound::kExclusive;
    std::string newest;
    const auto page = store.scan(query, [&](size_t, const store::ItemView &item) {
      write_key(item.key, json);
      newest = item.key;
      return true;
    });
    if (!page) return page.error();
    if (page.value().rest == store::ScanEnd::Rest::kComplete) break;
    if (list.size() > kLongestList) {
      return Error{Code::kUnsupported, "more keys than one list holds: use GET /v1/kv"};
    }
    last = std::move(newest);
  }
  json.end_array();
  return list;
}

// A browser tells where the page is from that made it ask.
bool from_another_site(const http::Request &request) {
  const auto site = request.field("Sec-Fetch-Site");
  return (site && *site != "same-origin" && *site != "none") || request.field("Origin");
}

bool may_reset(const Rooms &rooms, const http::Request &request) {
  if (rooms.options.reset == Options::Reset::kAllowed) return true;
  return request.from_loopback && !from_another_site(request);
}

// The store first: while that fails, nothing has changed.
void reset_store_and_peers(const Rooms &rooms, http::Exchange &exchange) {
  const std::shared_ptr<http::Responder> responder = exchange.defer();
  const auto answer = [&store = rooms.store, responder](const Outcome &done) {
    Response response;
    if (done) {
      write_body("null", response);
    } else {
      write_failure(done.error(), api::Access::kWrite, response);
    }
    finish(store, response);
    responder->send(std::move(response));
  };
  rooms.store.reset([&store = rooms.store, &replication = rooms.replication, gate = rooms.gate,
                     answer](const Result<uint64_t> &wiped) {
    if (!wiped) return answer(wiped.error());
    const Outcome queued = store.on_reader_pool([&replication, gate, answer] {
      gate->pass([&] { answer(replication.set_peers(replication::Peer::Kind::kClassic, {})); });
    });
    if (!queued) answer(queued.error());
  });
}

}  // namespace

void list_keys(const Rooms &rooms, http::Exchange &exchange) {
  answer_on_reader(rooms, exchange, [&store = rooms.store](Response &response) {
    auto list = keys_as_json(store);
    if (!list) return write_failure(list.error(), api::Access::kRead, response);
    write_body(std::move(list).value(), response);
  });
}

void reset(const Rooms &rooms, http::Exchange &exchange) {
  Response &response = exchange.response();
  if (exchange.request().method == http::Method::kHead) {
    write_page(405, "Method Not Allowed", "A HEAD wipes nothing.", response);
    response.field("Allow", "GET, PUT, DELETE");
    return;
  }
  if (!may_reset(rooms, exchange.request())) {
    return write_page(403, "Forbidden",
                      "Only this machine may wipe the store, unless the server was started with "
                      "--classic-reset allow.",
                      response);
  }
  if (refuses_writes(rooms, response)) return;
  reset_store_and_peers(rooms, exchange);
}

}  // namespace navistore::classic
