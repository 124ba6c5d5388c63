// SPDX-License-Identifier: Apache-2.0
// What the command line says. Plain values; checked for form here, for sense by who uses them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/classic/handler.hpp"
#include "core/host/admission.hpp"
#include "core/http/server.hpp"
#include "core/store/store.hpp"

namespace navistore::config {

// Exit statuses of the executable.
enum Exit : int {
  kClean = 0,
  kInternal = 1,
  kUsage = 2,
  kRefused = 3,      // the backend failed the conformance suite
  kNotABackend = 4,  // not found, not loadable, or not a backend
  kCannotOpen = 5,   // the store is busy, corrupt, of a newer format, or denied; or a directory is;
                     // or the backend could not be tested
  kCannotListen = 6,
};

struct ServeOptions {
  host::AdmissionOptions admission;
  store::StoreOptions store;
  http::ServerOptions http;
  uint64_t max_body = 16 * 1024 * 1024;     // of JSON and NDJSON requests, bytes
  uint64_t list_cache = 16 * 1024 * 1024;   // bytes of lists that may be asked for again; 0: none
  uint64_t value_cache = 64 * 1024 * 1024;  // bytes of large values that may be; 0: none
  enum class Access : uint8_t { kReadWrite, kReadOnly } access = Access::kReadWrite;
  std::vector<std::string> classic_listen;  // addresses of the original's API
  classic::Options::Reset classic_reset = classic::Options::Reset::kLoopback;
  std::string peer_authorities;  // PEM file: who may have signed the certificates of https peers
  std::chrono::seconds drain_limit{10};  // what is not answered then is cut
  std::string port_file;
  std::string log_level = "info";
  std::string log_file;  // empty: standard error
  std::string pid_file;  // empty: none
  enum class Place : uint8_t { kForeground, kBackground } place = Place::kForeground;
  std::string old_database;  // of the original: imported once, if it is there; empty: none
};

struct ImportOptions {  // navistore import-classic OLD
  ServeOptions serve;   // what says where the store is
  std::string old_database;
};

struct CheckOptions {  // navistore check PLUGIN
  host::AdmissionOptions admission;
  std::vector<std::string> harness_arguments;  // passed on as they are
};

struct BackendsOptions {  // navistore backends
  host::AdmissionOptions admission;
};

struct CommandLine {
  enum class Command : uint8_t {
    kServe,
    kImport,
    kCheck,
    kBackends,
    kNone
  } command = Command::kNone;
  ServeOptions serve;  // also of navistore classic
  ImportOptions import;
  CheckOptions check;
  BackendsOptions backends;
};

// Parses argv. With a value: go on with it. Without: everything was said already (help, version:
// exit 0; a wrong flag or value, named on stderr: exit 2).
struct Parsed {
  std::optional<CommandLine> command_line;
  int exit_status = kClean;
};
Parsed parse_command_line(int argc, const char *const *argv);

}  // namespace navistore::config
