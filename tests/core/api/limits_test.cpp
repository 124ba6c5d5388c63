// SPDX-License-Identifier: Apache-2.0
// Every bound of the API at the bound, and one past it.
#include <doctest/doctest.h>

#include <string>

#include "tests/core/api/driver.hpp"

using navistore::api::testing::replaced;
using navistore::api::testing::Rig;

namespace {

// count times the element, '#' being its number, with a comma between.
std::string many(size_t count, const std::string &element) {
  std::string list;
  for (size_t i = 0; i < count; ++i) {
    list += (i == 0 ? "" : ",") + replaced(element, "#", std::to_string(i));
  }
  return list;
}

std::string metas(size_t count) {
  std::string fields;
  for (size_t i = 0; i < count; ++i) fields += "\nNavi-Meta-n" + std::to_string(i) + ": v";
  return fields;
}

std::string post(const std::string &path, const std::string &body) {
  return "POST " + path + "\nContent-Type: application/json\n\n" + body;
}

std::string txn(size_t conditions, size_t operations, size_t gets) {
  return post("/v1/txn", R"({"if":[)" + many(conditions, R"({"key":"x#","exists":false})") +
                             R"(],"do":[)" + many(operations, R"({"op":"delete","key":"k#"})") +
                             R"(],"else":[)" + many(gets, R"({"op":"get","key":"k#"})") + "]}");
}

std::string bulk(size_t items) {
  return post("/v1/bulk", "[" + many(items, R"({"op":"delete","key":"k#"})") + "]");
}

std::string bulk_get(size_t keys) {
  return post("/v1/bulk/get", R"({"keys":[)" + many(keys, R"("k#")") + "]}");
}

std::string put(const std::string &fields) { return "PUT /v1/kv/a" + fields + "\n\nx"; }

}  // namespace

TEST_SUITE("core/api/limits") {
  TEST_CASE("limits: each is kept at the limit, and passed by one") {
    Rig rig;
    const std::string name = "\nNavi-Meta-big: ";
    const size_t value = 2048 - std::string("big").size();
    struct Row {
      std::string limit, at, past, refusal;
    };
    const Row rows[] = {
        {"key", "PUT /v1/kv/" + std::string(1024, 'k') + "\n\nx",
         "PUT /v1/kv/" + std::string(1025, 'k') + "\n\nx", "414"},
        {"value", "PUT /v1/kv/a\n\n" + std::string(1 << 20, 'v'),
         "PUT /v1/kv/a\n\n" + std::string((1 << 20) + 1, 'v'), "413"},
        {"media type", put("\nContent-Type: " + std::string(255, 't')),
         put("\nContent-Type: " + std::string(256, 't')), "400"},
        {"names of metadata", put(metas(32)), put(metas(33)), "400"},
        {"bytes of metadata", put(name + std::string(value, 'v')),
         put(name + std::string(value + 1, 'v')), "400"},
        {"page", "GET /v1/kv?limit=10000", "GET /v1/kv?limit=10001", "400"},
        {"conditions", txn(128, 1, 1), txn(129, 1, 1), "400"},
        {"operations", txn(1, 128, 1), txn(1, 129, 1), "400"},
        {"gets", txn(1, 1, 128), txn(1, 1, 129), "400"},
        {"items of bulk", bulk(10'000), bulk(10'001), "400"},
        {"keys of bulk get", bulk_get(10'000), bulk_get(10'001), "400"},
    };
    for (const Row &row : rows) {
      CAPTURE(row.limit);
      const std::string status = rig.status(row.at);
      CHECK((status == "200" || status == "201"));
      CHECK(rig.status(row.past) == row.refusal);
    }
  }
}
