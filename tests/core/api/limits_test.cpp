// SPDX-License-Identifier: Apache-2.0
// Every bound of the API at the bound, and one past it.
#include <doctest/doctest.h>

#include <string>

#include "core/api/router.hpp"
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

std::string lines(size_t items) {
  std::string text = "POST /v1/bulk\nContent-Type: application/x-ndjson\n\n";
  for (size_t i = 0; i < items; ++i) text += "{\"op\":\"delete\",\"key\":\"a\"}\n";
  return text;
}

std::string bulk_get(size_t keys) {
  return post("/v1/bulk/get", R"({"keys":[)" + many(keys, R"("k#")") + "]}");
}

std::string put(const std::string &fields) { return "PUT /v1/kv/a" + fields + "\n\nx"; }

}  // namespace

TEST_SUITE("core/api/limits") {
  TEST_CASE("limits: each is kept at the limit, and passed by one") {
    Rig rig;
    rig.ask("PUT /v1/kv/" + std::string(1024, 'a') + "\n\nx");
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
        {"lines of bulk", lines(10'000), lines(10'001), "400"},
        {"key, encoded", "GET /v1/kv/" + std::string(1023, 'a') + "%61?encoding=text",
         "GET /v1/kv/" + std::string(1024, 'a') + "%61", "414"},
        {"keys of bulk get", bulk_get(10'000), bulk_get(10'001), "400"},
    };
    for (const Row &row : rows) {
      CAPTURE(row.limit);
      const std::string status = rig.status(row.at);
      CHECK((status == "200" || status == "201"));
      CHECK(rig.status(row.past) == row.refusal);
    }
  }

  TEST_CASE("limits: of a body, by what the resource takes") {
    using navistore::api::max_body;
    using navistore::api::Resource;
    CHECK(max_body(Resource::kItem, 1'000'000, 50) == 1'000'000);
    CHECK(max_body(Resource::kItem, 8, 50) == 16'384);  // so that the answer can name the limit
    CHECK(max_body(Resource::kBulk, 8, 500'000) == 500'000);
    CHECK(max_body(Resource::kApply, 8, 500'000) == (17 << 20));
    CHECK(max_body(Resource::kApply, 64 << 20, 500'000) == (65 << 20));
    CHECK(max_body(Resource::kInfo, 1'000'000, 500'000) == 16'384);
  }

  TEST_CASE("limits: of a list, in items where none were asked for, and in bytes") {
    Rig rig;
    CHECK(rig.status(post("/v1/bulk", "[" + many(10'000, R"({"op":"put","key":"k#","value":""})") +
                                          "]")) == "200");
    CHECK(rig.status("PUT /v1/kv/k\n\nx") == "201");
    CHECK(rig.body("GET /v1/kv?count=only&prefix=k").find("{\"count\":10001,") == 0);
    const std::string page = rig.body("GET /v1/kv");
    CHECK(page.find("\"key\":\"k1897\"") != std::string::npos);  // the thousandth
    CHECK(page.find("\"key\":\"k1898\"") == std::string::npos);
    CHECK(rig.body("DELETE /v1/kv?prefix=k&expect=10000").find("\"count\":10001}") !=
          std::string::npos);
    CHECK(rig.body("DELETE /v1/kv?prefix=k&expect=10001").find("{\"deleted\":10001,") == 0);
    const std::string value(1 << 20, 'v');
    for (int i = 0; i < 16; ++i) rig.ask("PUT /v1/kv/" + std::to_string(10 + i) + "\n\n" + value);
    const std::string large = rig.body("GET /v1/kv?include=values");
    CHECK(large.find("\"key\":\"13\"") != std::string::npos);
    CHECK(large.find("\"key\":\"14\"") == std::string::npos);
    CHECK(large.find("\"complete\":false}") != std::string::npos);
    const auto keys = [](int count) {
      std::string list;
      for (int i = 0; i < count; ++i)
        list += (i == 0 ? "\"" : ",\"") + std::to_string(10 + i) + "\"";
      return post("/v1/bulk/get", "{\"keys\":[" + list + "]}");
    };
    CHECK(rig.status(keys(15)) == "200");
    CHECK(rig.status(keys(16)) == "413");
    CHECK(rig.status("GET /v1/kv?as=env") == "406");
    CHECK(rig.status("GET /v1/kv?as=env&end=25") == "200");
  }
}
