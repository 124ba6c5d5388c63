// SPDX-License-Identifier: Apache-2.0
#include "tests/core/classic/served.hpp"

#include <stdexcept>
#include <utility>

#include "tests/core/http/raw_client.hpp"

namespace navistore::classic::testing {
namespace {

std::unique_ptr<replication::Replication> replication_of(store::Store &store) {
  auto opened = replication::Replication::open(store, {});
  if (!opened) throw std::runtime_error(opened.error().message);
  return std::move(opened).value();
}

// What stands between two texts, or nothing.
std::string between(const std::string &text, const std::string &before, const std::string &after) {
  const size_t start = text.find(before);
  if (start == std::string::npos) return {};
  const size_t from = start + before.size();
  return text.substr(from, text.find(after, from) - from);
}

}  // namespace

Served::Served(const host::Backend &backend, Options options)
    : store_(store::testing::open_store(backend, store::testing::options_in(directory_))),
      replication_(replication_of(*store_)),
      handler_(*store_, *replication_, options) {
  http::ServerOptions http;
  http.listen.push_back({"127.0.0.1:0", &handler_, false});
  http.threads = 2;
  auto started = http::Server::start(std::move(http));
  if (!started) throw std::runtime_error(started.error().message);
  server_ = std::move(started).value();
}

std::string Served::send(const std::string &bytes) {
  http::testing::RawClient client(server_->addresses().front());
  client.send(bytes);
  client.half_close();
  return client.receive_all();
}

std::string Served::ask(const std::string &method, const std::string &target,
                        const std::string &body, const std::vector<std::string> &fields) {
  std::string request = method + " " + target + " HTTP/1.1\r\nHost: x\r\n";
  for (const std::string &field : fields) request += field + "\r\n";
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  const std::string answer = send(request + "\r\n" + body);
  const std::string status = answer.substr(9, 3);
  const size_t end = answer.find("\r\n\r\n");
  if (status == "200") return status + " " + answer.substr(end + 4);
  return status + " " + between(answer, "<title>" + status + " - ", "</title>");
}

}  // namespace navistore::classic::testing
