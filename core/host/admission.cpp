// SPDX-License-Identifier: Apache-2.0
#include "core/host/admission.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "core/host/elf_build_id.hpp"
#include "core/host/harness_run.hpp"
#include "core/host/pass_cache.hpp"
#include "core/host/plugin_file.hpp"
#include "core/host/plugin_library.hpp"
#include "core/host/proof_scratch.hpp"
#include "core/host/unused_state.hpp"
#include "core/json/conformance_report.hpp"

namespace navistore::host {
namespace {

namespace fs = std::filesystem;

// Exit statuses of the harness.
constexpr int kAllPassed = 0;
constexpr int kSomeFailed = 1;
constexpr int kWrongArguments = 2;
constexpr int kNotABackend = 4;
constexpr int kNotTested = 5;

std::string state_dir_of(const AdmissionOptions &options) {
  return options.state_dir.empty() ? options.data_dir + "/.navistore" : options.state_dir;
}

std::string tier_of(Conformance conformance) {
  return conformance == Conformance::kFull ? "full" : "gate";
}

std::string shell_quoted(const std::string &text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// What a command begins with that runs the suite again as it was run, from any directory.
std::string command_to_repeat(const std::string &plugin, const AdmissionOptions &options) {
  std::string command = shell_quoted(executable_dir() + "/navistore") + " check " +
                        shell_quoted(plugin) + " --data-dir " +
                        shell_quoted(existing_directory(options.data_dir));
  const std::string &config = options.config_argument;
  if (config.empty()) return command;
  const bool file = config[0] == '@';
  return command + " --backend-config " +
         shell_quoted(file ? "@" + fs::absolute(config.substr(1)).string() : config);
}

// What the operator told the harness itself in the place of the above.
std::string own_paths(const std::vector<std::string> &harness_arguments) {
  std::string text;
  for (size_t i = 0; i + 1 < harness_arguments.size(); ++i) {
    const std::string &name = harness_arguments[i];
    if (name != "--config" && name != "--scratch") continue;
    text += " " + name + " " + shell_quoted(fs::absolute(harness_arguments[++i]).string());
  }
  return text;
}

// Lines of "what failed", and how to see it again.
std::string refusal_text(const json::ConformanceReport &report) {
  std::string text = "backend refused: it fails the conformance suite";
  for (const json::CaseOutcome &outcome : report.cases) {
    if (outcome.state == "PASS" || outcome.state == "SKIP" || outcome.state == "WARN") continue;
    const std::string line = outcome.message.substr(0, outcome.message.find('\n'));
    text += "\n  " + outcome.state + " " + outcome.name + ": " + line;
    if (!outcome.repeat.empty()) text += "\n    repeat: " + outcome.repeat;
  }
  return text;
}

// The harness first opens a store with the configuration; a backend that refuses it says which
// part.
std::optional<Error> wrong_configuration(const json::ConformanceReport &report) {
  const std::string mark = "open INVALID: ";
  for (const json::CaseOutcome &outcome : report.cases) {
    if (outcome.name == "probe" && outcome.message.compare(0, mark.size(), mark) == 0) {
      return Error{Code::kInvalid, "--backend-config: " + outcome.message.substr(mark.size())};
    }
  }
  return std::nullopt;
}

// Nothing is known of the backend: the harness itself could not work.
Error no_verdict(const HarnessAnswer &answer) {
  const std::string how = answer.status < 0
                              ? "was ended by signal " + std::to_string(-answer.status)
                              : "ended with status " + std::to_string(answer.status);
  const std::string why =
      answer.diagnostics.substr(0, answer.diagnostics.find_last_not_of('\n') + 1);
  return {Code::kIo, (why.empty() ? "" : why + "\n") +
                         "the backend was not tested: the conformance harness " + how +
                         " and gave no verdict"};
}

json::Pass pass_of(json::ConformanceReport report, const HarnessAnswer &answer) {
  json::Pass pass{std::move(report.dependencies), answer.report_json, answer.report_junit,
                  std::move(report.declared)};
  for (json::Dependency &dependency : pass.dependencies) {
    dependency.build_id = library_identity(dependency.path);
  }
  return pass;
}

Result<json::Pass> judge(const HarnessAnswer &answer, const PluginCopy &copy) {
  auto parsed = json::parse_conformance_report(answer.report_json);
  if (!parsed) return no_verdict(answer);
  json::ConformanceReport &report = parsed.value();
  switch (answer.status) {
    case kAllPassed: return pass_of(std::move(report), answer);
    case kSomeFailed:
      if (auto wrong = wrong_configuration(report)) return *std::move(wrong);
      return Error{Code::kRefused, refusal_text(report)};
    case kNotABackend:
      return Error{Code::kNotABackend, copy.path + " is not a backend: " + report.reason};
    case kNotTested:
      return Error{Code::kUnavailable,
                   "backend not tested, its engine cannot be reached: " + report.reason};
    default: return no_verdict(answer);
  }
}

struct Admitted {
  json::Pass pass;
  Verdict verdict;
};

Result<std::string> canonical_config(const AdmissionOptions &options) {
  auto config = json::canonical_object(options.config);
  if (!config) return std::move(config).error().in("--backend-config");
  return config;
}

Result<PassKey> key_of(const PluginCopy &copy, const AdmissionOptions &options) {
  auto config = canonical_config(options);
  if (!config) return std::move(config).error();
  return PassKey{copy.sha256, library_identity(harness_path()), tier_of(options.conformance),
                 std::move(config).value(), existing_directory(options.data_dir)};
}

Result<Admitted> prove(const PluginCopy &copy, const AdmissionOptions &options) {
  const PassCache cache(state_dir_of(options));
  auto key = key_of(copy, options);
  if (!key) return std::move(key).error();
  if (auto pass = cache.find(key.value())) {
    return Admitted{*std::move(pass), Verdict::kPassedFromCache};
  }
  auto scratch = ProofScratch::make(options.data_dir);
  if (!scratch) return std::move(scratch).error().in("prove the backend");
  auto answer =
      run_harness({copy.path, options.config, scratch.value().path(), tier_of(options.conformance),
                   command_to_repeat(copy.path, options), options.stop_fd});
  if (!answer) return std::move(answer).error();
  auto pass = judge(answer.value(), copy);
  if (!pass) return std::move(pass).error();
  if (auto stored = cache.store(key.value(), pass.value()); !stored) {
    return std::move(stored).error().in("remember the pass");
  }
  return Admitted{std::move(pass).value(), Verdict::kPassed};
}

// A library is never unloaded: its copy is in use until the process ends.
void keep_in_use(std::shared_ptr<const Descriptor> claim) {
  static std::vector<std::shared_ptr<const Descriptor>> claims;
  claims.push_back(std::move(claim));
}

// What the library says of itself now, against what it said in the proof.
Outcome check_declared(const Backend &backend, const json::Declared &proven) {
  const bool same = backend.id == proven.id && backend.version == proven.version &&
                    (backend.changes != nullptr) == proven.changes &&
                    (backend.watch != nullptr) == proven.watch &&
                    (backend.upkeep != nullptr) == proven.upkeep;
  if (same) return Done{};
  return Error{Code::kRefused, "backend refused: loaded as " + backend.id + " " + backend.version +
                                   ", it is not what was proven as " + proven.id + " " +
                                   proven.version + ", or offers other interfaces"};
}

constexpr std::array<std::string_view, 3> kInterfaces{"changes", "watch", "upkeep"};

// What --require may name, and whether a loaded backend offers it without being opened.
bool offers_interface(const Backend &backend, const std::string &name) {
  return (name == "changes" && backend.changes != nullptr) ||
         (name == "watch" && backend.watch != nullptr) ||
         (name == "upkeep" && backend.upkeep != nullptr);
}

Outcome check_required_interfaces(const Backend &backend, const AdmissionOptions &options) {
  for (const std::string &name : options.require) {
    const bool interface =
        std::find(kInterfaces.begin(), kInterfaces.end(), name) != kInterfaces.end();
    if (interface && !offers_interface(backend, name)) {
      return Error{Code::kRefused, "backend refused: " + backend.id + " lacks '" + name +
                                       "', which --require names"};
    }
  }
  return Done{};
}

// "sqlite" of "libnavistore_sqlite.so"; empty for any other file.
std::string backend_name(const std::string &file) {
  constexpr std::string_view kPrefix = "libnavistore_";
  constexpr std::string_view kSuffix = ".so";
  if (file.size() <= kPrefix.size() + kSuffix.size()) return {};
  const size_t end = file.size() - kSuffix.size();
  if (file.compare(0, kPrefix.size(), kPrefix) != 0 ||
      file.compare(end, std::string::npos, kSuffix) != 0)
    return {};
  return file.substr(kPrefix.size(), end - kPrefix.size());
}

}  // namespace

Outcome check_config(const AdmissionOptions &options) {
  auto config = canonical_config(options);
  return config ? Outcome(Done{}) : std::move(config).error();
}

Result<Backend> admit(const AdmissionOptions &options) {
  auto path = find_plugin(options.backend, options.backend_dirs);
  if (!path) return std::move(path).error();
  auto copy = copy_plugin(path.value(), state_dir_of(options));
  if (!copy) return std::move(copy).error();

  Admitted admitted{{}, Verdict::kSkipped};
  if (options.conformance != Conformance::kSkip) {
    auto proof = prove(copy.value(), options);
    if (!proof) return std::move(proof).error();
    admitted = std::move(proof).value();
  }
  remove_unused(state_dir_of(options));
  auto loaded = load_plugin(copy.value().path);
  if (!loaded) return std::move(loaded).error();
  Backend backend = std::move(loaded).value();
  backend.sha256 = copy.value().sha256;
  backend.verdict = admitted.verdict;
  keep_in_use(copy.value().in_use);
  if (admitted.verdict != Verdict::kSkipped) {
    if (auto same = check_declared(backend, admitted.pass.declared); !same) {
      return std::move(same).error();
    }
    backend.proven_flags = admitted.pass.declared.flags;
    backend.report_sha256 = sha256_of(admitted.pass.report_json);
  }
  backend.report_json = std::move(admitted.pass.report_json);
  backend.report_junit = std::move(admitted.pass.report_junit);
  if (auto enough = check_required_interfaces(backend, options); !enough) {
    return std::move(enough).error();
  }
  return backend;
}

Result<std::vector<Found>> list_backends(const AdmissionOptions &options) {
  std::map<std::string, Found> found;  // by name; the first directory wins, as in find_plugin
  for (const std::string &dir : search_path(options.backend_dirs)) {
    std::error_code failure;
    for (const fs::directory_entry &entry : fs::directory_iterator(dir, failure)) {
      const std::string name = backend_name(entry.path().filename().string());
      if (!name.empty()) found.insert({name, {name, entry.path().string(), ""}});
    }
  }
  std::vector<Found> list;
  for (auto &[name, backend] : found) {
    AdmissionOptions one = options;
    one.backend = backend.path;
    auto copy = copy_plugin(backend.path, state_dir_of(one));
    auto proof = copy ? prove(copy.value(), one) : Result<Admitted>(std::move(copy).error());
    if (!proof && proof.error().code == Code::kCancelled) return std::move(proof).error();
    backend.verdict = proof ? "passed" : proof.error().message;
    list.push_back(std::move(backend));
  }
  return list;
}

Outcome check(const AdmissionOptions &options, const std::vector<std::string> &harness_arguments) {
  auto path = find_plugin(options.backend, options.backend_dirs);
  if (!path) return std::move(path).error();
  auto scratch = ProofScratch::make(options.data_dir);
  if (!scratch) return std::move(scratch).error().in("--data-dir");
  const std::string plugin = fs::absolute(path.value()).string();
  const auto status = run_harness_attached(
      {plugin, options.config, scratch.value().path(), tier_of(options.conformance),
       command_to_repeat(plugin, options) + own_paths(harness_arguments), options.stop_fd},
      harness_arguments);
  if (!status) return status.error();
  switch (status.value()) {
    case kAllPassed: return Done{};
    case kSomeFailed: return Error{Code::kRefused, "the backend fails the conformance suite"};
    case kWrongArguments: return Error{Code::kInvalid, "wrong arguments for the suite"};
    case kNotABackend: return Error{Code::kNotABackend, plugin + " is not a backend"};
    case kNotTested: return Error{Code::kUnavailable, "the backend was not tested"};
    default: return no_verdict({status.value(), {}, {}, {}});
  }
}

}  // namespace navistore::host
