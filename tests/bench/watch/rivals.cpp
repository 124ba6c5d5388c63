// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/watch/rivals.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "tests/bench/watch/crowd.hpp"
#include "tests/bench/watch/samples.hpp"

namespace navistore::bench {
namespace {

std::string base64(std::string_view bytes) {  // of a multiple of three bytes
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i + 2 < bytes.size(); i += 3) {
    const auto at = [&](size_t n) { return unsigned{static_cast<unsigned char>(bytes[i + n])}; };
    const unsigned bits = at(0) << 16U | at(1) << 8U | at(2);
    for (unsigned shift = 24; shift != 0;) text.push_back(kDigits[bits >> (shift -= 6) & 63U]);
  }
  return text;
}

std::string request(const std::string &line, const std::string &fields, const std::string &body) {
  std::string text = line + " HTTP/1.1\r\nHost: x\r\n" + fields;
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

// Reads until the text holds mark. whose: named when the server ends it.
void read_through(int socket, std::string &text, std::string_view mark, const std::string &whose) {
  std::array<char, 64 * 1024> part;
  while (text.find(mark) == std::string::npos) {
    const ssize_t n = ::recv(socket, part.data(), part.size(), 0);
    if (n <= 0) {
      std::fprintf(stderr, "%s ended: %s\n", whose.c_str(), text.c_str());
      std::exit(1);
    }
    text.append(part.data(), static_cast<size_t>(n));
  }
}

class Runner {
 public:
  explicit Runner(const Rival &rival) : rival_(rival), watcher_(connect_to(rival.port)) {
    writer_ = connect_to(rival_.port);
    send_all(writer_, put("start-000"));  // so that the key is there
    take_answer();
    ::close(writer_);
    send_all(watcher_, watch());
    std::string head;
    const bool confirms = rival.api == Rival::Api::kEtcd3;
    read_through(watcher_, head, confirms ? "\"created\":true" : "\r\n\r\n",
                 rival_.name + ": its watch");
    if (head.compare(0, 12, "HTTP/1.1 200") != 0) {
      std::fprintf(stderr, "%s: its watch was refused: %s\n", rival_.name.c_str(), head.c_str());
      std::exit(1);
    }
  }
  ~Runner() { ::close(watcher_); }
  Runner(const Runner &) = delete;
  Runner &operator=(const Runner &) = delete;

  // Each turn has a connection of its own for its PUTs: a server may close one that is idle while
  // the others have their turns.
  void run(int puts) {
    writer_ = connect_to(rival_.port);
    for (int i = 0; i < puts; ++i) {
      char value[16];
      std::snprintf(value, sizeof value, "v%08d", next_++ % 100'000'000);
      const std::string bytes = put(value);
      const bool coded = rival_.api == Rival::Api::kEtcd3;
      std::string seen;
      const uint64_t sent = now_ns();
      send_all(writer_, bytes);
      read_through(watcher_, seen, coded ? base64(value) : value, rival_.name + ": its watch");
      samples.add(now_ns() - sent);
      take_answer();
    }
    ::close(writer_);
  }

  Samples samples;

 private:
  std::string put(const std::string &value) const {
    switch (rival_.api) {
      case Rival::Api::kNavistore: return request("PUT /v1/kv/watched", "", value);
      case Rival::Api::kEtcd2:
        return request("PUT /v2/keys/watched",
                       "Content-Type: application/x-www-form-urlencoded\r\n", "value=" + value);
      case Rival::Api::kEtcd3: break;
    }
    return request("POST /v3/kv/put", "",
                   R"({"key":"d2F0Y2hlZCEh","value":")" + base64(value) + R"("})");
  }
  std::string watch() const {
    switch (rival_.api) {
      case Rival::Api::kNavistore: return request("GET /v1/watch?key=watched", "", "");
      case Rival::Api::kEtcd2: return request("GET /v2/keys/watched?wait=true&stream=true", "", "");
      case Rival::Api::kEtcd3: break;
    }
    return request("POST /v3/watch", "", R"({"create_request":{"key":"d2F0Y2hlZCEh"}})");
  }
  // An answer with Content-Length.
  void take_answer() const {
    std::string answer;
    read_through(writer_, answer, "\r\n\r\n", rival_.name + ": the connection of a PUT");
    const size_t body = answer.find("\r\n\r\n") + 4;
    const size_t length = answer.find("Content-Length: ");
    const size_t size = std::strtoull(answer.c_str() + length + 16, nullptr, 10);
    std::array<char, 4096> part;
    while (answer.size() < body + size) {
      const ssize_t n = ::recv(writer_, part.data(), part.size(), 0);
      if (n <= 0) std::exit(1);
      answer.append(part.data(), static_cast<size_t>(n));
    }
  }

  const Rival rival_;
  const int watcher_;
  int writer_ = -1;
  int next_ = 1;
};

}  // namespace

void measure_latency(const std::vector<Rival> &rivals, int rounds, int puts) {
  std::vector<std::unique_ptr<Runner>> runners;
  runners.reserve(rivals.size());
  for (const Rival &rival : rivals) runners.push_back(std::make_unique<Runner>(rival));
  for (const auto &runner : runners) runner->run(puts);  // warm-up
  for (const auto &runner : runners) runner->samples = {};
  for (int round = 0; round < rounds; ++round) {
    for (const auto &runner : runners) runner->run(puts);
  }
  for (size_t i = 0; i < rivals.size(); ++i) {
    std::printf("latency %-18s PUT to event: %s (%zu puts)\n", rivals[i].name.c_str(),
                runners[i]->samples.text().c_str(), runners[i]->samples.count());
  }
}

}  // namespace navistore::bench
