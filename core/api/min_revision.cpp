// SPDX-License-Identifier: Apache-2.0
#include "core/api/min_revision.hpp"

#include "core/api/router.hpp"
#include "core/api/waiter.hpp"

namespace navistore::api {
namespace {

void fail_behind(Call &call) {
  call.fail(Problem::kReplicaBehind, "this server does not have that revision");
}

Attempt try_revision(Call &call) {
  const auto wanted = parse_version(call.headers()[Header::kMinRevision]);
  const bool ours = wanted && wanted->epoch == call.store().epoch();
  if (ours && call.store().revision() >= wanted->revision) {
    route(call);
    return {call.held() ? Attempt::Kind::kHandedOn : Attempt::Kind::kFinal, 0};
  }
  if (const auto fault = parse_wait(call.headers()[Header::kPrefer], call.wait)) {
    call.fail(*fault);
    return {};
  }
  fail_behind(call);
  return {ours ? Attempt::Kind::kMayChange : Attempt::Kind::kFinal, 0};
}

}  // namespace

void route_at_revision(Call &call) {
  if (!parse_version(call.headers()[Header::kMinRevision])) {
    return call.fail(Problem::kBadRequest, "Navi-Min-Revision: expected <epoch>.<revision>");
  }
  if (try_revision(call).kind != Attempt::Kind::kMayChange) return;
  if (!call.wait || call.wait->count() == 0) return;
  store::Interest everything{store::Interest::Kind::kPrefix, {}};
  wait_for_change(call, std::move(everything), Place::kHere, try_revision);
}

}  // namespace navistore::api
