// SPDX-License-Identifier: Apache-2.0
// Slow and rude clients: others are still served, and what they held comes back.
#include <dirent.h>
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/core/http/test_server.hpp"

using namespace navistore::http;
using namespace navistore::http::testing;
using namespace std::chrono_literals;

namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

// AddressSanitizer keeps what was freed in a quarantine of up to 256 MiB.
#if defined(__has_feature)  // clang's way to say __SANITIZE_ADDRESS__
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1  // NOLINT(bugprone-reserved-identifier): gcc's name for it
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kMemorySlack = size_t{300} * 1024 * 1024;
#else
constexpr size_t kMemorySlack = size_t{8} * 1024 * 1024;
#endif

size_t open_descriptors() {
  size_t count = 0;
  DIR *directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) ++count;  // NOLINT(concurrency-mt-unsafe): own DIR
  ::closedir(directory);
  return count;
}

size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

std::chrono::microseconds cpu_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

ServerOptions one_worker() {
  ServerOptions options;
  options.threads = 1;
  return options;
}

bool all_gone(const TestServer &server) {
  return becomes_true([&] { return server.counters().connections == 0; });
}

// Holds the process to as many descriptors as are open now, and some.
class FewDescriptors {
 public:
  explicit FewDescriptors(size_t more) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(::dup(0)) + more;
    ::close(static_cast<int>(few.rlim_cur - more));
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors &) = delete;
  FewDescriptors &operator=(const FewDescriptors &) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_SUITE("core/http/fairness") {
  TEST_CASE(
      "slow reader: a value of 64 MiB costs no CPU while it is not taken, and delays nobody") {
    TestServer server(one_worker());
    RawClient slow = server.connect(4096);
    slow.send("GET /big?67108864 HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(becomes_true([&] { return server.counters().requests == 1; }));
    RawClient other = server.connect();
    CHECK(statuses(other.send(kGet).receive_answer()) == "200");
    const auto before = cpu_time();
    CHECK_FALSE(other.wait_readable(500ms));
    CHECK(cpu_time() - before < 100ms);
    for (int i = 0; i < 100; ++i) REQUIRE(statuses(other.send(kGet).receive_answer()) == "200");
    CHECK(slow.receive_through("\r\n\r\n").find("67108864") != std::string::npos);
    CHECK(slow.receive(67108864).size() == 67108864);
  }

  TEST_CASE("slow writer: others are served between its bytes") {
    TestServer server(one_worker());
    RawClient slow = server.connect();
    RawClient other = server.connect();
    for (const char c : kGet) {
      slow.send({&c, 1});
      REQUIRE(statuses(other.send(kGet).receive_answer()) == "200");
    }
    CHECK(statuses(slow.receive_answer()) == "200");
  }

  TEST_CASE("endless writer: others are served beside an upload without end") {
    TestServer server(one_worker());
    RawClient upload = server.connect();
    upload.send("PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 4294967296\r\n\r\n");
    std::atomic<bool> stop{false};
    std::thread writer([&] {
      const std::string part(1 << 20, 'x');
      while (!stop) upload.send_until_full(part);
    });
    RawClient other = server.connect();
    for (int i = 0; i < 100; ++i) REQUIRE(statuses(other.send(kGet).receive_answer()) == "200");
    stop = true;
    writer.join();
  }

  TEST_CASE("half-close: what was asked is answered, at once or later") {
    TestServer server;
    CHECK(statuses(server.ask(kGet + kGet)) == "200 200");
    RawClient client = server.connect();
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n").half_close();
    server.handler.take_responder()->send(make_response(200, "late"));
    CHECK(client.receive_all().find("late") != std::string::npos);
    CHECK(all_gone(server));
  }

  TEST_CASE("reset: in the middle of an answer, of a body, and while an answer is made") {
    TestServer server;
    std::atomic<int> gone{0};
    for (int i = 0; i < 20; ++i) {
      RawClient reading = server.connect(4096);
      reading.send("GET /big?4000000 HTTP/1.1\r\nHost: a\r\n\r\n");
      CHECK(reading.receive(100).size() == 100);
      reading.reset();
      RawClient writing = server.connect();
      writing.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab").reset();
      RawClient waiting = server.connect();
      waiting.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
      const auto responder = server.handler.take_responder();
      responder->on_gone([&](Responder::Gone) { ++gone; });
      waiting.reset();
      CHECK(becomes_true([&] { return gone == i + 1; }));
      responder->send(make_response(200, "nobody"));
    }
    CHECK(all_gone(server));
    CHECK(statuses(server.ask(kGet)) == "200");
  }

  TEST_CASE("short connections: 10,000 leave neither descriptors nor memory behind") {
    TestServer server;
    for (int i = 0; i < 500; ++i) server.ask(kGet);  // buffers and tables have their size then
    CHECK(all_gone(server));
    const size_t descriptors = open_descriptors();
    const size_t resident = resident_bytes();
    for (int i = 0; i < 10'000; ++i) REQUIRE(statuses(server.ask(kGet)) == "200");
    CHECK(all_gone(server));
    CHECK(server.counters().accepted == 10'500);
    CHECK(becomes_true([&] { return open_descriptors() == descriptors; }));
    CHECK(resident_bytes() < resident + kMemorySlack);
  }

  TEST_CASE("streams: 1,000 at a time get their parts, and leave nothing behind") {
    TestServer server;
    const size_t descriptors = open_descriptors();
    std::vector<RawClient> clients;
    std::vector<std::shared_ptr<Stream>> streams;
    for (int i = 0; i < 1000; ++i) {
      clients.push_back(server.connect());
      clients.back().send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
      streams.push_back(server.handler.take_responder()->stream(make_response(200, "")));
    }
    for (int round = 0; round < 10; ++round) {
      for (const auto &stream : streams) CHECK(stream->write("event") == Stream::State::kOpen);
      CHECK(statuses(server.ask(kGet)) == "200");
    }
    for (const auto &stream : streams) stream->end();
    std::string expected;
    for (int round = 0; round < 10; ++round) expected += "5\r\nevent\r\n";
    for (RawClient &client : clients) {
      CHECK(client.receive_through("\r\n\r\n").find("chunked") != std::string::npos);
      CHECK(client.receive(expected.size() + 5) == expected + "0\r\n\r\n");
    }
    clients.clear();
    CHECK(all_gone(server));
    CHECK(becomes_true([&] { return open_descriptors() == descriptors; }));
  }

  TEST_CASE("descriptors: without any left the server neither spins nor dies") {
    TestServer server(one_worker());  // another could catch the reserve while it is free
    RawClient known = server.connect();
    CHECK(statuses(known.send(kGet).receive_answer()) == "200");
    {
      const FewDescriptors few(1);  // for the client below, and none for the server
      const auto before = cpu_time();
      RawClient refused = server.connect();
      CHECK(refused.receive_all().empty());  // shed by the reserve descriptor
      CHECK(cpu_time() - before < 200ms);
      CHECK(statuses(known.send(kGet).receive_answer()) == "200");
    }
    CHECK(statuses(server.ask(kGet)) == "200");
  }
}
