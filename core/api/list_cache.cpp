// SPDX-License-Identifier: Apache-2.0
#include "core/api/list_cache.hpp"

#include <algorithm>
#include <optional>

namespace navistore::api {
namespace {

// What the answer depends on besides the store.
std::string request_of(const Call &call, const ListQuery &query) {
  std::string request(call.request().query.value_or(""));
  request.push_back('\0');
  request.push_back(static_cast<char>(query.shape));
  return request;
}

// One state of the store that the list still shows; nothing where it may have changed.
std::optional<uint64_t> state_of(const KnownList &list, store::Store &store,
                                 const std::string &prefix) {
  const uint64_t now_ms = store.now_ms();
  const uint64_t seen = store.revision();  // by anybody whose answer came before
  const store::Feed &feed = store.feed();
  const uint64_t newest = feed.newest();
  const bool unchanged =
      newest >= seen && feed.newest_under(prefix) == list.version.revision &&
      store.epoch() == list.version.epoch;  // last: it is renewed before anything of the new one
  const bool in_time = now_ms >= list.read_ms && now_ms < list.expires_ms;
  if (!unchanged || !in_time || !store.healthy()) return std::nullopt;
  return std::max(list.revision, newest);
}

}  // namespace

bool answer_known_list(Call &call, const ListQuery &query, size_t most) {
  ListCache &lists = call.shared().lists;
  if (!lists.enabled() || call.store().facts().shared) return false;
  const KnownListPtr list = lists.find(request_of(call, query));
  if (!list || list->body.size() > most) return false;
  const auto state = state_of(*list, call.store(), query.prefix);
  if (!state) return false;
  http::Response &response = call.response();
  response.fields.append(list->fields);
  response.body.assign(list->body, 0, list->revision_at);
  if (list->revision_size != 0) response.body.append(std::to_string(*state));
  response.body.append(list->body, list->revision_at + list->revision_size, std::string::npos);
  call.valid_at(*state);
  lists.hits.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void keep_list(Call &call, const ListQuery &query, Version version, uint64_t since_ms,
               Shown shown) {
  ListCache &lists = call.shared().lists;
  if (!lists.enabled() || call.store().facts().shared) return;
  lists.misses.fetch_add(1, std::memory_order_relaxed);
  const std::string request = request_of(call, query);
  if (!lists.wants(request)) return;
  auto list = std::make_shared<KnownList>();
  list->version = version;
  list->revision = shown.revision;
  list->read_ms = since_ms;
  list->expires_ms = shown.expires_ms;
  list->fields = call.response().fields;
  list->body = call.response().body;
  if (shown.revision_at != 0) {
    list->revision_at = shown.revision_at;
    list->revision_size = std::to_string(shown.revision).size();
  }
  lists.keep(request, std::move(list));
}

}  // namespace navistore::api
