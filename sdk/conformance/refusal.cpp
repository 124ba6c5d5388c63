// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/refusal.hpp"

namespace navistore::conformance {
namespace {

void check_not_offered(Fixture &fixture, const char *id) {
  CHECK_MESSAGE(fixture.plugin().entry->get_interface(id) == nullptr,
                std::string(id) << " is offered now but was not before");
}

// A store that keeps nothing cannot promise stable storage.
void check_durable_refused(Fixture &fixture) {
  Store &store = fixture.store();
  const Call durable{NAVI_F_DURABLE};
  const TxnResult put = store.put("durable", "1", durable);
  const navi_status status = put.call != NAVI_OK ? put.call : put.status;
  CHECK_MESSAGE(status == NAVI_UNSUPPORTED, "apply with DURABLE on a store that is not PERSISTENT: "
                                                << status_name(status) << ", expected UNSUPPORTED");
  CHECK(store.dump().empty());
}

}  // namespace

void check_refusal(Fixture &fixture, Need missing) {
  switch (missing) {
    case kChanges: return check_not_offered(fixture, NAVI_CHANGES_1);
    case kWatch: return check_not_offered(fixture, NAVI_WATCH_1);
    case kUpkeep: return check_not_offered(fixture, NAVI_UPKEEP_1);
    case kPersistent: return check_durable_refused(fixture);
    default: CHECK(fixture.store().stats().ok());  // nothing to refuse: the flag only describes
  }
}

}  // namespace navistore::conformance
