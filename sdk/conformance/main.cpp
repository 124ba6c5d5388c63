// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include "sdk/conformance/case_process.hpp"
#include "sdk/conformance/confine.hpp"
#include "sdk/conformance/runner.hpp"

namespace navistore::conformance {
namespace {

constexpr int kUsageStatus = 2;
constexpr int kNoVerdictStatus = 6;

std::string read_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) throw std::invalid_argument("cannot read " + path);
  return text;
}

void write_file(const std::string &path, const std::string &text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::invalid_argument("cannot write " + path);
}

void list_cases(const Options &options) {
  for (const Case *entry : select_cases(options))
    std::cout << entry->name << ' ' << tier_name(entry->tier) << '\n';
}

int run(const Options &options) {
  confine_runner();
  const std::string config = options.config_path.empty() ? "{}" : read_file(options.config_path);
  if (!options.cases.empty() && select_cases(options).empty())
    throw std::invalid_argument("--case selects no case");
  const std::string repeat = options.repeat_path.empty() ? "" : read_file(options.repeat_path);
  SuiteReport report = run_suite(options, config);
  report.repeat = repeat;
  if (options.console == Options::Console::kJson) {
    std::cout << to_json(options, report);
  } else {
    std::cout << to_console(options, report);
  }
  if (!options.junit_path.empty()) write_file(options.junit_path, to_junit(options, report));
  return static_cast<int>(report.verdict);
}

int usage_error(const std::string &what) {
  std::cerr << "navistore-conformance: " << what << "\n" << kUsage;
  return kUsageStatus;
}

int main_checked(int argc, char **argv) {
  Options options;
  if (const std::string wrong = parse_options(argc, argv, options); !wrong.empty())
    return usage_error(wrong);
  switch (options.action) {
    case Options::Action::kRun: return run(options);
    case Options::Action::kList: list_cases(options); return 0;
    case Options::Action::kHelp: std::cout << kUsage; return 0;
    case Options::Action::kVersion:
      std::cout << "navistore-conformance " << harness_build() << " cases " << case_list_digest()
                << '\n';
      return 0;
  }
  return kUsageStatus;
}

}  // namespace
}  // namespace navistore::conformance

int main(int argc, char **argv) {
  namespace conformance = navistore::conformance;
  try {
    if (argc == 2 && std::strcmp(argv[1], conformance::kCaseProcessFlag) == 0)
      return conformance::case_process_main();
    return conformance::main_checked(argc, argv);
  } catch (const std::invalid_argument &e) {
    return conformance::usage_error(e.what());
  } catch (const std::exception &e) {
    std::cerr << "navistore-conformance: " << e.what() << '\n';
    return conformance::kNoVerdictStatus;
  }
}
