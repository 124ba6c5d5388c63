// SPDX-License-Identifier: Apache-2.0
#include "core/http/server.hpp"

#include <pistache/reactor.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <thread>
#include <utility>

#include "core/http/engine.hpp"
#include "core/http/worker.hpp"

namespace navistore::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The signals of the process are for the thread that waits for them, and SIGPIPE, which OpenSSL's
// writes may raise, for nobody. Threads inherit the mask of the one that starts them.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t blocked;
    sigfillset(&blocked);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGPROF}) {
      sigdelset(&blocked, fault);
    }
    pthread_sigmask(SIG_BLOCK, &blocked, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked &) = delete;
  SignalsBlocked &operator=(const SignalsBlocked &) = delete;

 private:
  sigset_t before_{};
};

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
  bool uses_tls() const;
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
  if (Outcome loaded = reload_tls(); !loaded) return loaded;
  for (const ListenOptions &options : engine_.options.listen) {
    if (options.handler == nullptr) return Error{Code::kInvalid, "a listener has no handler"};
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
  const size_t workers = engine_.seats.size();
  for (auto &seat : engine_.seats) seat->traffic = std::vector<std::atomic<uint64_t>>(workers);
  const SignalsBlocked blocked;
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
  engine_.draining = true;
  // A worker that still watched a listening socket would not learn that it was closed.
  engine_.on_each_worker([](Worker &worker) { worker.drain(); }, end);
  for (Listener &listener : engine_.listeners) listener.close();
  if (wait_until_empty(end)) return true;
  engine_.on_each_worker([](Worker &worker) { worker.close_all(); },
                         steady_clock::now() + milliseconds(1'000));
  return false;
}

bool ReactorServer::uses_tls() const {
  const auto &listen = engine_.options.listen;
  return std::any_of(listen.begin(), listen.end(), [](const ListenOptions &l) { return l.tls; });
}

Outcome ReactorServer::reload_tls() { return uses_tls() ? engine_.tls.reload() : Outcome(Done{}); }

ServerCounters ReactorServer::counters() const {
  ServerCounters sum;
  sum.connections = engine_.connections.load();
  sum.accepted = engine_.accepted.load();
  sum.refused_connections = engine_.refused.load();
  sum.gathered_bytes = engine_.bodies.held();
  sum.refused_bodies = engine_.bodies.refused();
  for (const auto &seat : engine_.seats) {
    sum.requests += seat->counters->requests.get();
    sum.bytes_in += seat->counters->bytes_in.get();
    sum.bytes_out += seat->counters->bytes_out.get();
    sum.moved_connections += seat->counters->moved.get();
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
