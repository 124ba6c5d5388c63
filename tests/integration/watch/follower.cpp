// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/watch/follower.hpp"

#include <stdexcept>
#include <thread>
#include <utility>

#include "core/json/value.hpp"

namespace navistore::test {
namespace {

uint64_t revision_of(const std::string &cursor) {
  return std::stoull(cursor.substr(cursor.find('.') + 1));
}

SeenChange parse_change(const StreamEvent &event) {
  SeenChange change;
  const auto document = json::parse(event.data);
  if (!document || document.value().object() == nullptr) return change;
  for (const json::Member &member : *document.value().object()) {
    if (member.name == "key") change.key = *member.value.string();
    if (member.name == "value") change.tag = *member.value.string();
    if (member.name == "revision") change.revision = *member.value.integer();
  }
  return change;
}

}  // namespace

Follower::Follower(Wanted wanted, std::string cursor, Begin begin, unsigned seed)
    : wanted_(std::move(wanted)), begin_(begin), cursor_(std::move(cursor)), random_(seed) {
  if (begin_ == Begin::kWithState) cursor_.clear();
  if (!cursor_.empty()) reached_ = revision_of(cursor_);
}

void Follower::run(uint16_t port, const std::atomic<uint64_t> &opened,
                   const std::atomic<uint64_t> &goal) {
  while (trouble_.empty() && (goal == 0 || reached_ < goal)) {
    const uint64_t opened_before = opened;
    try {
      watch(port, opened_before, goal);
    } catch (const std::runtime_error &) {
      std::this_thread::yield();  // nobody listens: it is being started again
    }
    // What came before a restart in the middle is of two servers, and promises less.
    if (opened != opened_before && !stretches_.empty()) {
      stretches_.back().promise = Stretch::Promise::kNewest;
    }
  }
}

void Follower::watch(uint16_t port, uint64_t opened, const std::atomic<uint64_t> &goal) {
  const char *kind = wanted_.kind == Wanted::Kind::kKey ? "key=" : "prefix=";
  std::string target = std::string("/v1/watch?") + kind + wanted_.text;
  if (begin_ == Begin::kWithState) target += "&initial=true";
  std::vector<std::string> fields;
  if (!cursor_.empty()) fields.push_back("Last-Event-ID: " + cursor_);
  EventStream stream(port, target, fields);
  if (stream.status() == 410) trouble_ = "410 for " + cursor_ + "\n";
  if (stream.status() != 200) return;
  pending_.clear();
  Stretch stretch{reached_, reached_, {}, Stretch::Promise::kEvery};
  const bool with_state = cursor_.empty();
  if (with_state) state_.clear();
  if (reached_ < opened) stretch.promise = Stretch::Promise::kNewest;
  if (!with_state) stretches_.push_back(stretch);
  while (const auto event = stream.next()) {
    if (take(*event) == After::kDisconnect) break;
    if (goal != 0 && reached_ >= goal) break;
  }
  if (!pending_.empty() && !cursor_.empty()) ++cuts_;
}

Follower::After Follower::take(const StreamEvent &event) {
  if (event.name == "reset") trouble_ = "reset\n";
  const bool change = event.name == "put" || event.name == "delete" || event.name == "expire";
  if (change) {
    SeenChange seen = parse_change(event);
    const bool begun = !pending_.empty() && !cursor_.empty();
    if (begun && pending_.back().revision != seen.revision) trouble_ = "a transaction without id\n";
    if (cursor_.empty()) {
      apply(seen);
    } else {
      pending_.push_back(std::move(seen));
    }
  }
  if (event.name == "synced") {
    cursor_ = event.id;
    reached_ = revision_of(event.id);
    stretches_.push_back({reached_, reached_, {}, Stretch::Promise::kEvery});
  } else if (!event.id.empty()) {
    cursor_ = event.id;
    settle(revision_of(event.id));
  }
  return wants_to_leave() || event.name == "overflow" ? After::kDisconnect : After::kGoOn;
}

bool Follower::wants_to_leave() {
  const bool within = !pending_.empty();
  return random_() % (within ? 60 : 40) == 0;
}

void Follower::settle(uint64_t cursor) {
  Stretch &stretch = stretches_.back();
  for (SeenChange &change : pending_) {
    apply(change);
    stretch.changes.push_back(std::move(change));
  }
  pending_.clear();
  if (cursor < reached_) trouble_ = "an id that goes back\n";
  stretch.through = cursor;
  reached_ = cursor;
}

void Follower::apply(const SeenChange &change) {
  if (change.tag.empty()) {
    state_.erase(change.key);
  } else {
    state_[change.key] = change.tag;
  }
}

std::string Follower::contents() const {
  std::string text;
  for (const auto &[key, value] : state_) text += key + "=" + value + "\n";
  return text;
}

}  // namespace navistore::test
