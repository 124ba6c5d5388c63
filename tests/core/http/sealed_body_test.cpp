// SPDX-License-Identifier: Apache-2.0
// Bodies that are sent from a file in memory.
#include "core/http/sealed_body.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "core/descriptor.hpp"
#include "core/http/output_queue.hpp"
#include "core/http/socket.hpp"
#include "tests/core/http/certificates.hpp"
#include "tests/core/http/resources.hpp"
#include "tests/core/http/test_server.hpp"
#include "tests/core/http/tls_client.hpp"
#include "tests/support/scratch_dir.hpp"

using navistore::Descriptor;
using namespace navistore::http;
using namespace navistore::http::testing;

namespace {

constexpr size_t kSize = 3'000'000;  // more than a socket takes at once
const std::string kSealed = "GET /sealed?3000000 HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kHello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

// Sealed bodies between others, all asked for at once.
const std::string kMixed = kHello + kSealed + kSealed +
                           "HEAD /sealed?3000000 HTTP/1.1\r\nHost: a\r\n\r\n" + kHello +
                           "GET /big?20000 HTTP/1.1\r\nHost: a\r\n\r\n" + kSealed;

std::string answer(const std::string &body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string mixed_answers() {
  const std::string sealed = answer(pattern(kSize));
  const std::string head = sealed.substr(0, sealed.size() - kSize);
  return answer("hello") + sealed + sealed + head + answer("hello") +
         answer(std::string(20'000, 'x')) + sealed;
}

constexpr size_t kDateLine = 37;

std::string all_in(int socket) {
  std::string text(size_t{1} << 20, '\0');
  const ssize_t got = ::recv(socket, text.data(), text.size(), MSG_DONTWAIT);
  text.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return text;
}

// Sends head and file through a socket that holds filler bytes and has little room for more.
// Returns what that was said to be, as far as it came.
Transfer::Status sent_beside(size_t filler, const std::string &head, const SealedBody &body) {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  const Descriptor near_end(ends[0]);
  const Descriptor far_end(ends[1]);
  const int least = 1;  // the kernel's minimum
  ::setsockopt(near_end.get(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
  std::string expected;
  while (expected.size() < filler && ::send(near_end.get(), "f", 1, 0) == 1) expected += 'f';
  const iovec piece{const_cast<char *>(head.data()), head.size()};
  const FilePiece file{body.descriptor(), 0, body.bytes().size()};
  const Transfer transfer = send_plain(near_end.get(), &piece, 1, file);
  CHECK((transfer.bytes > 0) == (transfer.status == Transfer::Status::kDone));
  expected.append((head + std::string(body.bytes())).substr(0, transfer.bytes));
  CHECK(all_in(far_end.get()) == expected);
  return transfer.status;
}

}  // namespace

TEST_SUITE("core/http/sealed_body") {
  TEST_CASE("sealed: it holds the bytes, and nobody can change them") {
    const std::string text = pattern(100'000);
    const SealedBodyPtr body = SealedBody::make(text);
    REQUIRE(body);
    CHECK(body->bytes() == text);
    CHECK(::pwrite(body->descriptor(), "x", 1, 0) == -1);
    CHECK(errno == EPERM);
    CHECK(::ftruncate(body->descriptor(), 1) == -1);
    CHECK(::ftruncate(body->descriptor(), 200'000) == -1);
    CHECK(::mmap(nullptr, 1, PROT_WRITE, MAP_SHARED, body->descriptor(), 0) == MAP_FAILED);
    CHECK(body->bytes() == text);
  }

  TEST_CASE("sealed: without a descriptor there is none") {
    const FewDescriptors few(1);
    std::vector<Descriptor> taken;
    do {
      taken.emplace_back(::dup(0));
    } while (taken.back().valid());
    CHECK(SealedBody::make("x") == nullptr);
  }

  TEST_CASE("sealed: what is said to be sent was sent, wherever the socket is full") {
    const SealedBodyPtr body = SealedBody::make(pattern(100'000));
    for (const size_t head : {size_t{64}, size_t{100'000}}) {
      size_t filler = 0;
      while (sent_beside(filler, pattern(head), *body) == Transfer::Status::kDone) ++filler;
      CHECK(filler > 0);
    }
  }

  TEST_CASE("sealed: answers leave whole and in order, on every kind of socket") {
    const navistore::test::ScratchDir dir;
    ServerOptions options;
    options.listen = {{"127.0.0.1:0"}, {"unix:" + (dir / "socket")}};
    const TestServer server(std::move(options));
    for (const size_t listener : {size_t{0}, size_t{1}}) {
      RawClient client(server.address(listener));
      client.send(kMixed).half_close();
      CHECK(without_date(client.receive_all()) == mixed_answers());
    }
  }

  TEST_CASE("sealed: and over TLS") {
    const Certificates certificates;
    ServerOptions options;
    options.listen = {{"127.0.0.1:0", nullptr, true}};
    options.tls = {certificates.certificate("server"), certificates.key("server"), ""};
    const TestServer server(std::move(options));
    TlsClient client(server.address(), certificates.authority());
    client.send(kMixed);
    const std::string expected = mixed_answers();
    CHECK(without_date(client.receive(expected.size() + 7 * kDateLine)) == expected);
  }

  TEST_CASE("sealed: a client that takes it slowly gets it whole, and delays nobody") {
    ServerOptions options;
    options.threads = 1;
    const TestServer server(std::move(options));
    RawClient slow = server.connect(4096);
    slow.send(kSealed + kHello);
    CHECK(becomes_true([&] { return server.counters().bytes_out > 0; }));
    for (int i = 0; i < 100; ++i) REQUIRE(statuses(server.ask(kHello)) == "200");
    slow.half_close();
    CHECK(without_date(slow.receive_all()) == answer(pattern(kSize)) + answer("hello"));
  }

  TEST_CASE("sealed: clients that go in its middle leave nothing behind") {
    ServerOptions options;
    options.threads = 1;
    const TestServer server(std::move(options));
    CHECK(statuses(server.ask(kHello)) == "200");
    const size_t before = open_descriptors();
    for (int i = 0; i < 20; ++i) {
      RawClient client = server.connect(4096);
      client.send(kSealed);
      CHECK(client.receive(1000).size() == 1000);
      client.reset();
    }
    CHECK(becomes_true([&] { return open_descriptors() == before; }));
    CHECK(statuses(server.ask(kHello)) == "200");
  }
}
