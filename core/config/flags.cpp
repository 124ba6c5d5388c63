// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string_view>
#include <thread>

#include "core/config/options.hpp"

namespace navistore::config {
namespace {

constexpr uint64_t kKilobyte = 1024;
constexpr uint64_t kMegabyte = 1024 * kKilobyte;
constexpr uint64_t kMostValue = 64 * kMegabyte;
constexpr uint64_t kMostBody = 1024 * kMegabyte;
constexpr uint64_t kMostGathered = 1024 * 1024 * kMegabyte;
constexpr unsigned kMostThreads = 1024;
constexpr uint64_t kSecondMs = 1'000;
constexpr uint64_t kDayMs = 24 * 3'600 * kSecondMs;
constexpr uint64_t kMostRetentionMs = 3'650 * kDayMs;
constexpr uint64_t kMostCache = uint64_t{1} << 40;
constexpr unsigned kMostDrain = 3600;  // seconds
constexpr uint64_t kMostHistory = 1'000'000'000'000;
constexpr size_t kMostConnections = 1'000'000'000;
constexpr size_t kLongestNumber = 9;  // digits

// "@file" stands for what the file holds.
std::string text_or_file(const std::string &argument) {
  if (argument.empty() || argument[0] != '@') return argument;
  std::ifstream file(argument.substr(1), std::ios::binary);
  if (!file) throw CLI::ValidationError("--backend-config", "cannot read " + argument.substr(1));
  return {std::istreambuf_iterator<char>(file), {}};
}

// A text that must be there.
CLI::Option *add_text(CLI::App &app, const std::string &flag, std::string &value,
                      const std::string &about) {
  return app.add_option(flag, value, about)
      ->check(CLI::Validator(
          [](const std::string &text) { return text.empty() ? "'' is no value" : std::string(); },
          ""));
}

template <class Enum>
CLI::Option *add_choice(CLI::App &app, const std::string &flag, Enum &value,
                        const std::map<std::string, Enum> &choices, const std::string &about) {
  std::string names;
  for (const auto &[name, choice] : choices) names += (names.empty() ? "" : "|") + name;
  return app
      .add_option_function<std::string>(
          flag,
          [&value, choices, names, flag](const std::string &text) {
            const auto found = choices.find(text);
            if (found == choices.end()) {
              throw CLI::ValidationError(flag, "'" + text + "' is none of " + names);
            }
            value = found->second;
          },
          about)
      ->type_name(names);
}

// "65536", "64K", "1M", "2G": binary multiples.
struct Bytes {
  uint64_t most;
  uint64_t least = 1;
};
CLI::Option *add_bytes(CLI::App &app, const std::string &flag, uint64_t &value, Bytes range,
                       const std::string &about) {
  return app.add_option(flag, value, about)
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(range.least, range.most))
      ->type_name("BYTES");
}

void add_backend_flags(CLI::App &app, host::AdmissionOptions &options) {
  app.add_option_function<std::string>(
         "--backend-config",
         [&options](const std::string &text) {
           options.config = text_or_file(text);
           options.config_argument = text;
         },
         "The backend's configuration: a JSON object, or @FILE")
      ->type_name("JSON|@FILE");
  app.add_option("--backend-dir", options.backend_dirs,
                 "Directory to look for backends in; may be repeated")
      ->check(CLI::ExistingDirectory)
      ->allow_extra_args(false);
  add_text(app, "--data-dir", options.data_dir, "Directory of the data")->capture_default_str();
  add_text(app, "--state-dir", options.state_dir,
           "Directory of the server's own state (default: DATA_DIR/.navistore)");
}

void add_admission_flags(CLI::App &app, host::AdmissionOptions &options) {
  add_text(app, "--backend", options.backend, "Backend to serve: a name, or the path of a .so")
      ->capture_default_str();
  add_backend_flags(app, options);
  app.add_option("--require", options.require,
                 "What the backend must offer: persistent, shared, fast-reads, fast-writes, "
                 "full-history, changes, watch, upkeep")
      ->delimiter(',')
      ->check(CLI::IsMember({"persistent", "shared", "fast-reads", "fast-writes", "full-history",
                             "changes", "watch", "upkeep"}));
  add_choice(app, "--conformance", options.conformance,
             {{"gate", host::Conformance::kGate},
              {"full", host::Conformance::kFull},
              {"skip", host::Conformance::kSkip}},
             "How the backend is proven before it is loaded (default: gate)");
}

// A store keeps what is its own in the namespace of this suffix.
constexpr std::string_view kSystem = "-system";

void check_namespace(const std::string &ns) {
  constexpr size_t kLongest = 63 - kSystem.size();  // the ABI takes 63
  const bool good =
      !ns.empty() && ns.size() <= kLongest &&
      ns.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
  if (!good) {
    throw CLI::ValidationError("--namespace", "'" + ns + "' is not 1 to 56 of a-z, 0-9, _ and -");
  }
  const size_t before = ns.size() - std::min(ns.size(), kSystem.size());
  if (ns.compare(before, std::string::npos, kSystem) == 0) {
    throw CLI::ValidationError("--namespace", "'" + ns + "' ends like the server's own namespaces");
  }
}

void add_store_flags(CLI::App &app, ServeOptions &options) {
  app.add_option_function<std::string>(
         "--namespace",
         [&options](const std::string &ns) {
           check_namespace(ns);
           options.store.ns = ns;
         },
         "Namespace of the keys in the backend (default: default)")
      ->type_name("NAME");
  add_choice(app, "--durability", options.store.durability,
             {{"sync", store::Durability::kSync}, {"relaxed", store::Durability::kRelaxed}},
             "sync: a write is on stable storage before its answer (default: sync)");
  app.add_option("--history", options.store.history, "Changes kept for watchers and peers")
      ->check(CLI::Range(uint64_t{1}, kMostHistory))
      ->capture_default_str();
  add_bytes(app, "--max-value", options.store.max_value, {kMostValue},
            "Longest value (default: 1M, at most 64M)");
  add_bytes(app, "--max-body", options.max_body, {kMostBody},
            "Longest JSON or NDJSON request (default: 16M)");
  add_bytes(app, "--list-cache", options.list_cache, {kMostCache, 0},
            "Memory for lists that are asked for again (default: 16M; 0: none)");
  add_bytes(app, "--value-cache", options.value_cache, {kMostCache, 0},
            "Memory for large values that are asked for again (default: 64M; 0: none)");
  app.add_flag_callback(
      "--read-only", [&options] { options.access = ServeOptions::Access::kReadOnly; },
      "Refuse clients' writes");
}

void add_http_flags(CLI::App &app, ServeOptions &options, std::vector<std::string> &listen) {
  app.add_option("--listen", listen,
                 "HOST:PORT, [IPv6]:PORT or unix:PATH; may be repeated (default: 127.0.0.1:8787)")
      ->allow_extra_args(false);
  app.add_option("--threads", options.http.threads, "Worker threads (default: one a core)")
      ->check(CLI::Range(1U, kMostThreads));
  app.add_option("--backlog", options.http.backlog, "Connections waiting to be accepted")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  app.add_option("--max-connections", options.http.max_connections, "Open connections at most")
      ->check(CLI::Range(size_t{1}, kMostConnections))
      ->capture_default_str();
  add_bytes(app, "--max-gathered", options.http.max_gathered_bytes, {kMostGathered},
            "Request bodies that are being received, all together (default: 128M)");
  app.add_option_function<unsigned>(
         "--drain-limit",
         [&options](unsigned seconds) { options.drain_limit = std::chrono::seconds(seconds); },
         "Seconds that SIGTERM leaves to what runs (default: 10)")
      ->check(CLI::Range(0U, kMostDrain))
      ->type_name("SECONDS");
  auto *certificate =
      add_text(app, "--tls-cert", options.http.tls.certificate, "PEM file: certificate chain");
  auto *key = add_text(app, "--tls-key", options.http.tls.key, "PEM file: private key");
  certificate->needs(key);
  key->needs(certificate);
  add_text(app, "--tls-client-ca", options.http.tls.client_ca,
           "PEM file: clients must present a certificate that one of these CAs signed")
      ->needs(certificate);
  add_text(app, "--port-file", options.port_file,
           "File to write the TCP ports to, one a line, once the server listens");
  app.add_option("--log-level", options.log_level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
}

// A whole number and its unit.
uint64_t retention_ms(const std::string &text) {
  const std::map<char, uint64_t> units = {
      {'s', kSecondMs}, {'m', 60 * kSecondMs}, {'h', 3'600 * kSecondMs}, {'d', kDayMs}};
  const std::string digits = text.substr(0, text.empty() ? 0 : text.size() - 1);
  const auto unit = text.empty() ? units.end() : units.find(text.back());
  const bool number = !digits.empty() && digits.size() <= kLongestNumber &&
                      digits.find_first_not_of("0123456789") == std::string::npos;
  const uint64_t time_ms = number && unit != units.end() ? std::stoull(digits) * unit->second : 0;
  if (time_ms >= kSecondMs && time_ms <= kMostRetentionMs) return time_ms;
  throw CLI::ValidationError("--tombstone-retention",
                             "'" + text + "' is not a time from 1s to 3650d");
}

void add_peer_flags(CLI::App &app, ServeOptions &options) {
  app.add_option("--classic-listen", options.classic_listen,
                 "HOST:PORT to serve the original's API on, without TLS; may be repeated")
      ->allow_extra_args(false);
  add_choice(app, "--classic-reset", options.classic_reset,
             {{"loopback", classic::Options::Reset::kLoopback},
              {"allow", classic::Options::Reset::kAllowed}},
             "Who may wipe the store by GET /reset of that API (default: loopback)");
  app.add_option_function<std::string>(
         "--tombstone-retention",
         [&options](const std::string &text) { options.store.tombstone_ms = retention_ms(text); },
         "How long a delete is remembered for peers, as 90s, 30m, 12h or 7d; a peer that was away "
         "for longer must be resynced (default: 7d)")
      ->type_name("TIME");
  app.add_option("--peer-ca", options.peer_authorities,
                 "PEM file: the CAs that https peers are checked against (default: the system's)")
      ->check(CLI::ExistingFile);
}

void finish_store(ServeOptions &options) {
  if (options.admission.state_dir.empty()) {
    options.admission.state_dir = options.admission.data_dir + "/.navistore";
  }
  options.store.config = options.admission.config;
  options.store.data_dir = options.admission.data_dir;
  options.store.state_dir = options.admission.state_dir;
}

void finish_serve(ServeOptions &options, const std::vector<std::string> &listen) {
  const bool tls = !options.http.tls.certificate.empty();
  for (const std::string &address : listen) {
    options.http.listen.push_back({address, nullptr, tls});
  }
  if (options.http.threads == 0) options.http.threads = std::thread::hardware_concurrency();
  finish_store(options);
}

CLI::App *add_serve(CLI::App &app, ServeOptions &options, std::vector<std::string> &listen) {
  CLI::App *serve = app.add_subcommand("serve", "Serve a store over HTTP");
  add_admission_flags(*serve, options.admission);
  add_store_flags(*serve, options);
  add_http_flags(*serve, options, listen);
  add_peer_flags(*serve, options);
  return serve;
}

// What the original's server was told: an old command line means the same here.
struct ClassicFlags {
  uint16_t port = 8888;
  std::string storage_path = "navistore.db";
};

void add_old_flags(CLI::App &app, ServeOptions &options, ClassicFlags &flags) {
  app.add_option("-P,--port", flags.port, "Port to serve the original's API on, on every address")
      ->capture_default_str()
      ->excludes(app.get_option("--classic-listen"));
  add_text(app, "-s,--storage-path", flags.storage_path,
           "The original's file, which is imported once and left as it is; the data is kept "
           "in STORAGE_PATH.d. Or a directory, which is the data directory")
      ->capture_default_str()
      ->excludes(app.get_option("--data-dir"));
  add_text(app, "-l,--log-path", options.log_file, "File to log to; opened again on SIGHUP");
  app.add_flag_callback(
      "-b,--background", [&options] { options.place = ServeOptions::Place::kBackground; },
      "Run in the background; returns when the server listens, or has failed");
  add_text(app, "-p,--pidfile", options.pid_file, "File to write the number of the process to");
}

CLI::App *add_classic(CLI::App &app, ServeOptions &options, ClassicFlags &flags,
                      std::vector<std::string> &listen) {
  CLI::App *classic = app.add_subcommand(
      "classic", "Serve the original's API, with the original's options (and those of serve)");
  add_admission_flags(*classic, options.admission);
  add_store_flags(*classic, options);
  add_http_flags(*classic, options, listen);
  classic->get_option("--listen")
      ->description("HOST:PORT to serve /v1 on, too; may be repeated (default: nowhere)");
  add_peer_flags(*classic, options);
  add_old_flags(*classic, options, flags);
  return classic;
}

void finish_classic(const CLI::App &app, ServeOptions &options, const ClassicFlags &flags,
                    const std::vector<std::string> &listen) {
  if (options.classic_listen.empty()) {
    options.classic_listen.push_back("0.0.0.0:" + std::to_string(flags.port));
  }
  if (app.count("--data-dir") == 0) {
    std::error_code ignored;
    const bool directory = std::filesystem::is_directory(flags.storage_path, ignored);
    options.admission.data_dir = directory ? flags.storage_path : flags.storage_path + ".d";
    if (!directory) options.old_database = flags.storage_path;
  }
  finish_serve(options, listen);
}

CLI::App *add_import(CLI::App &app, ImportOptions &options) {
  CLI::App *import =
      app.add_subcommand("import-classic", "Copy what the original kept into a store");
  add_text(*import, "OLD", options.old_database, "The original's SQLite file, left as it is")
      ->required();
  add_admission_flags(*import, options.serve.admission);
  add_store_flags(*import, options.serve);
  return import;
}

CLI::App *add_check(CLI::App &app, CheckOptions &options) {
  CLI::App *check = app.add_subcommand("check", "Run the conformance suite on a backend");
  add_text(*check, "PLUGIN", options.admission.backend, "A backend's name, or the path of a .so")
      ->required();
  add_backend_flags(*check, options.admission);
  check->allow_extras();
  check->footer(
      "Other arguments go to the harness as they are: --case NAME, --tier gate|full|soak,\n"
      "--list, --json, --junit FILE, --seed N.");
  return check;
}

// Says what is wrong, or what was asked for (help, version), and how to end.
int exit_for(const CLI::App &app, const CLI::ParseError &error) {
  const bool asked = error.get_exit_code() == 0;
  const std::vector<std::string> unknown = app.remaining();
  if (!asked && app.get_subcommands().empty() && !unknown.empty()) {
    app.exit(CLI::ExtrasError("'" + unknown.front() + "' is no subcommand and no flag",
                              CLI::ExitCodes::ExtrasError));
  } else {
    app.exit(error);
  }
  return asked ? kClean : kUsage;
}

}  // namespace

Parsed parse_command_line(int argc, const char *const *argv) {
  CommandLine line;
  std::vector<std::string> listen;
  ClassicFlags classic_flags;
  CLI::App app("naviStore: a key/value store over HTTP whose storage engine is a plugin",
               "navistore");
  app.set_version_flag("--version", "navistore " NAVISTORE_VERSION);
  app.require_subcommand(1);
  const CLI::App *serve = add_serve(app, line.serve, listen);
  const CLI::App *classic = add_classic(app, line.serve, classic_flags, listen);
  const CLI::App *import = add_import(app, line.import);
  const CLI::App *check = add_check(app, line.check);
  CLI::App *backends = app.add_subcommand("backends", "List the backends found, each proven");
  add_backend_flags(*backends, line.backends.admission);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return {std::nullopt, exit_for(app, error)};
  }
  line.command = CommandLine::Command::kBackends;
  if (serve->parsed()) {
    if (listen.empty()) listen.emplace_back("127.0.0.1:8787");
    finish_serve(line.serve, listen);
    line.command = CommandLine::Command::kServe;
  } else if (classic->parsed()) {
    finish_classic(*classic, line.serve, classic_flags, listen);
    line.command = CommandLine::Command::kServe;
  } else if (import->parsed()) {
    finish_store(line.import.serve);
    line.command = CommandLine::Command::kImport;
  } else if (check->parsed()) {
    line.check.harness_arguments = check->remaining();
    line.command = CommandLine::Command::kCheck;
  }
  return {std::move(line), kClean};
}

}  // namespace navistore::config
