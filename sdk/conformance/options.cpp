// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/options.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <random>
#include <thread>

namespace navistore::conformance {
namespace {

template <class N>
bool parse_number(const std::string &text, N &number) {
  const char *end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end && !text.empty();
}

bool parse_tier(const std::string &text, Tier &tier) {
  for (const Tier candidate : {Tier::kGate, Tier::kFull, Tier::kSoak}) {
    if (text == tier_name(candidate)) {
      tier = candidate;
      return true;
    }
  }
  return false;
}

// Takes one option with its value; false: the value is wrong.
bool take_value(const std::string &name, const std::string &value, Options &options) {
  if (name == "--case") {
    options.cases.push_back(value);
    return true;
  }
  if (name == "--tier") return parse_tier(value, options.tier);
  if (name == "--seed") return parse_number(value, options.seed);
  if (name == "-j") return parse_number(value, options.jobs) && options.jobs > 0;
  if (name == "--timeout") return parse_number(value, options.case_seconds);
  if (name == "--total-timeout") return parse_number(value, options.suite_seconds);
  std::string &text = name == "--config"        ? options.config_path
                      : name == "--junit"       ? options.junit_path
                      : name == "--repeat-with" ? options.repeat_path
                                                : options.scratch;
  text = value;
  return !value.empty();
}

bool takes_value(const std::string &name) {
  static const char *const names[] = {"--case",    "--tier",          "--seed",   "-j",
                                      "--timeout", "--total-timeout", "--config", "--junit",
                                      "--scratch", "--repeat-with"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool take_switch(const std::string &name, Options &options) {
  if (name == "--list") {
    options.action = Options::Action::kList;
  } else if (name == "--version") {
    options.action = Options::Action::kVersion;
  } else if (name == "--help") {
    options.action = Options::Action::kHelp;
  } else if (name == "--json") {
    options.console = Options::Console::kJson;
  } else {
    return false;
  }
  return true;
}

void set_defaults(Options &options) {
  if (options.seed == 0) options.seed = std::random_device()() | 1u;
  if (options.jobs == 0) options.jobs = std::max(2u, std::thread::hardware_concurrency());
}

bool matches(const Case &entry, const std::string &pattern) {
  if (pattern.size() == 1) return entry.group() == pattern[0];
  return fnmatch(pattern.c_str(), entry.name, 0) == 0;
}

}  // namespace

const char kUsage[] =
    "usage: navistore-conformance PLUGIN.so [--config FILE] [--tier gate|full|soak] [--case "
    "NAME|GROUP|GLOB]...\n"
    "                             [--seed N] [-j N] [--scratch DIR] [--timeout S] [--total-timeout "
    "S]\n"
    "                             [--json] [--junit FILE] [--repeat-with FILE]\n"
    "       navistore-conformance --list [--tier T] [--case ...]\n"
    "       navistore-conformance --version\n"
    "Exit status: 0 all cases passed, 1 a case failed, 2 usage, 4 not a backend, 5 not tested "
    "(engine unreachable), 6 the suite itself could not work, or was stopped.\n";

std::string parse_options(int argc, char **argv, Options &options) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (takes_value(name)) {
      if (i + 1 == argc) return name + " needs a value";
      const std::string value = argv[++i];
      if (!take_value(name, value, options)) {
        return std::string(name).append(": '").append(value).append("' is not a valid value");
      }
    } else if (!name.empty() && name[0] == '-') {
      if (!take_switch(name, options)) return "unknown option '" + name + "'";
    } else if (options.plugin.empty()) {
      options.plugin = name;
    } else {
      return "more than one plugin: '" + name + "'";
    }
  }
  if (options.action == Options::Action::kRun && options.plugin.empty()) return "no plugin";
  set_defaults(options);
  return "";
}

const char *tier_name(Tier tier) {
  switch (tier) {
    case Tier::kGate: return "gate";
    case Tier::kFull: return "full";
    case Tier::kSoak: return "soak";
  }
  return "gate";
}

std::vector<const Case *> select_cases(const Options &options) {
  std::vector<const Case *> selected;
  for (const Case *entry : all_cases()) {
    bool take = options.cases.empty() && entry->tier <= options.tier;
    for (const std::string &pattern : options.cases) {
      const bool named = pattern == entry->name;
      take = take || named || (matches(*entry, pattern) && entry->tier <= options.tier);
    }
    if (take) selected.push_back(entry);
  }
  return selected;
}

}  // namespace navistore::conformance
