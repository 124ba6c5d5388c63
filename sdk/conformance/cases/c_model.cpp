// SPDX-License-Identifier: Apache-2.0
// Group C: random calls, each answer compared with that of a std::map.
#include "sdk/conformance/case.hpp"
#include "sdk/conformance/cases/model.hpp"
#include "sdk/conformance/cases/text.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {
namespace {

// Later ones are only overwritten after the call: guard pages would be most of the time.
constexpr int kGuardedCalls = 1000;

class ModelRun {
 public:
  explicit ModelRun(Fixture &fixture) : fixture_(fixture), random_(fixture.random()) {}

  // False at the first answer that differs. Reopens four times.
  bool run(int calls) {
    for (int i = 1; i <= calls && same_; ++i) {
      fixture_.store().set_guard(i < kGuardedCalls ? Guard::kPacked : Guard::kPoison);
      now_ += random_() % 3;
      step(random_() % 1000);
      if (i % (calls / 4) == 0) reopen();
    }
    return same_;
  }

 private:
  // Few short keys of a nasty alphabet, so that they meet often and are prefixes of each other.
  std::string key() {
    static const std::string alphabet("\0a\x7f\x80\xff", 5);
    std::string text(1 + random_() % 3, 'a');
    for (char &c : text) c = alphabet[random_() % alphabet.size()];
    return text;
  }
  std::string bytes(size_t most) {
    std::string text(random_() % (most + 1), ' ');
    for (char &c : text) c = static_cast<char>(random_());
    return text;
  }

  void step(uint64_t dice) {
    if (dice < 500) return apply();
    if (dice < 750) return read();
    if (dice < 980) return scan();
    if (dice < 990) return purge();
    if (dice < 992) return clear();
    stats();
  }

  void expect(const std::string &call, const std::string &got, const std::string &expected) {
    same_ = got == expected;
    CHECK_MESSAGE(same_, call << ": got " << got << ", expected " << expected);
  }

  Txn transaction();
  void apply();
  void read();
  void scan();
  void purge();
  void clear();
  void stats();
  void reopen();

  Fixture &fixture_;
  std::mt19937_64 &random_;
  Model model_;
  uint64_t now_ = kNow;
  uint64_t newest_ = 0;
  bool same_ = true;
};

Txn ModelRun::transaction() {
  Txn txn;
  for (uint64_t n = random_() % 3; n > 0; --n) {
    const uint64_t kind = random_() % 3;
    const std::string on = key();
    if (kind == 0) txn.absent(on);
    if (kind == 1) txn.present(on);
    if (kind == 2) txn.revision_is(on, newest_ < 20 ? 1 : newest_ - random_() % 20);
  }
  std::map<std::string, bool> used;  // no key twice
  for (uint64_t n = random_() % 5; n > 0; --n) {
    const std::string on = key();
    if (!used.emplace(on, true).second) continue;
    const uint64_t expires = random_() % 4 == 0 ? now_ - 2 + random_() % 200 : 0;
    if (random_() % 3 == 0) {
      txn.del(on);
    } else {
      txn.put(on, bytes(40), bytes(10), expires);
    }
  }
  return txn;
}

void ModelRun::apply() {
  std::vector<Txn> txns(1 + random_() % 3);
  for (Txn &txn : txns) txn = transaction();
  const ApplyAnswer answer = fixture_.store().apply(txns, {0, now_});
  for (size_t i = 0; i < txns.size() && same_; ++i) {
    const TxnResult &result = answer.results[i];
    const bool changes = model_.would_change(txns[i], now_);
    const bool numbered = changes ? result.revision > newest_ : result.revision == newest_;
    same_ = !result.ok() || numbered;
    CHECK_MESSAGE(same_, "apply: revision " << result.revision << " after " << newest_
                                            << std::string(changes ? "" : ", with no change"));
    if (changes) newest_ = result.revision;
    if (same_) expect("apply", describe(result), model_.apply(txns[i], now_, result.revision));
  }
}

void ModelRun::read() {
  std::vector<std::string> keys(1 + random_() % 4);
  for (std::string &name : keys) name = key();
  const uint32_t flags = random_() % 2 == 0 ? NAVI_F_SNAPSHOT : 0;
  const ReadAnswer answer = fixture_.store().read(keys, {flags, now_});
  for (size_t i = 0; i < keys.size() && same_; ++i) {
    const std::string got = answer.items[i] ? describe(*answer.items[i]) : "-";
    expect("read " + escape(keys[i]), got, model_.read(keys[i], now_));
  }
  if (same_) expect("read's revision", std::to_string(answer.revision), std::to_string(newest_));
}

void ModelRun::scan() {
  ScanRequest request;
  request.now_ms = now_;
  if (random_() % 3 != 0) request.start = key();
  if (random_() % 3 != 0) request.end = key();
  if (random_() % 2 == 0) request.flags |= NAVI_F_AFTER;
  if (random_() % 2 == 0) request.flags |= NAVI_F_REVERSE;
  if (random_() % 2 == 0) request.max_items = 1 + random_() % 8;
  if (random_() % 4 == 0) request.max_bytes = 1 + random_() % 200;
  const ScanAnswer answer = fixture_.store().scan(request);
  std::string got;
  for (const Item &item : answer.items) got += describe(item) + " ";
  expect("scan [" + escape(request.start) + ", " + escape(request.end) + ") flags " +
             std::to_string(request.flags) + " items " + std::to_string(request.max_items) +
             " bytes " + std::to_string(request.max_bytes),
         got + (answer.more ? "+" : ""), model_.scan(request));
}

void ModelRun::purge() {
  if (!fixture_.store().has(kUpkeep)) return;
  const Reply reply = fixture_.store().purge(now_);
  const size_t purged = model_.purge(now_);
  expect("purge", status_name(reply.status), "OK");
  same_ = same_ && (purged == 0 || reply.revision > newest_);
  CHECK_MESSAGE(same_, "purge of " << purged << " items: revision " << reply.revision << " after "
                                   << newest_);
  if (purged != 0) newest_ = reply.revision;
}

void ModelRun::clear() {
  expect("clear", status_name(fixture_.store().clear({0, now_}).status), "OK");
  model_.clear();
  newest_ = fixture_.store().stats().revision;
}

void ModelRun::stats() {
  const StatsAnswer answer = fixture_.store().stats();
  expect("stats' revision", std::to_string(answer.stats.revision), std::to_string(newest_));
}

void ModelRun::reopen() {
  if (!fixture_.store().has(kPersistent)) return;
  Store &store = fixture_.reopen();
  expect("revision after reopen", std::to_string(store.stats().revision), std::to_string(newest_));
  ScanRequest request;
  request.now_ms = now_;
  std::string got;
  for (const Item &item : store.scan(request).items) got += describe(item) + " ";
  if (same_) expect("scan after reopen", got, model_.scan(request));
}

}  // namespace

NAVI_CASE("C.model", kGate, needs()) { CHECK(ModelRun(fixture).run(10'000)); }

NAVI_CASE("C.model_long", kFull, needs()) { CHECK(ModelRun(fixture).run(1'000'000)); }

}  // namespace navistore::conformance
