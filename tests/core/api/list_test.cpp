// SPDX-License-Identifier: Apache-2.0
// The collection over the real memory backend.
#include <doctest/doctest.h>

#include <regex>

#include "tests/core/api/driver.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using namespace navistore::api;
using navistore::store::testing::Trial;
using navistore::store::testing::TrialDisk;
using testing::Rig;

namespace {

void put(Rig &rig, const std::string &path, const std::string &value) {
  rig.ask("PUT /v1/kv/" + path + "\nContent-Type: text/plain\n\n" + value);
}

// "a b | p/ c/ | more": keys, prefixes, and whether the list is complete.
std::string brief(const std::string &body) {
  std::string out;
  const std::regex key("\"key\":\"([^\"]*)\"");
  for (std::sregex_iterator at(body.begin(), body.end(), key), end; at != end; ++at) {
    out += (*at)[1].str() + " ";
  }
  std::smatch prefixes;
  std::regex_search(body, prefixes, std::regex("\"prefixes\":\\[([^\\]]*)\\]"));
  out += "| " + prefixes[1].str() + " | ";
  return out + (body.find("\"complete\":true") != std::string::npos ? "all" : "more");
}

std::string cursor_in(const std::string &body) {
  std::smatch match;
  std::regex_search(body, match, std::regex("\"cursor\":\"([^\"]*)\""));
  return match[1].str();
}

// All pages of a list, one brief line each.
std::string pages(Rig &rig, const std::string &query) {
  std::string out;
  std::string cursor;
  do {
    const std::string body =
        rig.body("GET /v1/kv?" + query + (cursor.empty() ? "" : "&cursor=" + cursor));
    out += brief(body) + "\n";
    cursor = cursor_in(body);
  } while (!cursor.empty());
  return out;
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("list: a page shows keys, and by include also meta and values") {
  Rig rig;
  put(rig, "app/color", "red");
  rig.ask("PUT /v1/kv/soon\nNavi-TTL: 1000\n\n1");
  CHECK(rig.body("GET /v1/kv?include=meta&prefix=soon").find("\"expires_at\":\"2") !=
        std::string::npos);
  rig.ask("DELETE /v1/kv/soon");
  const auto shown = [&](const std::string &query) {
    std::string body = rig.body("GET /v1/kv?" + query);
    body = std::regex_replace(body, std::regex("\\$E\\.[0-9]+"), "$$E.R");
    body = std::regex_replace(body, std::regex("_at\":\"[^\"]*Z\""), "_at\":T");
    return std::regex_replace(body, std::regex("\"revision\":[0-9]+"), "\"revision\":R");
  };
  CHECK(shown("") ==
        R"({"items":[{"key":"app/color","etag":"\"$E.R\"","size":3,"type":"text/plain"}],)"
        R"("prefixes":[],"revision":R,"complete":true})");
  CHECK(shown("include=values&encoding=base64") ==
        R"({"items":[{"key64":"YXBwL2NvbG9y","etag":"\"$E.R\"","size":3,"type":"text/plain",)"
        R"("revision":R,"modified_at":T,"value64":"cmVk"}],)"
        R"("prefixes":[],"revision":R,"complete":true})");
  CHECK(shown("prefix=none") == R"({"items":[],"prefixes":[],"revision":R,"complete":true})");
}

TEST_CASE("list: ranges, order and pages") {
  Rig rig;
  for (const char *key : {"a", "b", "b/1", "b/2", "c", "d"}) put(rig, key, "x");
  struct Row {
    std::string query, want;
  };
  const Row rows[] = {
      {"", "a b b/1 b/2 c d |  | all\n"},
      {"prefix=b", "b b/1 b/2 |  | all\n"},
      {"prefix=b&reverse=true", "b/2 b/1 b |  | all\n"},
      {"start=b/1&end=d", "b/1 b/2 c |  | all\n"},
      {"after=b/1", "b/2 c d |  | all\n"},
      {"after=b/1&reverse=true", "b a |  | all\n"},
      {"limit=4", "a b b/1 b/2 |  | more\nc d |  | all\n"},
      {"limit=3", "a b b/1 |  | more\nb/2 c d |  | all\n"},
      {"limit=6", "a b b/1 b/2 c d |  | all\n"},
      {"limit=4&reverse=true", "d c b/2 b/1 |  | more\nb a |  | all\n"},
      {"start=z", "|  | all\n"},
      {"end=a", "|  | all\n"},
  };
  for (const Row &row : rows) {
    CAPTURE(row.query);
    CHECK(pages(rig, row.query) == row.want);
  }
  CHECK(rig.ask("GET /v1/kv?limit=4&cursor=old&limit=4").substr(0, 3) == "400");
  CHECK(rig.ask("GET /v1/kv?cursor=a2I&limit=1")
            .find("\nLink: </v1/kv?limit=1&cursor=a2IvMQ>; rel=\"next\"\n") != std::string::npos);
  CHECK(rig.ask("GET /v1/kv?limit=1&start=\"a\"&end=z<>")
            .find("\nLink: </v1/kv?limit=1&start=%22a%22&end=z%3C%3E&cursor=") !=
        std::string::npos);
  CHECK(rig.ask("GET /v1/kv?limit=4&prefix=")
            .find("\nLink: </v1/kv?limit=4&prefix=&cursor=a2IvMg>; rel=\"next\"\n") !=
        std::string::npos);
}

TEST_CASE("list: a delimiter folds what lies below it, in both directions and over pages") {
  Rig rig;
  for (const char *key : {"a", "b/", "b/1", "b/2/x", "b0", "c//x", "c/y", "d", "e%FF/1"}) {
    put(rig, key, "x");
  }
  struct Row {
    std::string query, want;
  };
  const Row rows[] = {
      {"delimiter=/&end=e", "a b0 d | \"b/\",\"c/\" | all\n"},
      {"delimiter=/&end=e&reverse=true", "d b0 a | \"c/\",\"b/\" | all\n"},
      {"delimiter=/&prefix=b/", "b/ b/1 | \"b/2/\" | all\n"},
      {"delimiter=/&prefix=c/", "c/y | \"c//\" | all\n"},
      {"delimiter=/&end=e&limit=2", "a | \"b/\" | more\nb0 | \"c/\" | more\nd |  | all\n"},
      {"delimiter=/&end=e&limit=2&reverse=true",
       "d | \"c/\" | more\nb0 | \"b/\" | more\na |  | all\n"},
      {"delimiter=//", "a b/ b/1 b/2/x b0 c/y d | \"c//\" | all\n"},
  };
  for (const Row &row : rows) {
    CAPTURE(row.query);
    CHECK(pages(rig, row.query) == row.want);
  }
  CHECK(rig.body("GET /v1/kv?delimiter=/&start=e").find(R"("prefixes64":["Zf8v"])") !=
        std::string::npos);
}

TEST_CASE("list: pages of one entry together equal the whole list") {
  Rig rig;
  unsigned seed = 7;
  for (int i = 0; i < 200; ++i) {
    std::string key = "k";
    for (int j = 0; j < 6; ++j) {
      seed = seed * 1103515245U + 12345U;
      key.push_back("ab/"[(seed >> 20U) % 3]);
    }
    put(rig, key, "x");
  }
  for (const std::string query : {"delimiter=/&prefix=k", "delimiter=/&prefix=k&reverse=true",
                                  "prefix=k&reverse=true", "delimiter=/&prefix=ka"}) {
    CAPTURE(query);
    const std::string whole = brief(rig.body("GET /v1/kv?" + query));
    std::string keys;
    std::string prefixes;
    std::string rest = pages(rig, query + "&limit=1");
    while (!rest.empty()) {
      const std::string line = rest.substr(0, rest.find('\n'));
      rest.erase(0, line.size() + 1);
      const size_t bar = line.find("| ");
      keys += line.substr(0, bar);
      const std::string prefix = line.substr(bar + 2, line.rfind(" |") - bar - 2);
      if (!prefix.empty()) prefixes += (prefixes.empty() ? "" : ",") + prefix;
    }
    CHECK(keys + "| " + prefixes + " | all" == whole);
  }
}

TEST_CASE("list: count, NDJSON and documents show the same range") {
  Rig rig;
  put(rig, "app/color", "red");
  put(rig, "app/db/host", "x y");
  put(rig, "zoo", "1");
  const auto plain = [](std::string text) {
    return std::regex_replace(text, std::regex("\"revision\":[0-9]+"), "\"revision\":R");
  };
  CHECK(plain(rig.body("GET /v1/kv?count=only")) == R"({"count":3,"revision":R})");
  CHECK(plain(rig.body("GET /v1/kv?count=only&prefix=app/")) == R"({"count":2,"revision":R})");
  CHECK(rig.body("GET /v1/kv?prefix=app/&as=json") ==
        "{\"color\":\"red\",\"db\":{\"host\":\"x y\"}}\n");
  CHECK(rig.body("GET /v1/kv?prefix=app/&as=env") == "COLOR=red\nDB_HOST='x y'\n");
  CHECK(rig.body("GET /v1/kv?prefix=app/&as=properties") == "color=red\ndb.host=x y\n");
  std::string lines = rig.body("GET /v1/kv?prefix=app/&delimiter=/\nAccept: application/x-ndjson");
  lines = std::regex_replace(lines, std::regex("\\$E\\.[0-9]+"), "$$E.R");
  CHECK(plain(lines) ==
        "{\"key\":\"app/color\",\"etag\":\"\\\"$E.R\\\"\",\"size\":3,\"type\":\"text/plain\"}\n"
        "{\"prefix\":\"app/db/\"}\n{\"end\":true,\"count\":2,\"revision\":R}\n");
  const std::string documents = "GET /v1/kv?prefix=app/&as=";
  for (const std::string as : {"json", "env", "properties"}) {
    CAPTURE(as);
    CHECK(rig.ask(documents + as).find("\nX-Content-Type-Options: nosniff\n") != std::string::npos);
    CHECK(rig.status(documents + as + "\nAccept: image/png") == "406");
  }
  CHECK(rig.status(documents + "properties\nAccept: text/plain") == "200");
  rig.ask("PUT /v1/kv/app/raw\n\n\xFF");
  const std::string refused = rig.ask(documents + "json");
  CHECK(refused.substr(0, 3) == "406");
  CHECK(refused.find("ETag") == std::string::npos);
}

TEST_CASE("list: NDJSON ends at its limit with a cursor, has a tag of its own, and a head") {
  Rig rig;
  for (const char *key : {"a", "b", "c"}) put(rig, key, "x");
  const std::string lines = "\nAccept: application/x-ndjson";
  const std::string first = rig.body("GET /v1/kv?limit=2" + lines);
  CHECK(first.find("{\"end\":true,\"count\":2,\"revision\":") != std::string::npos);
  const std::string rest = rig.body("GET /v1/kv?cursor=" + cursor_in(first) + lines);
  CHECK(rest.find("{\"key\":\"c\"") == 0);
  CHECK(rest.find("{\"end\":true,\"count\":1,\"revision\":") != std::string::npos);
  CHECK(cursor_in(rest).empty());
  const std::string head = rig.ask("HEAD /v1/kv" + lines);
  CHECK(head.find("Content-Type: application/x-ndjson\n") != std::string::npos);
  CHECK(head.find("-n\"\n") != std::string::npos);
  CHECK(rig.body("HEAD /v1/kv" + lines).empty());
  CHECK(rig.ask("HEAD /v1/kv").find("-n\"\n") == std::string::npos);
}

TEST_CASE("list: NDJSON streams more than one page, whole") {
  Rig rig;
  for (int i = 0; i < 2500; ++i) put(rig, "k" + std::to_string(i), "v");
  const std::string lines = rig.body("GET /v1/kv\nAccept: application/x-ndjson");
  size_t count = 0;
  for (const char c : lines) count += c == '\n' ? 1 : 0;
  CHECK(count == 2501);
  CHECK(lines.find("{\"end\":true,\"count\":2500,") != std::string::npos);
}

TEST_CASE("list: the next page of one that began after a key can be asked for as it is") {
  Rig rig;
  for (const std::string key : {"a", "b", "c", "d"}) put(rig, key, "1");
  const std::string answer = rig.ask("GET /v1/kv?after=a&limit=2");
  const size_t from = answer.find("Link: <") + 7;
  REQUIRE(from >= 7);
  const std::string next = rig.body("GET " + answer.substr(from, answer.find('>', from) - from));
  CHECK(next.find("\"key\":\"d\"") != std::string::npos);
  CHECK(next.find("\"complete\":true") != std::string::npos);
}

TEST_CASE("list: a count behind the last of all keys is none") {
  Rig rig;
  for (const std::string key : {"a", "b"}) put(rig, key, "1");
  CHECK(rig.body("GET /v1/kv?count=only").find("{\"count\":2,") == 0);
  CHECK(rig.body("GET /v1/kv?count=only&cursor=cP8").find("{\"count\":0,") == 0);  // p, 0xFF
}

TEST_CASE("range delete: on a shared store a lost race and a range that is too large say so") {
  Trial trial(NAVI_CAP_SHARED | NAVI_CAP_PERSISTENT);
  Rig rig(Trial::backend());
  for (int i = 0; i < 129; ++i) put(rig, "k" + std::to_string(i), "x");
  const std::string large = rig.body("DELETE /v1/kv?prefix=k&expect=129");
  CHECK(large.find("\"status\":501") != std::string::npos);
  CHECK(large.find("\"limit\":128") != std::string::npos);
  put(rig, "one", "x");
  {
    const navistore::Lock lock(trial.mutex);
    trial.before_scan = [&trial](TrialDisk &) NAVISTORE_REQUIRES(trial.mutex) {
      trial.meddle = [](TrialDisk &disk) { disk.items["one"].revision = ++disk.revision; };
    };
  }
  const std::string raced = rig.body("DELETE /v1/kv?prefix=one&expect=1");
  CHECK(raced.find("\"status\":503") != std::string::npos);
  CHECK(raced.find("\"retryable\":true") != std::string::npos);
  CHECK(raced.find("changed") != std::string::npos);
  CHECK(raced.find("\"count\"") == std::string::npos);
  const navistore::Lock lock(trial.mutex);
  trial.before_scan = nullptr;
}

TEST_CASE("list: wrong parameters are refused by name") {
  Rig rig;
  for (const std::string query : {"limit=0",
                                  "limit=10001",
                                  "limit=x",
                                  "include=all",
                                  "count=yes",
                                  "as=xml",
                                  "delimiter=",
                                  "reverse=1",
                                  "encoding=hex",
                                  "cursor=!",
                                  "prefix=%zz",
                                  "as=json&limit=5",
                                  "count=only&reverse=true",
                                  "count=only&as=json",
                                  "prefix=a&prefix=b",
                                  "count=only&include=values",
                                  "count=only&encoding=base64",
                                  "as=json&include=keys",
                                  "as=env&encoding=text",
                                  "after=a&cursor=a2I",
                                  "as=json&delimiter=/"}) {
    CAPTURE(query);
    CHECK(rig.ask("GET /v1/kv?" + query).find("problem:bad-request") != std::string::npos);
  }
  CHECK(rig.ask("GET /v1/kv?cas=1").find("'cas'") != std::string::npos);
  CHECK(rig.status("GET /v1/kv\nAccept: text/html") == "406");
  CHECK(rig.status("GET /v1/kv\nIf-None-Match: nonsense") == "400");
}

TEST_CASE("range delete: counts, compares, deletes") {
  Rig rig;
  for (int i = 0; i < 5; ++i) put(rig, "app/" + std::to_string(i), "x");
  put(rig, "zoo", "1");
  const auto plain = [](std::string text) {
    return std::regex_replace(text, std::regex("\"revision\":[0-9]+"), "\"revision\":R");
  };
  CHECK(plain(rig.body("DELETE /v1/kv?prefix=app/&dry_run=true")) ==
        R"({"deleted":0,"count":5,"dry_run":true,"revision":R})");
  CHECK(rig.body("DELETE /v1/kv?prefix=app/&expect=4").find("\"status\":412") != std::string::npos);
  CHECK(rig.body("DELETE /v1/kv?prefix=app/&expect=4").find("\"count\":5}") != std::string::npos);
  CHECK(rig.body("DELETE /v1/kv?prefix=app/&dry_run=true&expect=4").find("\"count\":5}") !=
        std::string::npos);
  CHECK(rig.status("DELETE /v1/kv?prefix=app/&dry_run=true&expect=5") == "200");
  CHECK(plain(rig.body("DELETE /v1/kv?prefix=app/&expect=1&cursor=a2FwcC8z&dry_run=true")) ==
        R"({"deleted":0,"count":1,"dry_run":true,"revision":R})");
  for (const std::string request :
       {"DELETE /v1/kv", "DELETE /v1/kv?prefix=", "DELETE /v1/kv?all=false",
        "DELETE /v1/kv?prefix=app/\nIf-Match: *", "DELETE /v1/kv?prefix=app/&start=a",
        "DELETE /v1/kv?prefix=app/&dry_run=yes"}) {
    CAPTURE(request);
    CHECK(rig.status(request) == "400");
  }
  CHECK(rig.dump() == "app/0=x app/1=x app/2=x app/3=x app/4=x zoo=1");
  CHECK(plain(rig.body("DELETE /v1/kv?prefix=app/&expect=5")) ==
        R"({"deleted":5,"revision":R,"atomic":true})");
  CHECK(rig.dump() == "zoo=1");
  CHECK(rig.status("DELETE /v1/kv?all=true") == "200");
  CHECK(rig.dump().empty());
}

TEST_SUITE_END();
