// SPDX-License-Identifier: Apache-2.0
#include "core/api/replicate_preference.hpp"

#include <string>
#include <utility>

#include "core/api/ascii.hpp"
#include "core/api/detached.hpp"
#include "core/replication/replication.hpp"

namespace navistore::api {

std::optional<Fault> read_replicate(std::string_view prefer,
                                    std::optional<ReplicatePreference> &preference) {
  while (!prefer.empty()) {
    std::string_view element = trimmed(cut(prefer, ','));
    std::string_view value = trimmed(cut(element, ';'));
    if (!same_word(trimmed(cut(value, '=')), "replicate")) continue;
    value = trimmed(value);
    const auto number = parse_decimal(value);
    if (!number && value != "all") {
      return Fault{Problem::kBadRequest, "Prefer: replicate: expected all or a number", 0};
    }
    preference = ReplicatePreference{number ? static_cast<size_t>(*number) : SIZE_MAX};
    return std::nullopt;
  }
  return std::nullopt;
}

void when_replicated(Call &call, ReplicatePreference preference, uint64_t revision,
                     std::function<void(Call &)> go_on) {
  using Acknowledged = replication::Replication::Acknowledged;
  replication::Replication *replication = call.shared().options.replication;
  if (replication == nullptr) return go_on(call);
  std::optional<std::chrono::seconds> wait;
  if (const auto fault = parse_wait(call.headers()[Header::kPrefer], wait)) wait.reset();
  const uint64_t wait_ms = wait ? static_cast<uint64_t>(wait->count()) * 1'000 : 0;
  when_done<Acknowledged>(
      call,
      [&](std::function<void(Acknowledged)> done) {
        replication->when_acknowledged(revision, preference.peers, call.store().now_ms() + wait_ms,
                                       std::move(done));
      },
      [go_on = std::move(go_on)](Call &later, Acknowledged &now) {
        go_on(later);
        later.response().field("Navi-Replicated",
                               std::to_string(now.by) + "/" + std::to_string(now.of));
        later.response().field("Preference-Applied", "replicate");
      });
}

}  // namespace navistore::api
