// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/case.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {

NAVI_CASE("C.put_get", kGate, needs()) {
  Store &store = fixture.store();
  const TxnResult put = store.txn(Txn().put("key", "value", "meta"));
  REQUIRE(put.ok());
  const std::optional<Item> item = store.get("key");
  REQUIRE(item);
  CHECK(item->value == "value");
  CHECK(item->meta == "meta");
  CHECK(item->expires_ms == 0);
  CHECK(item->revision == put.revision);
  CHECK(store.dump() == "key=value");
}

}  // namespace navistore::conformance
