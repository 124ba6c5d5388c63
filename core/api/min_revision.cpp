// SPDX-License-Identifier: Apache-2.0
#include "core/api/min_revision.hpp"

#include "core/api/router.hpp"
#include "core/api/waiter.hpp"
#include "core/replication/replication.hpp"

namespace navistore::api {
namespace {

constexpr uint64_t kLookAgainMs = 20;

void fail_behind(Call &call) {
  call.fail(Problem::kReplicaBehind, "this server does not have that revision");
}

// Up to which revision of an epoch this server has everything: its own, or of a server that pushes
// to it. Nothing for an epoch that it does not know.
std::optional<uint64_t> revision_of(const Call &call, uint64_t epoch) {
  if (epoch == call.store().epoch()) return call.store().revision();
  const replication::Replication *replication = call.shared().options.replication;
  if (replication == nullptr) return std::nullopt;
  return replication->applier().applied_of(epoch);
}

Attempt try_revision(Call &call) {
  const auto wanted = parse_version(call.headers()[Header::kMinRevision]);
  const auto reached = wanted ? revision_of(call, wanted->epoch) : std::nullopt;
  if (reached && *reached >= wanted->revision) {
    route(call);
    return {call.held() ? Attempt::Kind::kHandedOn : Attempt::Kind::kFinal, 0};
  }
  if (const auto fault = parse_wait(call.headers()[Header::kPrefer], call.wait)) {
    call.fail(*fault);
    return {};
  }
  fail_behind(call);
  if (!reached) return {};
  // What another server pushed is noted after it was committed, or with no change at all.
  const bool own = wanted->epoch == call.store().epoch();
  return {Attempt::Kind::kMayChange, own ? 0 : call.store().now_ms() + kLookAgainMs};
}

}  // namespace

void route_at_revision(Call &call) {
  if (!parse_version(call.headers()[Header::kMinRevision])) {
    return call.fail(Problem::kBadRequest, "Navi-Min-Revision: expected <epoch>.<revision>");
  }
  if (try_revision(call).kind != Attempt::Kind::kMayChange) return;
  if (!call.wait || call.wait->count() == 0) return;
  store::Interest everything{store::Interest::Kind::kPrefix, {}, store::Interest::Burials::kShown};
  wait_for_change(call, std::move(everything), Place::kHere, try_revision);
}

}  // namespace navistore::api
