// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/case.hpp"

#include <algorithm>
#include <cstring>

#include "sdk/conformance/case_process.hpp"
#include "sdk/conformance/fixture.hpp"
#include "sdk/conformance/record.hpp"
#include "sdk/conformance/refusal.hpp"

namespace navistore::conformance {
namespace {

std::vector<const Case *> &registry() {
  static std::vector<const Case *> cases;
  return cases;
}

struct NeedName {
  Need need;
  const char *missing;
};

constexpr NeedName kNeedNames[] = {
    {kPersistent, "not PERSISTENT"},
    {kShared, "not SHARED"},
    {kFastReads, "no FAST_READS"},
    {kConcurrent, "SINGLE_THREADED"},
    {kFullHistory, "no FULL_HISTORY"},
    {kFastWrites, "no FAST_WRITES"},
    {kNotShared, "SHARED"},
    {kVolatile, "PERSISTENT"},
    {kChanges, "no navistore.changes/1"},
    {kWatch, "no navistore.watch/1"},
    {kUpkeep, "no navistore.upkeep/1"},
};

}  // namespace

const std::vector<const Case *> &all_cases() {
  static const std::vector<const Case *> sorted = [] {
    std::vector<const Case *> cases = registry();
    std::sort(cases.begin(), cases.end(),
              [](const Case *a, const Case *b) { return std::strcmp(a->name, b->name) < 0; });
    return cases;
  }();
  return sorted;
}

const Case *find_case(std::string_view name) {
  for (const Case *entry : registry()) {
    if (entry->name == name) return entry;
  }
  return nullptr;
}

CaseRegistration::CaseRegistration(const Case &entry) { registry().push_back(&entry); }

void run_case(const Case &entry) {
  Fixture fixture(current_job());
  for (const NeedName &name : kNeedNames) {
    if (!entry.needs.has(name.need) || fixture.store().has(name.need)) continue;
    check_refusal(fixture, name.need);
    send_record(RecordKind::kSkip, name.missing);
    return;
  }
  entry.body(fixture);
}

}  // namespace navistore::conformance
