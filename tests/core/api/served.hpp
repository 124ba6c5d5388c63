// SPDX-License-Identifier: Apache-2.0
// A service behind real sockets, and what is sent to it.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "core/http/server.hpp"
#include "tests/core/api/driver.hpp"
#include "tests/core/http/raw_client.hpp"

namespace navistore::api::testing {

struct Served {
  explicit Served(const host::Backend &backend, ServiceOptions service_options = {},
                  store::StoreOptions store_options = {}, http::ServerOptions options = {})
      : rig(backend, std::move(store_options), std::move(service_options)) {
    options.listen.push_back({"127.0.0.1:0", &rig.service(), false});
    options.threads = 2;
    auto started = http::Server::start(std::move(options));
    REQUIRE(started.ok());
    server = std::move(started).value();
  }
  http::testing::RawClient connect() const {
    return http::testing::RawClient(server->addresses().front());
  }
  uint16_t port() const {
    const std::string address = server->addresses().front();
    return static_cast<uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
  }

  Rig rig;
  std::unique_ptr<http::Server> server;
};

inline std::string request(const std::string &line, const std::string &fields,
                           const std::string &body) {
  return line + " HTTP/1.1\r\nHost: x\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Status and body: "200 red".
inline std::string brief(const std::string &answer) {
  const size_t body = answer.find("\r\n\r\n");
  return answer.substr(9, 3) + " " + (body == std::string::npos ? "" : answer.substr(body + 4));
}

}  // namespace navistore::api::testing
