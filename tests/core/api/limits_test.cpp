// SPDX-License-Identifier: Apache-2.0
// Every bound of the API at the bound, and one past it.
#include <doctest/doctest.h>

#include <algorithm>
#include <regex>
#include <string>
#include <utility>

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

// A page of a list, in short: its keys and prefixes, and how it ends.
struct Page {
  explicit Page(const std::string &answer) {
    const std::string body = answer.substr(answer.find("\r\n\n") + 3);
    const std::regex name("\\{\"key\":(\"[^\"]*\")");
    for (std::sregex_iterator it(body.begin(), body.end(), name), none; it != none; ++it) {
      shown += (*it)[1].str() + " ";
    }
    const size_t tail = body.find("],\"prefixes\":[");
    const size_t list = tail + 13;  // its bracket
    const size_t end = body.find(']', list);
    bytes = tail + end - list - 1;
    shown += body.substr(list, end - list + 1);
    const size_t at = body.find("\"cursor\":\"");
    if (at != std::string::npos) cursor = body.substr(at + 10, body.find('"', at + 10) - at - 10);
    CHECK((body.find("\"complete\":true}") != std::string::npos) == cursor.empty());
  }
  std::string shown;
  std::string cursor;
  size_t bytes = 0;  // of items and prefixes
};

// All pages of a list, and the most bytes that one has.
std::pair<std::string, size_t> pages(Rig &rig, const std::string &query) {
  std::string shown;
  size_t most = 0;
  std::string cursor;
  do {
    const Page page(rig.start("GET /v1/kv?include=values&" + query + cursor).text());
    shown += page.shown + "; ";
    most = std::max(most, page.bytes);
    cursor = page.cursor.empty() ? "" : "&cursor=" + page.cursor;
  } while (!cursor.empty());
  return {shown, most};
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
    CHECK(large.find("\"key\":\"12\"") != std::string::npos);
    CHECK(large.find("\"key\":\"13\"") == std::string::npos);  // it would pass 4 MiB
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

  TEST_CASE("limits: a page of a list is at most 4 MiB, unless its first item alone is more") {
    constexpr size_t kCap = 4 << 20;
    navistore::store::StoreOptions options;
    options.max_value = 5 << 20;
    Rig rig(navistore::store::testing::memory_backend(), options);
    const auto put_b = [&](size_t size) { rig.ask("PUT /v1/kv/b\n\n" + std::string(size, 'v')); };
    for (int i = 0; i < 10; ++i) put_b(1);  // from now on revisions have two digits
    rig.ask("PUT /v1/kv/a\n\n" + std::string(2'000'000, 'v'));
    rig.ask("PUT /v1/kv/c/x\n\nx");
    put_b(2'000'000);
    struct Row {
      std::string query, at, past;
    };
    const Row rows[] = {
        {"end=c", "\"a\" \"b\" []; ", "\"a\" []; \"b\" []; "},
        {"end=c&reverse=true", "\"b\" \"a\" []; ", "\"b\" []; \"a\" []; "},
        {"delimiter=/", "\"a\" \"b\" [\"c/\"]; ", "\"a\" \"b\" []; [\"c/\"]; "},
        {"delimiter=/&reverse=true", "\"b\" \"a\" [\"c/\"]; ", "\"b\" [\"c/\"]; \"a\" []; "},
    };
    for (const Row &row : rows) {
      CAPTURE(row.query);
      put_b(2'000'000);
      const auto [all, bytes] = pages(rig, row.query);
      CHECK(all == row.at);
      put_b(2'000'000 + kCap - bytes);
      CHECK(pages(rig, row.query) == std::pair(row.at, kCap));
      put_b(2'000'000 + kCap - bytes + 1);
      const auto [past, most] = pages(rig, row.query);
      CHECK(past == row.past);
      CHECK(most < kCap);
    }
    rig.ask("PUT /v1/kv/b\n\n" + std::string(kCap, 'v'));
    CHECK(pages(rig, "end=c").first == "\"a\" []; \"b\" []; ");
    CHECK(pages(rig, "end=c&limit=1").first == "\"a\" []; \"b\" []; ");
    CHECK(pages(rig, "start=b&end=c").first == "\"b\" []; ");
    const std::string lines = rig.body("GET /v1/kv?include=values\nAccept: application/x-ndjson");
    CHECK(std::count(lines.begin(), lines.end(), '\n') == 4);
    CHECK(lines.find("\n{\"end\":true,\"count\":3,") != std::string::npos);
    CHECK(rig.body("GET /v1/kv?as=json").size() > kCap + 2'000'000);
  }
}
