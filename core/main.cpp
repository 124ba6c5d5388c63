// SPDX-License-Identifier: Apache-2.0
// Wiring only: from the command line to a running server, and back down in the opposite order.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/api/service.hpp"
#include "core/classic/handler.hpp"
#include "core/cli/commands.hpp"
#include "core/cli/open_store.hpp"
#include "core/config/options.hpp"
#include "core/daemon.hpp"
#include "core/http/server.hpp"
#include "core/lifecycle.hpp"
#include "core/replication/metrics.hpp"
#include "core/replication/replication.hpp"
#include "core/room_metrics.hpp"
#include "core/store/store.hpp"
#include "core/telemetry/log.hpp"

namespace navistore {
namespace {

using cli::stop;
using config::ServeOptions;
using telemetry::Level;

void set_level(const std::string &name) {
  if (name == "debug") telemetry::set_log_level(Level::kDebug);
  if (name == "warn") telemetry::set_log_level(Level::kWarning);
  if (name == "error") telemetry::set_log_level(Level::kError);
}

Outcome open_log(const ServeOptions &options) {
  if (options.log_file.empty()) return Done{};
  Outcome opened = telemetry::log_to_file(options.log_file);
  return opened ? std::move(opened) : std::move(opened).error().in("--log-path");
}

// Serves until it is told to stop.
void wait_for_stop(const ServeOptions &options, const Signals &signals, http::Server &server) {
  while (signals.wait() == Signals::Said::kReload) {
    if (auto opened = open_log(options); !opened) {
      telemetry::log(Level::kError, opened.error().message);
    }
    const auto reloaded = server.reload_tls();
    telemetry::log(reloaded ? Level::kInfo : Level::kError,
                   reloaded ? "TLS certificates read again" : reloaded.error().message);
  }
  Signals::next_stop_kills();
}

classic::Options classic_options(const ServeOptions &options) {
  classic::Options classic;
  if (options.access == ServeOptions::Access::kReadOnly) {
    classic.writes = classic::Options::Writes::kRefused;
  }
  classic.reset = options.classic_reset;
  return classic;
}

// Clients of the original speak no TLS.
http::ServerOptions http_options_of(const ServeOptions &options, http::Handler &service,
                                    http::Handler &classic) {
  http::ServerOptions http_options = options.http;
  http_options.max_connections = connections_within(raise_descriptor_limit(), options.http);
  if (http_options.max_connections < options.http.max_connections) {
    telemetry::log(Level::kWarning, "the limit of descriptors allows only " +
                                        std::to_string(http_options.max_connections) +
                                        " connections");
  }
  for (http::ListenOptions &listen : http_options.listen) listen.handler = &service;
  for (const std::string &address : options.classic_listen) {
    http_options.listen.push_back({address, &classic, false});
  }
  return http_options;
}

// Who started the process, and what it may be told.
struct Operator {
  Signals signals;
  std::optional<Daemon> daemon;  // nothing: it runs in the foreground
};

// Tells where the server listens and that it does. Nothing: no pid file is wanted.
Result<std::optional<PidFile>> announce(const ServeOptions &options,
                                        const std::vector<std::string> &addresses,
                                        Operator &operator_) {
  std::optional<PidFile> pid_file;
  if (!options.port_file.empty()) {
    if (auto written = write_port_file(options.port_file, addresses); !written) {
      return std::move(written).error();
    }
  }
  if (!options.pid_file.empty()) {
    auto written = PidFile::write(options.pid_file);
    if (!written) return std::move(written).error();
    pid_file.emplace(std::move(written).value());
  }
  for (const std::string &address : addresses) {
    telemetry::log(Level::kInfo, "listening on " + address);
  }
  if (operator_.daemon) operator_.daemon->ready();
  return pid_file;
}

// Other threads may work for clients that are gone. They end before the server does, whose figures
// they show.
struct Stopping {
  ~Stopping() {
    service.stop();
    classic.stop();
  }
  api::Service &service;
  classic::Handler &classic;
};

int run_http(const ServeOptions &options, store::Store &store,
             replication::Replication &replication, Operator &operator_) {
  api::ServiceOptions service_options;
  service_options.version = NAVISTORE_VERSION;
  service_options.max_body = options.max_body;
  service_options.list_cache_bytes = options.list_cache;
  service_options.value_cache_bytes = options.value_cache;
  service_options.data_dir = options.store.data_dir;
  service_options.writes = options.access == ServeOptions::Access::kReadOnly
                               ? api::ServiceOptions::Writes::kRefused
                               : api::ServiceOptions::Writes::kAccepted;
  service_options.replication = &replication;
  std::atomic<http::Server *> serving{nullptr};  // requests may come before start() has returned
  service_options.more_metrics = [&](telemetry::MetricsText &text) {
    write_store_metrics(store.metrics(), text);
    if (const http::Server *server = serving) write_http_metrics(server->counters(), text);
    replication::write_metrics(replication, text);
  };
  api::Service service(store, std::move(service_options));

  classic::Handler classic(store, replication, classic_options(options));
  auto started = http::Server::start(http_options_of(options, service, classic));
  if (!started) {
    const bool usage = started.error().code == Code::kInvalid;
    return stop(usage ? config::kUsage : config::kCannotListen, started.error());
  }
  const std::unique_ptr<http::Server> server = std::move(started).value();
  serving = server.get();
  const Stopping stopping{service, classic};
  const auto announced = announce(options, server->addresses(), operator_);
  if (!announced) return stop(config::kInternal, announced.error());
  wait_for_stop(options, operator_.signals, *server);
  service.set_draining();
  if (!server->drain(options.drain_limit)) telemetry::log(Level::kWarning, "some answers were cut");
  return config::kClean;
}

// In the background: the starter's process goes no further.
Result<Operator> meet_operator(const ServeOptions &options) {
  std::optional<Daemon> daemon;
  if (options.place == ServeOptions::Place::kBackground) {
    auto started = Daemon::start();
    if (!started) return std::move(started).error();
    daemon.emplace(std::move(started).value());
  }
  return Operator{Signals(), daemon};
}

int serve(ServeOptions options) {
  if (const auto good = cli::check_flags(options); !good) return stop(config::kUsage, good.error());
  auto met = meet_operator(options);
  if (!met) return stop(config::kInternal, met.error());
  options.admission.stop_fd = met.value().signals.stop_fd();
  set_level(options.log_level);
  if (auto log = open_log(options); !log) return stop(config::kUsage, log.error());
  const cli::OpenedStore opened = cli::open_store(options);
  if (!opened.store) return opened.exit_status;
  store::Store &store = *opened.store;
  if (const int status = cli::import_once(options, store); status != config::kClean) return status;
  replication::Options replication_options;
  replication_options.tombstone_ms = options.store.tombstone_ms;
  replication_options.tls = {options.peer_authorities, options.http.tls.certificate,
                             options.http.tls.key};
  auto replication = replication::Replication::open(store, replication_options);
  if (!replication) return stop(cli::exit_status_of_open(replication.error()), replication.error());
  if (met.value().signals.stop_was_said()) return config::kClean;
  return run_http(options, store, *replication.value(), met.value());
}

int check(config::CheckOptions options) {
  const Signals signals(Signals::Hangup::kStops);
  options.admission.stop_fd = signals.stop_fd();
  return cli::run_check(options);
}

int list_backends(config::BackendsOptions options) {
  const Signals signals(Signals::Hangup::kStops);
  options.admission.stop_fd = signals.stop_fd();
  return cli::run_backends(options);
}

int run(int argc, const char *const *argv) {
  raise_descriptor_limit();  // first: the conformance suite's processes inherit it
  auto parsed = config::parse_command_line(argc, argv);
  if (!parsed.command_line) return parsed.exit_status;
  switch (parsed.command_line->command) {
    case config::CommandLine::Command::kServe: return serve(std::move(parsed.command_line->serve));
    case config::CommandLine::Command::kImport: return cli::run_import(parsed.command_line->import);
    case config::CommandLine::Command::kCheck: return check(std::move(parsed.command_line->check));
    case config::CommandLine::Command::kBackends:
      return list_backends(std::move(parsed.command_line->backends));
    case config::CommandLine::Command::kNone: break;
  }
  return config::kUsage;
}

}  // namespace
}  // namespace navistore

int main(int argc, char **argv) {
  try {
    return navistore::run(argc, argv);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "navistore: %s\n", error.what());
    return navistore::config::kInternal;
  }
}
