// SPDX-License-Identifier: Apache-2.0
// The suite tested: a correct store passes it, each bug fails the cases that are there for it, and
// each case is there for a bug.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <set>
#include <thread>

#include "tests/sdk/faulty_matrix/run_harness.hpp"

namespace navistore::faulty {
namespace {

constexpr const char *kPlain = "";
constexpr const char *kShared = ", \"shared\": true";
constexpr const char *kSerialised = ", \"single_threaded\": true";

struct Row {
  std::string name, what;
  HarnessRun run;  // its cases are those that must fail
};

Row bug(const std::string &name, const char *setup, const char *what,
        std::vector<std::string> cases) {
  return {name, what, {"faulty", "{\"bug\": \"" + name + "\"" + setup + "}", std::move(cases)}};
}

// Bugs that are in the file itself.
Row variant(const std::string &name, const char *what, std::vector<std::string> cases) {
  return {name, what, {"faulty_" + name, "{\"history\": \"full\"}", std::move(cases)}};
}

std::vector<Row> rows() {
  std::vector<Row> rows = {
      variant("extra_symbol", "exports a second symbol", {"A.exports_entry_only"}),
      variant("text_relocation", "the code has an address in it", {"A.no_text_relocations"}),
      variant("executable_stack", "asks for an executable stack", {"A.no_executable_stack"}),
      variant("unknown_interface", "answers to any interface id", {"A.unknown_interface_is_null"}),
      variant("changing_interface", "another table each time", {"A.interfaces_are_static"}),
      variant("reserved_used", "a reserved field of the entry is set", {"A.entry"}),
      variant("watch_alone", "a bell without changes to read", {"A.vtables_complete"}),
      variant("global_entry", "the entry is a global symbol", {"A.loads_locally"}),
      variant("acts_at_load", "a static constructor sets the umask", {"A.loading_does_nothing"}),
      variant("config_ignored", "any configuration is taken",
              {"B.config_must_be_json", "B.config_must_be_an_object", "B.config_unknown_key",
               "B.config_wrong_type", "A.short_error_not_overrun"})};
#define NAVISTORE_BUG(id, name, setup, what, ...) \
  rows.push_back(bug(name, setup, what, {__VA_ARGS__}));
#include "tests/fixtures/faulty/bugs.def"
#undef NAVISTORE_BUG
  return rows;
}

// What keeps these from running at all is found when the file is loaded, before any case.
struct Refusal {
  const char *library, *reason;
  std::vector<std::string> cases;  // that state the same
};

std::vector<Refusal> refusals() {
  return {{"faulty_wrong_magic", "wrong magic", {}},
          {"faulty_wrong_size", "wrong size", {}},
          {"faulty_null_member", "stats is NULL", {}},
          {"faulty_short_table", "its size field says", {}},
          {"faulty_borrowed_entry", "belongs to a dependency", {}}};
}

std::string joined(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

std::string missing(const Row &row, const HarnessResult &result) {
  std::vector<std::string> passed;
  for (const std::string &name : row.run.cases) {
    const auto &failed = result.failed;
    if (std::find(failed.begin(), failed.end(), name) == failed.end()) passed.push_back(name);
  }
  return joined(passed);
}

// Runs all rows, two at a time, in order of their index.
std::vector<HarnessResult> run_all(const std::vector<Row> &rows) {
  std::vector<HarnessResult> results(rows.size());
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < rows.size(); i = next++) {
      try {
        results[i] = run_harness(rows[i].run);
      } catch (const std::exception &e) {
        results[i].output = e.what();  // no case failed: the row is reported as not caught
      }
    }
  };
  std::thread other(work);
  work();
  other.join();
  return results;
}

void print_row(const Row &row, const std::string &cases) {
  std::string name = row.name;
  name.resize(std::max<size_t>(name.size(), 32), ' ');
  std::cout << name << " " << cases << "  (" << row.what << ")\n";
}

}  // namespace

TEST_SUITE("sdk/faulty_matrix") {
  TEST_CASE("faulty_matrix: the store without a bug passes, whatever it declares") {
    for (const std::string config :
         {"{}", "{\"history\": \"newest\"}", "{\"shared\": true}", "{\"single_threaded\": true}"}) {
      const HarnessResult result = run_harness({"faulty", config, {}});
      CHECK_MESSAGE(result.passed, config << "\n" << result.output);
    }
    const HarnessResult bare = run_harness({"faulty_bare", "{}", {}});
    CHECK_MESSAGE(bare.passed, "without optional interfaces\n" << bare.output);
  }

  TEST_CASE("faulty_matrix: each bug fails the cases that are there for it") {
    const std::vector<Row> all = rows();
    const std::vector<HarnessResult> results = run_all(all);
    for (size_t i = 0; i < all.size(); ++i) {
      print_row(all[i], joined(results[i].failed));
      const std::string not_found = missing(all[i], results[i]);
      CHECK_MESSAGE(not_found.empty(), all[i].name << " (" << all[i].what << ") passed "
                                                   << not_found << "\n"
                                                   << results[i].output);
    }
    CHECK(all.size() >= 45);
  }

  TEST_CASE("faulty_matrix: a file that is no backend is refused before any case") {
    for (const Refusal &refusal : refusals()) {
      const HarnessResult result = run_harness({refusal.library, "{}", {}});
      CHECK_FALSE(result.passed);
      CHECK_MESSAGE(
          result.output.find(refusal.reason) != std::string::npos,
          refusal.library << ": expected '" << refusal.reason << "', got " << result.output);
    }
  }

  TEST_CASE("faulty_matrix: each case is there for a bug") {
    std::set<std::string> useful;
    for (const Row &row : rows()) useful.insert(row.run.cases.begin(), row.run.cases.end());
    for (const Refusal &refusal : refusals())
      useful.insert(refusal.cases.begin(), refusal.cases.end());
    const std::vector<std::string> all = cases_up_to("soak");
    REQUIRE(all.size() > 100);
    for (const std::string &name : all) {
      CHECK_MESSAGE(useful.count(name) == 1, "no bug of the fixture fails " << name);
      useful.erase(name);
    }
    for (const std::string &name : useful)
      FAIL_CHECK("bugs.def expects " << name << ", which is no case");
  }
}

TEST_SUITE("sdk/faulty_matrix/full" *
           doctest::skip(std::getenv("NAVISTORE_FAULTY_MATRIX") == nullptr)) {
  TEST_CASE("faulty_matrix: the whole gate on each bug") {
    const std::vector<Row> expected = rows();
    std::vector<Row> all = expected;
    for (Row &row : all) row.run.cases.clear();
    const std::vector<HarnessResult> results = run_all(all);
    const std::vector<std::string> gate = cases_up_to("gate");
    const auto in_gate = [&](const std::string &name) {
      return std::find(gate.begin(), gate.end(), name) != gate.end();
    };
    for (size_t i = 0; i < all.size(); ++i) {
      print_row(all[i], joined(results[i].failed));
      // What only later tiers look for is not the gate's to find.
      const std::vector<std::string> &own = expected[i].run.cases;
      const bool missed = results[i].passed && std::any_of(own.begin(), own.end(), in_gate);
      CHECK_MESSAGE(!missed, all[i].name << " (" << all[i].what << ") passed the gate");
    }
  }
}

}  // namespace navistore::faulty
