// SPDX-License-Identifier: Apache-2.0
// The README's console blocks, executed in order in one shell against one fresh server: each answer
// must be the one shown.
#include <doctest/doctest.h>

#include <algorithm>
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

// What each command printed, behind its exit status and a blank.
std::vector<std::string> run_all(const std::vector<Step> &steps, const std::string &address) {
  std::string script = "exec 2>/dev/null\n";
  for (const Step &step : steps) {
    script += "printf '\\001'\n" + replaced(step.command, "127.0.0.1:8787", address) +
              "\nprintf '\\002%d ' $?\n";
  }
  std::vector<std::string> answers;
  std::string output = run_shell(script).output;
  while (!output.empty()) {
    const size_t status = output.find('\2');
    const size_t next = std::min(output.find('\1', 1), output.size());
    if (status == std::string::npos) break;
    answers.push_back(output.substr(status + 1, next - status - 1) + output.substr(1, status - 1));
    output.erase(0, next);
  }
  return answers;
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
    const auto answers = run_all(steps, address);
    REQUIRE(answers.size() == steps.size());
    for (size_t i = 0; i < steps.size(); ++i) {
      const std::string answer = replaced(answers[i], "\n", "");
      CHECK_MESSAGE(std::regex_match(answer, pattern_of("0 " + steps[i].shown)),
                    steps[i].command << "\nshown:  " << steps[i].shown << "\nanswer: " << answer);
    }
  }
}
