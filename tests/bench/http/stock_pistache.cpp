// SPDX-License-Identifier: Apache-2.0
// The yardstick of http_bench: Pistache as its own examples use it. usage: http-bench-stock PORT
// The Connection header is set by hand, since without it this version closes slowly or never.
#include <pistache/endpoint.h>

#include <cstdlib>
#include <string>

namespace {

class Hello final : public Pistache::Http::Handler {
  HTTP_PROTOTYPE(Hello)
  void onRequest(const Pistache::Http::Request &,
                 Pistache::Http::ResponseWriter response) override {
    response.send(Pistache::Http::Code::Ok, std::string(100, 'v'));
  }
};

}  // namespace

int main(int argc, char **argv) {
  const auto port = static_cast<uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  Pistache::Http::Endpoint server(
      Pistache::Address(Pistache::Ipv4::loopback(), Pistache::Port(port)));
  server.init(
      Pistache::Http::Endpoint::options().threads(2).flags(Pistache::Tcp::Options::ReuseAddr));
  server.setHandler(Pistache::Http::make_handler<Hello>());
  server.serve();
}
