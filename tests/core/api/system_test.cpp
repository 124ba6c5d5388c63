// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <regex>
#include <sstream>

#include "tests/core/api/driver.hpp"
#include "tests/core/store/support/trial_backend.hpp"

using namespace navistore::api;
using navistore::store::testing::memory_backend;
using navistore::store::testing::Trial;
using testing::Rig;

TEST_SUITE_BEGIN("core/api");

TEST_CASE("system: live, ready, and not ready while draining") {
  Rig rig;
  CHECK(rig.body("GET /livez") == R"({"status":"live"})");
  CHECK(rig.body("GET /readyz") == R"({"status":"ready"})");
  CHECK(rig.body("GET /readyz?verbose") ==
        R"({"status":"ready","checks":)"
        R"({"backend":"ok","replication":"ok","disk":"ok","lifecycle":"ok"}})");
  rig.service().set_draining();
  CHECK(rig.body("GET /readyz") ==
        R"({"type":"urn:navistore:problem:draining","title":"Draining","status":503,)"
        R"("detail":"not ready","request_id":"t","retryable":true,)"
        R"("checks":{"backend":"ok","replication":"ok","disk":"ok","lifecycle":"draining"}})");
  CHECK(rig.status("GET /livez") == "200");
}

TEST_CASE("system: with too little free space the server is not ready, and the body says so, too") {
  Rig rig;
  ServiceOptions options;
  options.data_dir = "/";
  options.least_free_bytes = 0;
  rig.restart_service(options);
  CHECK(rig.body("GET /readyz") == R"({"status":"ready"})");
  options.least_free_bytes = UINT64_MAX;
  rig.restart_service(options);
  const std::string answer = rig.ask("GET /readyz");
  CHECK(answer.substr(0, 4) == "503\n");
  CHECK(answer.find("\nRetry-After: 1\n") != std::string::npos);
  CHECK(answer.find(R"("type":"urn:navistore:problem:backend-unavailable",)") != std::string::npos);
  CHECK(answer.find(R"("status":503,"detail":"not ready",)") != std::string::npos);
  CHECK(answer.find(
            R"("retryable":true,"checks":{"backend":"ok","replication":"ok","disk":"only )") !=
        std::string::npos);
}

// A port that was bound and is not listened at: nothing else answers there meanwhile.
class ClosedPort {
 public:
  ClosedPort() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0);
    socklen_t size = sizeof address;
    REQUIRE(getsockname(socket_, reinterpret_cast<sockaddr *>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~ClosedPort() { close(socket_); }
  ClosedPort(const ClosedPort &) = delete;
  ClosedPort &operator=(const ClosedPort &) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  const int socket_;
  uint16_t port_ = 0;
};

TEST_CASE("system: a peer that is away is told of, and the server is ready all the same") {
  Rig rig;
  const ClosedPort nobody;
  auto replication = navistore::replication::Replication::open(rig.store(), {});
  REQUIRE(replication);
  ServiceOptions options;
  options.replication = replication.value().get();
  rig.restart_service(options);
  navistore::replication::Peer peer;
  peer.id = "b";
  peer.url = nobody.url();
  REQUIRE(replication.value()->set_peers(peer.kind, {peer}));
  std::string shown;
  CHECK(navistore::store::testing::eventually([&] {
    shown = rig.body("GET /readyz?verbose");
    return shown.find("\"replication\":\"peer b retrying (") != std::string::npos;
  }));
  CAPTURE(shown);
  CHECK(shown.find("\"status\":\"ready\"") != std::string::npos);
  rig.restart_service({});
}

TEST_CASE("system: info tells limits and capabilities, conformance its report") {
  auto backend = memory_backend();
  CHECK(Rig(backend).status("GET /v1/conformance") == "404");
  backend.report_json = R"({"cases":[]})";
  backend.report_junit = "<testsuites/>";
  Rig rig(backend);
  CHECK(rig.body("GET /v1/conformance") == R"({"cases":[]})");
  CHECK(rig.body("GET /v1/conformance\nAccept: application/xml") == "<testsuites/>");
  CHECK(rig.status("GET /v1/conformance\nAccept: text/html") == "406");
  const std::string info = rig.body("GET /v1/info");
  for (const std::string part :
       {R"({"version":"1.0.0","abi":"navistore.store/1","backend":{"id":)", R"("persistent":false)",
        R"("key_bytes":1024,"value_bytes":1048576,"body_bytes":16777216)",
        R"("transaction_conditions":128,"transaction_operations":128)",
        R"("capabilities":{"persistent":false,"shared":false,"fast_reads":true,"fast_writes":true,)"
        R"("full_history":true,"changes":true,"watch":true,"upkeep":true})",
        R"("conformance":"skipped")", R"("bulk_items":10000,"list_items":10000,)",
        R"("list_page_bytes":4194304,)",
        R"("waiting_requests":10000,"watchers":10000,"wait_seconds":600})",
        R"("durability":"relaxed","history":"full","expire_events":true,"read_only":false,)",
        R"("epoch":"$E","revision":0})"}) {
    CAPTURE(part);
    CHECK(info.find(part) != std::string::npos);
  }
}

TEST_CASE("system: metrics count what was answered, by resource and status") {
  Rig rig;
  rig.ask("PUT /v1/kv/a\n\n1");
  rig.ask("GET /v1/kv/a");
  rig.ask("GET /v1/kv/a");
  rig.ask("GET /v1/kv/none");
  const std::string text = rig.body("GET /metrics");
  for (const std::string line :
       {"navistore_http_requests_total{route=\"item\",code=\"200\"} 2\n",
        "navistore_http_requests_total{route=\"item\",code=\"201\"} 1\n",
        "navistore_http_requests_total{route=\"item\",code=\"404\"} 1\n",
        "navistore_http_request_duration_seconds_count{route=\"item\"} 4\n",
        "navistore_http_request_duration_seconds_bucket{route=\"item\",le=\"+Inf\"} 4\n",
        "navistore_store_up 1\n", "navistore_store_items 1\n"}) {
    CAPTURE(line);
    CHECK(text.find(line) != std::string::npos);
  }
  // Each line of the format: a comment, or name, labels and a number.
  std::istringstream lines(text);
  const std::regex format("#.*|[a-z_:]+(\\{[^}]*\\})? [0-9.e+-]+");
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(std::regex_match(line, format));
  }
}

TEST_CASE("system: a reset empties the store and makes every old version void") {
  Rig rig;
  const std::string before = rig.epoch();
  rig.ask("PUT /v1/kv/a\n\n1");
  const std::string json = "\nContent-Type: application/json\n\n";
  CHECK(rig.body("POST /v1/admin/reset" + json).find("{\"epoch\":\"$E\",\"revision\":") == 0);
  CHECK(rig.epoch() != before);
  CHECK(rig.dump().empty());
  CHECK(rig.status("GET /v1/kv/a\nNavi-Min-Revision: " + before + ".1") == "503");
}

TEST_CASE("system: a reset or a compaction whose body asks for something does nothing") {
  Rig rig;
  rig.ask("PUT /v1/kv/a\n\n1");
  const std::string epoch = rig.epoch();
  for (const std::string path : {"/v1/admin/reset", "/v1/admin/compact"}) {
    for (const std::string body :
         {"{", "null", "[]", "\"\"", "{\"dry_run\":true}", "{} {}", " ", "{}\n{}\n"}) {
      CAPTURE(path);
      CAPTURE(body);
      for (const std::string type : {"json", "x-ndjson"}) {
        const std::string answer =
            rig.ask("POST " + path + "\nContent-Type: application/" + type + "\n\n" + body);
        CHECK(answer.find("\"type\":\"urn:navistore:problem:bad-request\"") != std::string::npos);
      }
    }
    const std::string json = "POST " + path + "\nContent-Type: application/json\n\n";
    CHECK(rig.body(json + "{\"dry_run\":true}").find("dry_run") != std::string::npos);
    CHECK(rig.status(json + "{" + std::string(100'000, ' ') + "}") == "400");
  }
  CHECK(rig.dump() == "a=1");
  CHECK(rig.epoch() == epoch);
  const std::string json = "\nContent-Type: application/json\n\n";
  CHECK(rig.status("POST /v1/admin/compact" + json + "{}") == "200");
  CHECK(rig.status("POST /v1/admin/compact" + json) == "200");
  CHECK(rig.status("POST /v1/admin/reset" + json + " {\n} ") == "200");
  CHECK(rig.dump().empty());
}

TEST_CASE("system: a request id is repeated only where it can do no harm in a log") {
  Rig rig;
  const auto repeated = [&](const std::string &id) {
    const std::string answer = rig.start("GET /livez\nX-Request-Id: " + id).text();
    return answer.find("\r\nX-Request-Id: " + id + "\r\n") != std::string::npos;
  };
  CHECK(repeated("aZ9-_.:/+=@"));
  CHECK(repeated(std::string(128, 'i')));
  CHECK_FALSE(repeated(std::string(129, 'i')));
  CHECK_FALSE(repeated("two words"));
  CHECK_FALSE(repeated("\"quoted\""));
}

TEST_CASE("system: a compaction that failed does not claim that nothing was changed") {
  Trial trial(NAVI_CAP_PERSISTENT);
  Rig rig(Trial::backend());
  {
    const navistore::Lock lock(trial.mutex);
    trial.compact_status = NAVI_IO;
  }
  const std::string answer = rig.body("POST /v1/admin/compact\nContent-Type: application/json\n\n");
  CHECK(answer.find("urn:navistore:problem:outcome-unknown") != std::string::npos);
  CHECK(answer.find("nothing was changed") == std::string::npos);
}

TEST_CASE("system: every answer carries its revision and the request's id") {
  Rig rig;
  for (const std::string request : {"GET /v1/kv/a", "GET /v1/kv", "GET /nothing", "GET /livez"}) {
    CAPTURE(request);
    const std::string answer = rig.start(request).text();
    CHECK(answer.find("\r\nX-Request-Id: t\r\n") != std::string::npos);
    CHECK(answer.find("Navi-Revision: " + rig.epoch() + ".") != std::string::npos);
  }
}

TEST_SUITE_END();
