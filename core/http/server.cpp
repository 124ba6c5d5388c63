// SPDX-License-Identifier: Apache-2.0
#include "core/http/server.hpp"

#include <pistache/reactor.h>

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>

#include "core/http/engine.hpp"
#include "core/http/worker.hpp"

namespace navistore::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class ReactorServer final : public Server {
 public:
  explicit ReactorServer(ServerOptions options) : engine_(std::move(options)) {}
  ~ReactorServer() override;
  ReactorServer(const ReactorServer &) = delete;
  ReactorServer &operator=(const ReactorServer &) = delete;

  Outcome listen();
  void run();

  std::vector<std::string> addresses() const override;
  bool drain(milliseconds limit) override;
  Outcome reload_tls() override;
  ServerCounters counters() const override;

 private:
  bool wait_until_empty(steady_clock::time_point limit) NAVISTORE_EXCLUDES(engine_.mutex);

  Engine engine_;
  std::vector<std::string> addresses_;
  std::shared_ptr<Pistache::Aio::Reactor> reactor_;
};

ReactorServer::~ReactorServer() {
  if (reactor_) reactor_->shutdown();
  reactor_.reset();  // joins the workers, and destroys them
}

Outcome ReactorServer::listen() {
  for (const ListenOptions &options : engine_.options.listen) {
    if (options.handler == nullptr) return Error{Code::kInvalid, "a listener has no handler"};
    if (options.tls) return Error{Code::kUnsupported, "TLS"};
    Result<Listener> listener = Listener::open(options, engine_.options.backlog);
    if (!listener) return std::move(listener).error();
    engine_.listeners.push_back(std::move(listener).value());
    addresses_.push_back(engine_.listeners.back().address());
  }
  return Done{};
}

void ReactorServer::run() {
  unsigned threads = engine_.options.threads;
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  reactor_ = Pistache::Aio::Reactor::create();
  reactor_->init(Pistache::Aio::AsyncContext(threads, "http"));
  reactor_->addHandler(std::make_shared<Worker>(std::make_shared<InputHandler>(), engine_));
  reactor_->run();
}

std::vector<std::string> ReactorServer::addresses() const { return addresses_; }

bool ReactorServer::wait_until_empty(steady_clock::time_point limit) {
  Lock lock(engine_.mutex);
  while (engine_.connections.load() > 0) {
    if (!engine_.emptied.wait_until(engine_.mutex, limit)) break;
  }
  return engine_.connections.load() == 0;
}

bool ReactorServer::drain(milliseconds limit) {
  const auto end = steady_clock::now() + limit;
  // A worker that still watched a listening socket would not learn that it was closed.
  engine_.on_each_worker([](Worker &worker) { worker.drain(); }, end);
  for (Listener &listener : engine_.listeners) listener.close();
  if (wait_until_empty(end)) return true;
  engine_.on_each_worker([](Worker &worker) { worker.close_all(); },
                         steady_clock::now() + milliseconds(1'000));
  return false;
}

Outcome ReactorServer::reload_tls() { return Done{}; }

ServerCounters ReactorServer::counters() const {
  ServerCounters sum;
  sum.connections = engine_.connections.load();
  sum.accepted = engine_.accepted.load();
  sum.refused_connections = engine_.refused.load();
  for (const auto &seat : engine_.seats) {
    sum.requests += seat->counters->requests.get();
    sum.bytes_in += seat->counters->bytes_in.get();
    sum.bytes_out += seat->counters->bytes_out.get();
  }
  return sum;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options) {
  try {
    auto server = std::make_unique<ReactorServer>(std::move(options));
    if (const Outcome outcome = server->listen(); !outcome) return outcome.error();
    server->run();
    return std::unique_ptr<Server>(std::move(server));
  } catch (const std::exception &failure) {
    return Error{Code::kIo, failure.what()}.in("start the HTTP server");
  }
}

}  // namespace navistore::http
