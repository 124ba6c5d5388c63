// SPDX-License-Identifier: Apache-2.0
#include "core/replication/withheld.hpp"

#include <algorithm>

namespace navistore::replication {
namespace {

constexpr uint64_t kGrainMs = 10;
// Any two marks in a row span a 32nd of their age at least: those of the last century are fewer.
constexpr size_t kMostMarks = 2'048;
constexpr uint64_t kAgeParts = 32;

uint64_t between(uint64_t from_ms, uint64_t to_ms) { return to_ms - std::min(from_ms, to_ms); }

}  // namespace

// The first mark is of what the peer lacks longest, which may be from an earlier run: that one does
// not grow.
void Withheld::committed(uint64_t revision, uint64_t now_ms) {
  const Lock lock(mutex_);
  if (!marks_.empty() && revision <= marks_.back().through) return;
  if (marks_.size() >= kMostMarks) thin(now_ms);
  const bool joins = marks_.size() > 1 && (between(marks_.back().since_ms, now_ms) < kGrainMs ||
                                           marks_.size() >= kMostMarks);
  if (joins) {
    marks_.back().through = revision;
  } else {
    marks_.push_back({revision, now_ms});
  }
}

// A mark joins the one before where even the last of its changes is then told well enough.
void Withheld::thin(uint64_t now_ms) {
  std::deque<Mark> kept;
  for (size_t i = 0; i < marks_.size(); ++i) {
    const uint64_t end_ms = i + 1 < marks_.size() ? marks_[i + 1].since_ms : now_ms;
    const bool joins = !kept.empty() &&
                       between(kept.back().since_ms, end_ms) <= between(end_ms, now_ms) / kAgeParts;
    if (joins) {
      kept.back().through = marks_[i].through;
    } else {
      kept.push_back(marks_[i]);
    }
  }
  marks_.swap(kept);
}

void Withheld::acknowledged(uint64_t revision) {
  const Lock lock(mutex_);
  while (!marks_.empty() && marks_.front().through <= revision) marks_.pop_front();
}

void Withheld::begin_again(uint64_t through, uint64_t now_ms) {
  const Lock lock(mutex_);
  const uint64_t since_ms = marks_.empty() ? now_ms : marks_.front().since_ms;
  while (!marks_.empty() && marks_.front().through <= through) marks_.pop_front();
  marks_.push_front({through, since_ms});
}

void Withheld::began_at(uint64_t time_ms) {
  const Lock lock(mutex_);
  if (!marks_.empty()) marks_.front().since_ms = time_ms;
}

std::optional<uint64_t> Withheld::since_ms(uint64_t revision) const {
  const Lock lock(mutex_);
  const auto oldest =
      std::upper_bound(marks_.begin(), marks_.end(), revision,
                       [](uint64_t wanted, const Mark &mark) { return wanted < mark.through; });
  if (oldest == marks_.end()) return std::nullopt;
  return oldest->since_ms;
}

}  // namespace navistore::replication
