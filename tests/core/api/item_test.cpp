// SPDX-License-Identifier: Apache-2.0
// One key over the real memory backend.
#include <doctest/doctest.h>

#include <regex>

#include "tests/core/api/driver.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using namespace navistore::api;
using testing::Rig;

namespace {

// Revisions count from 1 in a fresh store only by chance, so tests read them from answers.
std::string etag_in(const std::string &answer) {
  std::smatch match;
  std::regex_search(answer, match, std::regex("ETag: (\"[^\n]*\")"));
  return match.empty() ? "none" : match[1].str();
}

std::string without_etag(std::string answer) {
  answer = std::regex_replace(answer, std::regex("\\$E\\.[0-9]+"), "$$E.R");
  return std::regex_replace(answer, std::regex("\"revision\":[0-9]+"), "\"revision\":R");
}

std::string put(Rig &rig, const std::string &key, const std::string &value) {
  return etag_in(rig.ask("PUT /v1/kv/" + key + "\n\n" + value));
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("item: put creates, put replaces, get gives the bytes back, delete removes") {
  Rig rig;
  CHECK(without_etag(rig.ask("PUT /v1/kv/app/color\nContent-Type: text/plain\n\nred")) ==
        "201\nETag: \"$E.R\"\nContent-Type: application/json\n\n"
        R"({"etag":"\"$E.R\"","revision":R,"created":true})");
  CHECK(rig.status("PUT /v1/kv/app/color\nContent-Type: text/plain\n\ngreen") == "200");
  CHECK(without_etag(rig.ask("GET /v1/kv/app/color")) ==
        "200\nETag: \"$E.R\"\n(item)\nContent-Type: text/plain\n\ngreen");
  CHECK(without_etag(rig.ask("HEAD /v1/kv/app/color")) ==
        "200\nETag: \"$E.R\"\n(item)\nContent-Type: text/plain\nContent-Length: 5\n\n");
  CHECK(without_etag(rig.ask("DELETE /v1/kv/app/color")) ==
        "200\nContent-Type: application/json\n\n{\"deleted\":1,\"revision\":R}");
  CHECK(rig.ask("DELETE /v1/kv/app/color") ==
        "200\nContent-Type: application/json\n\n{\"deleted\":0}");
  CHECK(rig.body("GET /v1/kv/app/color") ==
        R"({"type":"urn:navistore:problem:not-found","title":"Not found","status":404,)"
        R"("detail":"no such key","request_id":"t","retryable":false})");
}

TEST_CASE("item: any bytes are a key, by path or by key64") {
  Rig rig;
  CHECK(rig.status("PUT /v1/kv/%2e%2E/a//b%00/\n\nx") == "201");
  CHECK(rig.body("GET /v1/kv?key64=Li4vYS8vYgAv") == "x");
  CHECK(rig.status("PUT /v1/kv?key64=_w\n\ny") == "201");
  CHECK(rig.body("GET /v1/kv/%FF") == "y");
  CHECK(rig.status("DELETE /v1/kv?key64=_w") == "200");
  CHECK(rig.status("GET /v1/kv/%ff") == "404");
}

TEST_CASE("item: conditions are judged with the write, and 412 tells what is current") {
  Rig rig;
  const std::string first = put(rig, "a", "1");
  const std::string second = put(rig, "a", "2");
  const std::string weak = "W/" + second;
  struct Row {
    std::string request;
    std::string status;
  };
  const Row rows[] = {
      {"PUT /v1/kv/a\nIf-Match: " + first + "\n\nx", "412"},
      {"PUT /v1/kv/a\nIf-Match: " + weak + "\n\nx", "412"},
      {"PUT /v1/kv/a\nIf-Match: \"0000000000000000.1\"\n\nx", "412"},
      {"PUT /v1/kv/a\nIf-Match: " + testing::replaced(second, "$E", "0000000000000000") + "\n\nx",
       "412"},
      {"PUT /v1/kv/a\nIf-Match: \"something\"\n\nx", "412"},
      {"PUT /v1/kv/a\nIf-None-Match: *\n\nx", "412"},
      {"PUT /v1/kv/b\nIf-Match: *\n\nx", "412"},
      {"PUT /v1/kv/a\nIf-None-Match: " + second + "\n\nx", "400"},
      {"PUT /v1/kv/a\nIf-Match: nonsense\n\nx", "400"},
      {"PUT /v1/kv/a\nIf-Match: \"open\n\nx", "400"},
      {"PUT /v1/kv/a\nIf-Match:\n\nx", "400"},
      {"DELETE /v1/kv/a\nIf-Match: " + first, "412"},
      {"DELETE /v1/kv/b\nIf-Match: *", "412"},
      {"DELETE /v1/kv/a\nIf-None-Match: *", "400"},
      {"GET /v1/kv/a\nIf-Match: " + first, "412"},
      {"GET /v1/kv/a\nIf-Match: " + second, "200"},
      {"GET /v1/kv/a\nIf-None-Match: " + first, "200"},
      {"GET /v1/kv/a\nIf-None-Match: \"x\", " + weak, "304"},
      {"GET /v1/kv/a\nIf-None-Match: *", "304"},
      {"GET /v1/kv/b\nIf-None-Match: *", "404"},
  };
  for (const Row &row : rows) {
    CAPTURE(row.request);
    CHECK(rig.status(row.request) == row.status);
    CHECK(rig.dump() == "a=2");
  }
  CHECK(etag_in(rig.ask("GET /v1/kv/a\nIf-Match: " + first)) == second);
  CHECK(rig.ask("GET /v1/kv/a\nIf-None-Match: " + second).find("\n(item)\n") != std::string::npos);
  CHECK(etag_in(rig.ask("GET /v1/kv/a\nIf-None-Match: " + second)) == second);
  const std::string refused = rig.ask("PUT /v1/kv/a\nIf-Match: " + first + "\n\nx");
  CHECK(etag_in(refused) == second);
  CHECK(refused.find(R"("current":"\")" + second.substr(1, second.size() - 2) + R"(\""})") !=
        std::string::npos);
  CHECK(rig.body("PUT /v1/kv/b\nIf-Match: *\n\nx").find(R"("current":null})") != std::string::npos);
  CHECK(rig.status("PUT /v1/kv/a\nIf-Match: \"x\", " + first + ", " + second + "\n\n3") == "200");
  CHECK(rig.dump() == "a=3");
  CHECK(rig.status("PUT /v1/kv/b\nIf-None-Match: *\n\n1") == "201");
}

TEST_CASE("item: the envelope is for who asks for it, and its tag is the same version") {
  Rig rig;
  rig.ask("PUT /v1/kv/a\nContent-Type: text/plain\nNavi-Meta-Owner: me\n\nred");
  const std::string accept = "Accept: application/vnd.navistore.entry+json";
  const std::string answer = without_etag(rig.ask("GET /v1/kv/a\n" + accept));
  CHECK(std::regex_replace(answer, std::regex("_at\":\"[^\"]*Z\""), "_at\":T") ==
        "200\nETag: \"$E.R-j\"\n(item)\nNavi-Meta-owner: me\n"
        "Content-Type: application/vnd.navistore.entry+json\n\n"
        R"({"key":"a","etag":"\"$E.R\"","size":3,"type":"text/plain","revision":R,)"
        R"("modified_at":T,"meta":{"owner":"me"},"value":"red"})");
  const std::string tag = etag_in(rig.ask("GET /v1/kv/a\n" + accept));
  CHECK(rig.status("GET /v1/kv/a\n" + accept + "\nIf-None-Match: " + tag) == "304");
  CHECK(rig.status("GET /v1/kv/a\nIf-None-Match: " + tag) == "200");
  CHECK(etag_in(rig.ask("GET /v1/kv/a\n" + accept + ", text/plain")) == tag);
  CHECK(etag_in(rig.ask("GET /v1/kv/a\n" + accept + ";q=0.9, text/plain")) != tag);
  CHECK(rig.body("HEAD /v1/kv/a\n" + accept) == rig.body("GET /v1/kv/a\n" + accept));
  CHECK(rig.status("GET /v1/kv/a\nAccept: application/json") == "406");
  CHECK(rig.status("GET /v1/kv/a\nAccept: text/*") == "200");
  CHECK(rig.status("PUT /v1/kv/a\nIf-Match: " + tag + "\n\nblue") == "200");
  CHECK(rig.body("GET /v1/kv/a?encoding=base64\n" + accept).find(R"("value64":"Ymx1ZQ==")") !=
        std::string::npos);
}

TEST_CASE("item: a time to live is set, kept, cleared, and over at its end") {
  Rig rig;
  CHECK(rig.ask("PUT /v1/kv/a\nNavi-TTL: 1000\n\n1").substr(0, 3) == "201");
  CHECK(rig.ask("GET /v1/kv/a").find("Navi-Expires-At: 2") != std::string::npos);
  CHECK(rig.status("PUT /v1/kv/a?ttl=keep\n\n2") == "200");
  CHECK(rig.ask("GET /v1/kv/a").find("Navi-Expires-At: 2") != std::string::npos);
  CHECK(rig.status("PUT /v1/kv/a\n\n3") == "200");
  CHECK(rig.ask("GET /v1/kv/a").find("Navi-Expires-At") == std::string::npos);
  CHECK(rig.status("PUT /v1/kv/new\nNavi-TTL: keep\n\n1") == "201");
  CHECK(rig.status("PUT /v1/kv/short?ttl=20ms\n\n1") == "201");
  CHECK(navistore::store::testing::eventually(
      [&] { return rig.status("GET /v1/kv/short") == "404"; }));
  CHECK(rig.status("PUT /v1/kv/short\nIf-None-Match: *\n\n2") == "201");
}

TEST_CASE("item: what cannot be put is refused by name and changes nothing") {
  navistore::store::StoreOptions small;
  small.max_value = 8;
  Rig rig(navistore::store::testing::memory_backend(), small);
  put(rig, "a", "1");
  std::string meta33;
  for (int i = 0; i < 33; ++i) meta33 += "Navi-Meta-n" + std::to_string(i) + ": v\n";
  struct Row {
    std::string request;
    std::string want;
  };
  const Row rows[] = {
      {"PUT /v1/kv/\n\nx", "400 key-invalid"},
      {"PUT /v1/kv?key64=\n\nx", "400 key-invalid"},
      {"PUT /v1/kv/" + std::string(1025, 'k') + "\n\nx", "414 key-too-long"},
      {"GET /v1/kv/" + std::string(1025, 'k'), "414 key-too-long"},
      {"PUT /v1/kv/%zz\n\nx", "400 key-invalid"},
      {"PUT /v1/kv/a%\n\nx", "400 key-invalid"},
      {"PUT /v1/kv/a\n\n123456789", "413 value-too-large"},
      {"PUT /v1/kv/a?cas=42\n\nx", "400 unknown-parameter"},
      {"DELETE /v1/kv/a?cas=42", "400 unknown-parameter"},
      {"GET /v1/kv/a?wait=5", "400 unknown-parameter"},
      {"GET /v1/kv/a?key64=YQ", "400 unknown-parameter"},
      {"PUT /v1/kv/a\nNo-Length: yes\n\n", "411 length-required"},
      {"PUT /v1/kv/a\nContent-Encoding: gzip\n\nx", "415 unsupported-media-type"},
      {"PUT /v1/kv/a\nContent-Range: bytes 0-0/9\n\nx", "400 bad-request"},
      {"PUT /v1/kv/a\nContent-Type: " + std::string(256, 't') + "\n\nx", "400 bad-request"},
      {"PUT /v1/kv/a\nContent-Type: a/b\nContent-Type: c/d\n\nx", "400 bad-request"},
      {"PUT /v1/kv/a?ttl=5\nNavi-TTL: 5\n\nx", "400 bad-request"},
      {"PUT /v1/kv/a\nNavi-TTL: 30s\n\nx", "400 bad-request"},
      {"PUT /v1/kv/a?ttl=0\n\nx", "400 bad-request"},
      {"PUT /v1/kv/a\n" + meta33 + "\nx", "400 bad-request"},
      {"PUT /v1/kv/a\nNavi-Meta-big: " + std::string(2046, 'v') + "\n\nx", "400 bad-request"},
      {"PUT /v1/kv/a\nNavi-Meta-x: 1\nnavi-meta-X: 2\n\nx", "400 bad-request"},
      {"PUT /v1/kv/a\nNavi-Meta-: 1\n\nx", "400 bad-request"},
      {"PUT /v1/kv/a\nNavi-Meta-x: \xFF\n\nx", "400 bad-request"},
      {"PUT /v1/kv/a\nContent-Type: text/\xFF\n\nx", "400 bad-request"},
      {"PUT /v1/kv/a\nNavi-Min-Revision: 5\n\nx", "400 bad-request"},
      {"PUT /v1/kv/a\nNavi-Min-Revision: $E.999999\n\nx", "503 replica-behind"},
      {"GET /v1/kv/a\nNavi-Min-Revision: 0000000000000000.1", "503 replica-behind"},
      {"GET /v1/kv/a\nPrefer: wait=soon", "400 bad-request"},
      {"POST /v1/kv/a\n\nx", "405 method-not-allowed"},
      {"PATCH /v1/kv/a\n\nx", "405 method-not-allowed"},
      {"PUT /v1/kv\n\nx", "405 method-not-allowed"},
      {"GET /v1/nothing", "404 not-found"},
      {"GET /v1/kvx", "404 not-found"},
  };
  for (const Row &row : rows) {
    CAPTURE(row.request.substr(0, 60));
    const std::string answer = rig.ask(row.request);
    std::smatch name;
    std::regex_search(answer, name, std::regex("problem:([a-z-]+)"));
    CHECK(answer.substr(0, 3) + " " + name[1].str() == row.want);
    CHECK(rig.dump() == "a=1");
  }
  const std::pair<std::string, std::string> named[] = {
      {"PUT /v1/kv/a?cas=42\n\nx", "'cas'"},
      {"PUT /v1/kv/\n\nx", "the key is empty"},
      {"PUT /v1/kv/" + std::string(1025, 'k') + "\n\nx", "longer than 1024 bytes"},
      {"PUT /v1/kv/a%\n\nx", "'%' must be followed by two hex digits"},
      {"PUT /v1/kv/a\nIf-Match: 5\n\nx", "If-Match"},
      {"PUT /v1/kv/a\nIf-None-Match: \"$E.1\"\n\nx", "If-None-Match"},
      {"PUT /v1/kv/a\nNavi-TTL: 30s\n\nx", "Navi-TTL"},
      {"PUT /v1/kv/a\n\n123456789", "\"limit\":8"}};
  for (const auto &[request, wanted] : named) {
    const std::string name = wanted;
    CAPTURE(name);
    const std::string answer = rig.body(request);
    CHECK_MESSAGE(answer.find(name) != std::string::npos, answer);
  }
  CHECK(rig.ask("PATCH /v1/kv/a").find("Allow: GET, HEAD, PUT, DELETE, OPTIONS\n") !=
        std::string::npos);
  CHECK(rig.body("PUT /v1/kv/a\n\n123456789").find("\"limit\":8}") != std::string::npos);
  CHECK(rig.status("PUT /v1/kv/" + std::string(1024, 'k') + "\n\n12345678") == "201");
}

TEST_CASE("item: curl's own form type counts as none, user metadata and a chunked empty put work") {
  Rig rig;
  rig.ask("PUT /v1/kv/a\nContent-Type: application/x-www-form-urlencoded\nNAVI-META-A: 1\n\nx");
  CHECK(without_etag(rig.ask("GET /v1/kv/a")) ==
        "200\nETag: \"$E.R\"\n(item)\nNavi-Meta-a: 1\nContent-Type: application/octet-stream\n\nx");
  CHECK(rig.status("PUT /v1/kv/empty\nContent-Encoding: identity\n\n") == "201");
  CHECK(rig.ask("HEAD /v1/kv/empty").find("Content-Length: 0\n") != std::string::npos);
  CHECK(rig.ask("OPTIONS /v1/kv/a") ==
        "200\nAllow: GET, HEAD, PUT, DELETE, OPTIONS\nContent-Type: application/json\n\n"
        R"({"allow":["GET","HEAD","PUT","DELETE","OPTIONS"]})");
}

TEST_CASE("item: a read-only server refuses every write") {
  ServiceOptions options;
  options.writes = ServiceOptions::Writes::kRefused;
  Rig rig(navistore::store::testing::memory_backend(), {}, options);
  const std::string json = "\nContent-Type: application/json\n\n";
  for (const std::string &request :
       {std::string("PUT /v1/kv/a\n\nx"), std::string("DELETE /v1/kv/a"),
        std::string("DELETE /v1/kv?all=true"), "POST /v1/bulk" + json + "[]",
        "POST /v1/txn" + json + R"({"do":[]})", "POST /v1/admin/reset" + json}) {
    CAPTURE(request);
    CHECK(rig.ask(request).find("problem:read-only") != std::string::npos);
  }
}

TEST_CASE("item: a value that is too large for an event loop is read whole all the same") {
  navistore::store::StoreOptions options;
  options.max_value = size_t{2} << 20;
  Rig rig(navistore::store::testing::memory_backend(), options);
  for (const size_t size : {size_t{1} << 20, (size_t{1} << 20) + 1}) {
    const std::string value(size, 'v');
    CHECK(rig.status("PUT /v1/kv/large\n\n" + value).front() == '2');
    CHECK(rig.body("GET /v1/kv/large") == value);
    const std::string body = R"({"if":[{"key":"large","exists":false}],"do":[],)"
                             R"("else":[{"op":"get","key":"large"}]})";
    CHECK(rig.body("POST /v1/txn\nContent-Type: application/json\n\n" + body).find(value) !=
          std::string::npos);
  }
}

TEST_CASE("item: over a backend without fast reads every GET answers as over one with them") {
  navistore::store::testing::Trial trial(NAVI_CAP_PERSISTENT);
  Rig rig(navistore::store::testing::Trial::backend());
  const std::string tag = put(rig, "a", "red");
  CHECK(rig.body("GET /v1/kv/a") == "red");
  CHECK(rig.ask("HEAD /v1/kv/a").find("Content-Length: 3") != std::string::npos);
  CHECK(rig.ask("HEAD /v1/kv/a\nAccept: application/vnd.navistore.entry+json").substr(0, 3) ==
        "200");
  CHECK(rig.status("GET /v1/kv/none") == "404");
  CHECK(rig.status("GET /v1/kv/a\nIf-None-Match: " + tag) == "304");
  CHECK(rig.status("GET /v1/kv/a\nIf-Match: \"x.1\"") == "412");
  const auto waiting = rig.start("GET /v1/kv/a\nIf-None-Match: " + tag + "\nPrefer: wait=60");
  put(rig, "a", "green");
  CHECK(waiting.text().find("green") != std::string::npos);
}

TEST_SUITE_END();
