// SPDX-License-Identifier: Apache-2.0
// Bulk requests and transactions over the real memory backend.
#include <doctest/doctest.h>

#include <regex>

#include "tests/core/api/driver.hpp"

using namespace navistore::api;
using testing::Rig;

namespace {

const std::string kJson = "\nContent-Type: application/json\n\n";
const std::string kLines = "\nContent-Type: application/x-ndjson\n\n";

std::string plain(std::string text) {
  text = std::regex_replace(text, std::regex("\\$E\\.[0-9]+"), "$$E.R");
  return std::regex_replace(text, std::regex("\"revision\":[0-9]+"), "\"revision\":R");
}

std::string txn(Rig &rig, const std::string &body) {
  return plain(rig.body("POST /v1/txn" + kJson + body));
}

// "400 do[0].value: expected a string"
std::string refusal(Rig &rig, const std::string &request) {
  const std::string body = rig.body(request);
  std::smatch match;
  std::regex_search(body, match,
                    std::regex("\"status\":([0-9]+),\"detail\":\"((\\\\.|[^\"\\\\])*)\""));
  return match[1].str() + " " + match[2].str();
}

std::string many(size_t count, const std::string &element) {
  std::string list;
  for (size_t i = 0; i < count; ++i) {
    list += (i == 0 ? "" : ",") + testing::replaced(element, "#", std::to_string(i));
  }
  return list;
}

std::string etag_of(Rig &rig, const std::string &key) {
  const std::string answer = rig.ask("GET /v1/kv/" + key);
  std::smatch match;
  std::regex_search(answer, match, std::regex("ETag: \"([^\n]*)\"\n"));
  return "\"\\\"" + match[1].str() + "\\\"\"";
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("txn: all operations under one revision, or a false condition names itself") {
  Rig rig;
  CHECK(txn(rig, R"({"do":[{"op":"put","key":"a","value":"1"},{"op":"delete","key":"c"}]})") ==
        R"({"committed":true,"revision":R,)"
        R"("results":[{"etag":"\"$E.R\"","created":true},{"deleted":0}]})");
  const std::string tag = etag_of(rig, "a");
  CHECK(txn(rig,
            R"({"if":[{"key":"a","etag":)" + tag +
                R"(},{"key":"b","exists":false}],"do":[{"op":"put","key64":"Yg==","value":"2"}]})")
            .substr(0, 17) == R"({"committed":true)");
  const std::string failed =
      txn(rig, R"({"if":[{"key":"a","exists":true},{"key":"b","exists":false}],)"
               R"("do":[{"op":"put","key":"a","value":"9"}]})");
  CHECK(failed.find(R"("status":412)") != std::string::npos);
  CHECK(failed.find(R"("failed":[1],"current":"\"$E.R\""})") != std::string::npos);
  CHECK(rig.dump() == "a=1 b=2");
  const std::string otherwise =
      txn(rig, R"({"if":[{"key":"x","etag":"\"0000000000000000.5\""}],"do":[],)"
               R"("else":[{"op":"get","key":"a"},{"op":"get","key":"x"}]})");
  CHECK(otherwise.find(R"({"committed":false,"revision":R,"failed":[0],"results":[{"key":"a",)") ==
        0);
  CHECK(otherwise.find(R"("value":"1"},null]})") != std::string::npos);
  CHECK(txn(rig, R"({"if":[{"key":"a","exists":true}],"do":[]})") ==
        R"({"committed":true,"revision":R,"results":[]})");
}

TEST_CASE("txn: what is no transaction is refused by its place and changes nothing") {
  Rig rig;
  const std::string put = R"({"op":"put","key":"k#","value":"v"})";
  const std::string condition = R"({"key":"k#","exists":false})";
  struct Row {
    std::string body, want;
  };
  const Row rows[] = {
      {R"({"do":[{"op":"put","key":"a","value":5}]})", "400 do[0].value: expected a string"},
      {R"({"do":[{"op":"put","key":"a"}]})", "400 do[0].value: expected this or value64"},
      {R"({"do":[{"op":"put","key":"a","value":"","value64":""}]})",
       "400 do[0].value: given together with value64"},
      {R"({"do":[{"op":"put","key":"a","value64":"*"}]})", "400 do[0].value64: expected base64"},
      {R"({"do":[{"op":"pat","key":"a"}]})", "400 do[0].op: expected put or delete"},
      {R"({"do":[{"op":"delete","key":"a","value":"x"}]})", "400 do[0].value: unknown member"},
      {R"({"do":[{"op":"put","key":"a","value":"x","if_match":"*"}]})",
       "400 do[0].if_match: unknown member"},
      {R"({"do":[{"op":"delete","key":""}]})", "400 do[0].key: the key is empty"},
      {R"({"do":[{"op":"delete","key":")" + std::string(1025, 'k') + "\"}]}",
       "414 do[0].key: the key is longer than 1024 bytes"},
      {R"({"do":[{"op":"put","key":"a","value":"x","ttl":"soon"}]})",
       "400 do[0].ttl: expected seconds above 0, a time as 30s, keep or none"},
      {R"({"do":[{"op":"put","key":"a","value":"x","type":"a\nb"}]})",
       "400 do[0].type: not printable text"},
      {R"({"do":[{"op":"put","key":"a","value":"x","type":"a\u007Fb"}]})",
       "400 do[0].type: not printable text"},
      {R"({"do":[{"op":"put","key":"a","value":"x","meta":{"A":"1","a":"2"}}]})",
       "400 do[0].meta: 'a' was given twice"},
      {R"({"do":[{"op":"put","key":"a","value":"x","meta":{"a b":"c"}}]})",
       "400 do[0].meta: 'a b' is no name"},
      {R"({"do":[{"op":"delete","key":"a"},{"op":"delete","key":"b"},{"op":"delete","key":"a"}]})",
       "400 do[2].key: occurs twice"},
      {R"({"if":[{"key":"a"}],"do":[]})", "400 if[0].etag: expected either etag or exists"},
      {R"({"if":[{"key":"a","etag":"x"}],"do":[]})",
       "400 if[0].etag: expected an entity tag in double quotes"},
      {R"({"if":[{"key":"a","exists":1}],"do":[]})", "400 if[0].exists: expected true or false"},
      {R"({"if":{},"do":[]})", "400 if: expected an array"},
      {R"({"do":[],"else":[{"op":"put","key":"a"}]})", "400 else[0].op: expected get"},
      {R"({"do":[],"then":[]})", "400 then: unknown member"},
      {R"({})", "400 do: expected an array"},
      {R"([])", "400 the document: expected an object"},
      {R"({"do":[],"do":[]})", "400 the member \\\"do\\\" occurs twice in one object"},
      {"{\"do\":[" + many(129, put) + "]}", "400 do: more than 128 elements"},
      {"{\"do\":[],\"if\":[" + many(129, condition) + "]}", "400 if: more than 128 elements"},
  };
  for (const Row &row : rows) {
    CAPTURE(row.body.substr(0, 80));
    CHECK(refusal(rig, "POST /v1/txn" + kJson + row.body) == row.want);
    CHECK(rig.dump().empty());
  }
  for (const std::string body : {"", "{", "{\"do\":[]} x", "{\"do\":[\"\xFF\"]}", "nonsense"}) {
    CAPTURE(body);
    CHECK(refusal(rig, "POST /v1/txn" + kJson + body).substr(0, 3) == "400");
  }
  CHECK(txn(rig, "{\"do\":[" + many(128, put) + "]}").find("\"committed\":true") == 1);
}

TEST_CASE("txn: keys and values may be base64 of either alphabet, times to live numbers or text") {
  Rig rig;
  CHECK(txn(rig, R"({"do":[{"op":"put","key64":"_w","value64":"-w","ttl":1000},
                           {"op":"put","key":"b","value":"","ttl":"1000s","meta":{"Owner":"me"}}]})")
            .find("\"committed\":true") == 1);
  CHECK(rig.body("GET /v1/kv/%FF") == "\xFB");
  CHECK(rig.ask("GET /v1/kv/%FF").find("Navi-Expires-At: 2") != std::string::npos);
  CHECK(rig.ask("GET /v1/kv/b").find("Navi-Expires-At: 2") != std::string::npos);
  CHECK(rig.ask("GET /v1/kv/b").find("\nNavi-Meta-owner: me\n") != std::string::npos);
}

TEST_CASE("bulk get: items in order, null where one is missing") {
  Rig rig;
  rig.ask("PUT /v1/kv/a\n\n1");
  rig.ask("PUT /v1/kv/b\n\n2");
  CHECK(
      plain(rig.body("POST /v1/bulk/get" + kJson +
                     R"({"keys":["b",{"key64":"YQ=="},"x","b"],"include":"keys"})")) ==
      R"({"items":[{"key":"b","etag":"\"$E.R\"","size":1,"type":"application/octet-stream"},)"
      R"({"key":"a","etag":"\"$E.R\"","size":1,"type":"application/octet-stream"},null,)"
      R"({"key":"b","etag":"\"$E.R\"","size":1,"type":"application/octet-stream"}],"revision":R})");
  const std::string post = "POST /v1/bulk/get" + kJson;
  CHECK(rig.body(post + R"({"keys":["a"],"encoding":"base64"})").find("\"value64\":\"MQ==\"") !=
        std::string::npos);
  CHECK(refusal(rig, post + R"({"keys":[],"encoding":"hex"})") ==
        "400 encoding: expected text or base64");
  CHECK(refusal(rig, post + R"({"keys":[5]})") == "400 keys[0]: expected an object");
  CHECK(refusal(rig, post + R"({"keys":[""]})") == "400 keys[0]: the key is empty");
  CHECK(refusal(rig, post + R"({})") == "400 keys: expected an array");
  CHECK(refusal(rig, post + R"({"keys":[],"include":"all"})") ==
        "400 include: expected keys, meta or values");
}

TEST_CASE("bulk: each item by itself, in order, with its own status") {
  Rig rig;
  rig.ask("PUT /v1/kv/old\n\n1");
  CHECK(plain(rig.body(
            "POST /v1/bulk" + kJson +
            R"([{"op":"put","key":"a","value":"1"},{"op":"put","key":"a","value":"2"},)"
            R"({"op":"put","key":"old","value":"x","if_none_match":"*"},)"
            R"({"op":"delete","key":"none"},{"op":"delete","key":"old","if_match":"*"}])")) ==
        R"({"items":[{"status":201,"etag":"\"$E.R\"","created":true,"revision":R},)"
        R"({"status":200,"etag":"\"$E.R\"","created":false,"revision":R},)"
        R"({"status":412,"type":"urn:navistore:problem:precondition-failed",)"
        R"("detail":"the current version is not the one named","retryable":false,)"
        R"("current":"\"$E.R\""},{"status":200,"deleted":0,"revision":R},)"
        R"({"status":200,"deleted":1,"revision":R}],"atomic":false})");
  CHECK(rig.dump() == "a=2");
  const std::string tag = etag_of(rig, "a");
  const std::string change = R"([{"op":"put","key":"a","value":"3","if_match":)" + tag + "}]";
  CHECK(rig.body("POST /v1/bulk" + kJson + change).find("{\"items\":[{\"status\":200,") == 0);
  CHECK(rig.body("POST /v1/bulk" + kJson + change).find("{\"items\":[{\"status\":412,") == 0);
  CHECK(rig.dump() == "a=3");
  CHECK(rig.body("POST /v1/bulk" + kJson + "[]") == R"({"items":[],"atomic":false})");
  CHECK(rig.status("POST /v1/bulk" + kLines + "{\"op\":\"delete\",\"key\":\"a\"}\r\n\r\n\n") ==
        "200");
  CHECK(rig.status("POST /v1/bulk\nContent-Type: application/ndjson\n\n") == "200");
  CHECK(rig.dump().empty());
}

TEST_CASE("bulk: one wrong or cut item, and nothing is applied") {
  Rig rig;
  const std::string good = "{\"op\":\"put\",\"key\":\"a\",\"value\":\"1\"}";
  struct Row {
    std::string request, want;
  };
  const Row rows[] = {
      {kLines + good + "\n" + good, "400 line 2: cut before its line feed"},
      {kLines + good + "\n\n{\"op\":\"pu\n", "400 line 3: parse error"},
      {kLines + good + "\n{\"op\":\"put\",\"key\":\"b\"}\n",
       "400 line 2.value: expected this or value64"},
      {kLines + good + "\n" + good + good + "\n", "400 line 2: parse error"},
      {kJson + "[" + good + ",{\"op\":\"put\"}]", "400 [1].key: expected this or key64"},
      {kJson + "[" + good + ",{\"op\":\"delete\",\"key\":\"b\",\"if_none_match\":\"*\"}]",
       "400 [1].if_none_match: expected '*', with put"},
      {kJson + "[" + good + ",{\"op\":\"delete\",\"key\":\"b\",\"if_match\":\"x\"}]",
       "400 [1].if_match: expected '*' or an entity tag in double quotes"},
      {kJson + "[" + good +
           ",{\"op\":\"put\",\"key\":\"b\",\"value\":\"\",\"if_none_match\":\"x\"}]",
       "400 [1].if_none_match: expected '*', with put"},
      {kJson + good, "400 the document: expected an array"},
      {kJson + "[" + good, "400 parse error"},
      {kJson + "[" + many(10'001, good) + "]", "400 more than 10000 items"},
  };
  for (const Row &row : rows) {
    CAPTURE(row.want);
    const std::string seen = refusal(rig, "POST /v1/bulk" + row.request);
    CHECK(seen.substr(0, row.want.size()) == row.want);
    CHECK(rig.dump().empty());
  }
}

TEST_CASE("post: only JSON and NDJSON are taken, so that no form of another site gets through") {
  Rig rig;
  for (const std::string path :
       {"/v1/bulk", "/v1/bulk/get", "/v1/txn", "/v1/admin/reset", "/v1/admin/compact"}) {
    CAPTURE(path);
    CHECK(rig.status("POST " + path + "\n\n{}") == "415");
    CHECK(rig.status("POST " + path + "\nContent-Type: text/plain\n\n{}") == "415");
    CHECK(rig.ask("POST " + path + "?x=1" + kJson + "{}").find("problem:unknown-parameter") !=
          std::string::npos);
    CHECK(rig.ask("GET " + path).find("Allow: POST, OPTIONS\n") != std::string::npos);
  }
}

TEST_CASE("post: If-Match and If-None-Match are refused by their names, and nothing is done") {
  Rig rig;
  rig.ask("PUT /v1/kv/a\n\n1");
  const std::string bodies[][2] = {{"/v1/bulk", R"([{"op":"put","key":"a","value":"2"}])"},
                                   {"/v1/bulk/get", R"({"keys":["a"]})"},
                                   {"/v1/txn", R"({"do":[{"op":"put","key":"a","value":"2"}]})"},
                                   {"/v1/admin/reset", "{}"},
                                   {"/v1/admin/compact", "{}"}};
  for (const auto &post : bodies) {
    for (const std::string name : {"If-Match", "If-None-Match"}) {
      CAPTURE(post[0]);
      const std::string answer = rig.ask("POST " + post[0] + "\n" + name + ": *" + kJson + post[1]);
      CHECK(answer.substr(0, 4) == "400\n");
      CHECK(answer.find("\"detail\":\"" + name + ": ") != std::string::npos);
    }
  }
  CHECK(rig.dump() == "a=1");
}

TEST_SUITE_END();
