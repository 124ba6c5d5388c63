// SPDX-License-Identifier: Apache-2.0
// How a conformance case is written.
//
//   NAVI_CASE("C.put_get", kGate, needs()) {          // group letter, dot, claim in snake_case
//     Store &store = fixture.store();                 // opened on first use: fresh directory,
//     fresh namespace CHECK(store.put("a", "1").ok()); CHECK(store.dump() == "a=1"); // doctest's
//     assertions; state is one string
//   }
//
// A case is a doctest TEST_CASE plus what the runner must know of it: its tier, and the capability
// flags and interfaces it needs. Each case runs in a process of its own. Needs that the opened
// store does not declare make the case SKIP, after the refusal itself was checked (the interface is
// NULL, a flag is UNSUPPORTED).
//
// What a case gets (fixture.hpp): the store under test, more handles and namespaces, a seeded
// generator, a scratch directory. What a store's calls give back: plain C++ values (values.hpp).
// Behind each call (store.hpp) the harness places every input at the end of a page, makes it
// inaccessible when the call returns, surrounds every output with canaries, and checks what must
// hold for any call: known statuses, no result left MAYBE on OK, items that carry a revision not
// above the reply's. A case checks only its own claim.
//
// Messages are built with std::string (doctest prints a char pointer as a number):
// CHECK_MESSAGE(ok, text). In threads use CHECK, never REQUIRE (it throws). Never sleep: wait for a
// condition with wait_until() (fixture.hpp). Loop counts grow with fixture.tier(). To add a case:
// write it in cases/<group>_<topic>.cpp and, for a new file, list the file in CMakeLists.txt.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace navistore::conformance {

enum class Tier { kGate, kFull, kSoak };
constexpr Tier kGate = Tier::kGate;
constexpr Tier kFull = Tier::kFull;
constexpr Tier kSoak = Tier::kSoak;

// What a store must declare, or (kNotShared, kConcurrent, kVolatile) must not declare, for a case
// to apply to it.
enum Need : uint32_t {
  kPersistent = 1,
  kShared = 2,
  kFastReads = 4,
  kConcurrent = 8,  // not SINGLE_THREADED
  kFullHistory = 16,
  kFastWrites = 32,
  kNotShared = 64,
  kVolatile = 128,  // not PERSISTENT
  kChanges = 256,
  kWatch = 512,
  kUpkeep = 1024,
};

struct Needs {
  uint32_t bits = 0;
  bool has(Need need) const noexcept { return (bits & need) != 0; }
};

template <class... N>
constexpr Needs needs(N... need) {
  return Needs{(0u | ... | static_cast<uint32_t>(need))};
}

class Fixture;

// A registered case. Lives for the whole process.
struct Case {
  const char *name;  // "C.put_get"
  Tier tier;         // the lowest tier that runs it
  Needs needs;
  void (*body)(Fixture &fixture);

  char group() const noexcept { return name[0]; }
};

// All cases of the executable, sorted by name.
const std::vector<const Case *> &all_cases();
const Case *find_case(std::string_view name);

// Registers at static initialisation; used by NAVI_CASE only.
struct CaseRegistration {
  explicit CaseRegistration(const Case &entry);
};

// Runs the case in this process, inside doctest: opens what it needs, skips, runs the body, checks
// what is left over.
void run_case(const Case &entry);

#define NAVI_CASE_NAMED(id, name, tier, ...)                                             \
  static void id(::navistore::conformance::Fixture &fixture);                            \
  static const ::navistore::conformance::Case id##_entry{name, tier, __VA_ARGS__, &id};  \
  static const ::navistore::conformance::CaseRegistration id##_registration{id##_entry}; \
  TEST_CASE(name) { ::navistore::conformance::run_case(id##_entry); }                    \
  static void id([[maybe_unused]] ::navistore::conformance::Fixture &fixture)
#define NAVI_CASE_ID(id, name, tier, ...) NAVI_CASE_NAMED(id, name, tier, __VA_ARGS__)
#define NAVI_CASE(name, tier, ...) \
  NAVI_CASE_ID(DOCTEST_ANONYMOUS(navi_case_), name, tier, __VA_ARGS__)

}  // namespace navistore::conformance
