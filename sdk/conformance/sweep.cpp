// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/sweep.hpp"

#include <signal.h>

#include <cstdio>
#include <cstring>
#include <sstream>

#include "sdk/conformance/worker.hpp"

namespace navistore::conformance {
namespace {

// What one worker is told: "fault at seed writes opening".
struct Point {
  io::Plan plan;
  Sweep::Writes writes = Sweep::Writes::kDurable;
  bool from_open =
      false;  // crash points count from before open(), so that recovery itself is interrupted

  std::string to_text() const {
    std::ostringstream out;
    out << static_cast<int>(plan.fault) << ' ' << plan.at << ' ' << plan.seed << ' '
        << static_cast<int>(writes) << ' ' << from_open;
    return out.str();
  }
  static Point parse(const std::string &text) {
    Point point;
    int fault = 0;
    int writes = 0;
    std::istringstream in(text);
    in >> fault >> point.plan.at >> point.plan.seed >> writes >> point.from_open;
    point.plan.fault = static_cast<io::Fault>(fault);
    point.writes = static_cast<Sweep::Writes>(writes);
    return point;
  }
};

constexpr uint64_t kSteps = 40;  // crash points are among a worker's first steps
constexpr uint64_t kMostTxns =
    2000;                            // a worker that is still alive then is not going to be crashed
constexpr uint64_t kSyncEvery = 10;  // relaxed transactions between two syncs
constexpr int kViolation = 9;

std::string slot_key(char side, size_t slot) { return {side, static_cast<char>('A' + slot)}; }

std::string number_text(uint64_t n) { return std::to_string(n); }

constexpr uint64_t kDamaged = UINT64_MAX;

// The number and a tail that depends on it, up to a page and a quarter long: a record that was torn
// differs somewhere.
std::string value_of(uint64_t n) {
  const std::string number = number_text(n);
  return number + ' ' + std::string(n * 2654435761u % 5000, static_cast<char>('a' + n % 26));
}

uint64_t number_of(const std::string &value) {
  const uint64_t n = std::strtoull(value.c_str(), nullptr, 10);
  return value == value_of(n) ? n : kDamaged;
}

// The numbers found in the store, for each side and slot; 0: absent.
struct Content {
  uint64_t numbers[2][Journal::kSlots] = {};
  uint64_t revision = 0, newest_item = 0;
};

Content content_of(Store &store) {
  Content content;
  const ScanAnswer answer = store.scan();
  content.revision = answer.revision;
  for (const Item &item : answer.items) {
    const size_t side = item.key[0] == 'a' ? 0 : 1;
    const auto slot = static_cast<size_t>(item.key[1] - 'A');
    content.numbers[side][slot % Journal::kSlots] = number_of(item.value);
    content.newest_item = std::max(content.newest_item, item.revision);
  }
  return content;
}

// "" or the broken promise.
std::string slot_violation(const Journal &journal, const Content &content, size_t slot) {
  const uint64_t a = content.numbers[0][slot];
  const uint64_t b = content.numbers[1][slot];
  std::string what;
  if (a != b) what = "torn transaction";
  if (a == kDamaged || b == kDamaged) what = "damaged value";
  if (what.empty() && a < journal.acked[slot]) what = "acknowledged write lost";
  if (what.empty() && a > journal.intent[slot]) what = "value from nowhere";
  if (what.empty()) return "";
  return what + ": slot " + number_text(slot) + " holds " + number_text(a) + " and " +
         number_text(b) + ", acknowledged " + number_text(journal.acked[slot]) + ", begun " +
         number_text(journal.intent[slot]);
}

// Relaxed writes: what is there must be the first N transactions, N not below the last sync.
std::string suffix_violation(const Journal &journal, const Content &content) {
  uint64_t newest = 0;
  for (const uint64_t number : content.numbers[0]) newest = std::max(newest, number);
  if (newest < journal.synced) {
    return "synced write lost: the newest is " + number_text(newest) + ", synced " +
           number_text(journal.synced);
  }
  for (size_t slot = 0; slot < Journal::kSlots; ++slot) {
    const uint64_t number = content.numbers[0][slot];
    if (number + Journal::kSlots <= newest || (number == 0 && newest >= Journal::kSlots)) {
      return "lost more than a suffix: slot " + number_text(slot) + " holds " +
             number_text(number) + " beside " + number_text(newest);
    }
  }
  return "";
}

std::string violation(const Journal &journal, const Content &content, const Point &point) {
  for (size_t slot = 0; slot < Journal::kSlots; ++slot) {
    if (std::string what = slot_violation(journal, content, slot); !what.empty()) return what;
  }
  if (content.revision < journal.revision) {
    return "the revision went back from " + number_text(journal.revision) + " to " +
           number_text(content.revision);
  }
  if (content.newest_item > content.revision) return "an item is newer than the store";
  return point.writes == Sweep::Writes::kRelaxed && point.plan.fault == io::Fault::kPowerCut
             ? suffix_violation(journal, content)
             : "";
}

// Transactions in a relaxed power-cut sweep restart after what is left, so that the first N stay
// the first N.
void forget_lost(Journal &journal, const Content &content) {
  uint64_t newest = 0;
  for (size_t slot = 0; slot < Journal::kSlots; ++slot) {
    journal.intent[slot] = content.numbers[0][slot];
    newest = std::max(newest, content.numbers[0][slot]);
  }
  journal.total = newest;
}

void write_until_crash(Store &store, Journal &journal, const Point &point) {
  const bool durable = point.writes == Sweep::Writes::kDurable;
  const bool survives = durable || point.plan.fault == io::Fault::kKill;  // an acknowledged write
  const Call call{durable ? uint32_t{NAVI_F_DURABLE} : 0u};
  for (uint64_t i = 1; i <= kMostTxns; ++i) {
    const uint64_t n = journal.total + 1;
    const size_t slot = n % Journal::kSlots;
    journal.total = n;
    journal.intent[slot] = n;
    const TxnResult result = store.txn(
        Txn().put(slot_key('a', slot), value_of(n)).put(slot_key('b', slot), value_of(n)), call);
    if (result.ok() && survives) {
      journal.acked[slot] = n;
      journal.revision = result.revision;
    }
    if (!durable && i % kSyncEvery == 0 && store.sync().ok()) journal.synced = n;
  }
}

}  // namespace

NAVI_WORKER(sweep) {
  SharedMemory memory(kSharedFd);
  auto &journal = memory.as<Journal>();
  const Point point = Point::parse(worker.job.payload);
  io::watch(worker.request.data_dir);
  if (point.from_open) io::inject(point.plan);
  const Opened opened = Store::open(worker.plugin, worker.request);
  const auto fail = [&journal](const std::string &what) {
    std::snprintf(journal.what, sizeof journal.what, "%s", what.c_str());
    journal.wrong = 1;
    return kViolation;
  };
  if (!opened.store)
    return fail("cannot be opened any more: " + status_name(opened.status) + ": " + opened.error);
  opened.store->set_guard(Guard::kPoison);
  const Content content = content_of(*opened.store);
  if (const std::string what = violation(journal, content, point); !what.empty()) return fail(what);
  if (point.writes == Sweep::Writes::kRelaxed && point.plan.fault == io::Fault::kPowerCut)
    forget_lost(journal, content);
  if (!point.from_open) io::inject(point.plan);
  write_until_crash(*opened.store, journal, point);
  ++journal.uncut;
  return 0;
}

void run_sweep(Fixture &fixture, const Sweep &sweep) {
  fixture.close();
  SharedMemory memory(sizeof(Journal));
  auto &journal = memory.as<Journal>();
  for (unsigned i = 0; i < sweep.points; ++i) {
    Point point;
    point.plan = {sweep.fault, 1 + fixture.random()() % kSteps, fixture.random()()};
    point.writes = sweep.writes;
    point.from_open = i % 4 == 3;
    WorkerProcess worker(fixture, "sweep", point.to_text(), &memory);
    const WorkerEnd end = worker.wait();
    const std::string story =
        "crash " + std::to_string(i) + " at step " + std::to_string(point.plan.at);
    REQUIRE_MESSAGE(journal.wrong == 0, story << " or before: " << std::string(journal.what));
    const bool expected = end.signal == SIGKILL || (end.signal == 0 && end.exit_status == 0);
    REQUIRE_MESSAGE(expected, story << ": the worker ended with status " << end.exit_status
                                    << ", signal " << end.signal);
    if (journal.uncut > 0) break;
  }
  CHECK(journal.total > 0);
  if (journal.uncut > 0)
    fixture.warn("durability unverified: the writer met no write that the harness can see");
  Point last;
  last.plan = {sweep.fault, 0, 0};
  const Content content = content_of(fixture.store());
  last.writes = sweep.writes;
  CHECK(violation(journal, content, last) == "");
}

}  // namespace navistore::conformance
