// SPDX-License-Identifier: Apache-2.0
// The README's console blocks, executed in order against one fresh server: each answer must be the
// one shown.
#include <doctest/doctest.h>

#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

using navistore::test::run_shell;
using navistore::test::ScratchDir;
using navistore::test::ServerProcess;

namespace {

struct Step {
  std::string command;
  std::string shown;
};

std::vector<Step> steps_of(const std::string &path) {
  std::ifstream file(path);
  std::vector<Step> steps;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "```console") {
      inside = true;
    } else if (line == "```") {
      inside = false;
    } else if (inside && line.compare(0, 2, "$ ") == 0) {
      steps.push_back({line.substr(2), ""});
    } else if (inside) {
      steps.back().shown += line;
    }
  }
  return steps;
}

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// What differs from run to run, in one form: epochs, and whatever the README shows as an ellipsis.
std::regex pattern_of(const std::string &shown) {
  static const std::regex special(R"([.^$|()\[\]{}*+?\\])");
  static const std::regex epoch("[0-9a-f]{16}");
  std::string text = std::regex_replace(shown, special, R"(\$&)");
  text = std::regex_replace(text, epoch, "[0-9a-f]{16}");
  return std::regex(replaced(text, "\u2026", ".*?"));
}

}  // namespace

TEST_SUITE("integration/readme") {
  TEST_CASE("the README's commands answer what it shows") {
    const ScratchDir dir;
    ServerProcess server(
        {"--backend", "sqlite", "--conformance", "skip", "--data-dir", dir / "data"});
    const std::string address = "127.0.0.1:" + std::to_string(server.port());
    const auto steps = steps_of(PROJECT_DIR "/README.md");
    CHECK(steps.size() >= 9);
    for (const Step &step : steps) {
      const auto ended =
          run_shell(replaced(step.command, "127.0.0.1:8787", address) + " 2>/dev/null");
      CHECK(ended.status == 0);
      const std::string answer = replaced(ended.output, "\n", "");
      CHECK_MESSAGE(std::regex_match(answer, pattern_of(step.shown)),
                    step.command << "\nshown:  " << step.shown << "\nanswer: " << answer);
    }
  }
}
