// SPDX-License-Identifier: Apache-2.0
// Wiring only: from the command line to a running server, and back down in the opposite order.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/api/service.hpp"
#include "core/classic/handler.hpp"
#include "core/cli/commands.hpp"
#include "core/config/options.hpp"
#include "core/host/admission.hpp"
#include "core/http/server.hpp"
#include "core/lifecycle.hpp"
#include "core/replication/metrics.hpp"
#include "core/replication/replication.hpp"
#include "core/room_metrics.hpp"
#include "core/store/store.hpp"
#include "core/telemetry/log.hpp"

namespace navistore {
namespace {

using config::ServeOptions;
using telemetry::Level;

// Says why on stderr, whatever the log level.
int stop(int status, const Error &error) {
  std::fprintf(stderr, "navistore: %s\n", error.message.c_str());
  return status;
}

Outcome make_data_dir(const std::string &path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (!failure) return Done{};
  return Error{Code::kDenied, "data directory " + path + ": " + failure.message()};
}

// What --require names of an opened store; the interfaces were checked when the backend was loaded.
Outcome check_required(const store::Facts &facts, const std::vector<std::string> &required) {
  for (const std::string &name : required) {
    const bool lacks = (name == "persistent" && !facts.persistent) ||
                       (name == "shared" && !facts.shared) ||
                       (name == "fast-reads" && !facts.fast_reads) ||
                       (name == "fast-writes" && !facts.fast_writes) ||
                       (name == "full-history" && !facts.full_history);
    if (lacks) {
      return Error{Code::kRefused,
                   "backend refused: it lacks '" + name + "', which --require names"};
    }
  }
  return Done{};
}

int exit_status_of_open(const Error &error) {
  if (error.code == Code::kInvalid || error.code == Code::kTooLarge) return config::kUsage;
  return error.code == Code::kInternal ? config::kInternal : config::kCannotOpen;
}

void set_level(const std::string &name) {
  if (name == "debug") telemetry::set_log_level(Level::kDebug);
  if (name == "warn") telemetry::set_log_level(Level::kWarning);
  if (name == "error") telemetry::set_log_level(Level::kError);
}

const char *describe(host::Verdict verdict) {
  switch (verdict) {
    case host::Verdict::kPassed: return "passed the conformance suite";
    case host::Verdict::kPassedFromCache: return "passed the conformance suite before";
    case host::Verdict::kSkipped: return "was NOT tested (--conformance skip)";
  }
  return "";
}

void log_admission(const host::Backend &backend) {
  const Level level = backend.verdict == host::Verdict::kSkipped ? Level::kWarning : Level::kInfo;
  telemetry::log(level,
                 "backend " + backend.id + " " + backend.version + " " + describe(backend.verdict));
}

Level level_of(store::LogLevel level) {
  switch (level) {
    case store::LogLevel::kDebug: return Level::kDebug;
    case store::LogLevel::kInfo: return Level::kInfo;
    case store::LogLevel::kWarning: return Level::kWarning;
    case store::LogLevel::kError: break;
  }
  return Level::kError;
}

void log_backend(store::LogLevel level, std::string_view line) {
  telemetry::log(level_of(level), "backend: " + std::string(line));
}

// Serves until it is told to stop.
void wait_for_stop(const Signals &signals, http::Server &server) {
  while (signals.wait() == Signals::Said::kReload) {
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

int run_http(const ServeOptions &options, store::Store &store,
             replication::Replication &replication, const Signals &signals) {
  api::ServiceOptions service_options;
  service_options.version = NAVISTORE_VERSION;
  service_options.max_body = options.max_body;
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
  const auto addresses = server->addresses();
  if (!options.port_file.empty()) {
    if (auto written = write_port_file(options.port_file, addresses); !written) {
      return stop(config::kInternal, written.error());
    }
  }
  for (const std::string &address : addresses)
    telemetry::log(Level::kInfo, "listening on " + address);

  wait_for_stop(signals, *server);
  service.set_draining();
  if (!server->drain(options.drain_limit)) telemetry::log(Level::kWarning, "some answers were cut");
  return config::kClean;
}

int serve(const ServeOptions &options) {
  const Signals signals;
  set_level(options.log_level);
  if (auto made = make_data_dir(options.store.data_dir); !made) {
    return stop(config::kCannotOpen, made.error());
  }
  auto backend = host::admit(options.admission);
  if (!backend) return stop(cli::exit_status_of_admission(backend.error()), backend.error());
  log_admission(backend.value());

  store::StoreOptions store_options = options.store;
  store_options.log = log_backend;
  auto opened = store::Store::open(std::move(backend).value(), std::move(store_options));
  if (!opened) return stop(exit_status_of_open(opened.error()), opened.error());
  const std::unique_ptr<store::Store> store = std::move(opened).value();
  if (auto enough = check_required(store->facts(), options.admission.require); !enough) {
    return stop(config::kRefused, enough.error());
  }
  replication::Options replication_options;
  replication_options.tombstone_ms = options.store.tombstone_ms;
  replication_options.tls = {options.peer_authorities, options.http.tls.certificate,
                             options.http.tls.key};
  auto replication = replication::Replication::open(*store, replication_options);
  if (!replication) return stop(exit_status_of_open(replication.error()), replication.error());
  return run_http(options, *store, *replication.value(), signals);
}

int run(int argc, const char *const *argv) {
  raise_descriptor_limit();  // first: the conformance suite's processes inherit it
  auto parsed = config::parse_command_line(argc, argv);
  if (!parsed.command_line) return parsed.exit_status;
  switch (parsed.command_line->command) {
    case config::CommandLine::Command::kServe: return serve(parsed.command_line->serve);
    case config::CommandLine::Command::kCheck: return cli::run_check(parsed.command_line->check);
    case config::CommandLine::Command::kBackends:
      return cli::run_backends(parsed.command_line->backends);
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
