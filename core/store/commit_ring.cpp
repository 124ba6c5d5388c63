// SPDX-License-Identifier: Apache-2.0
#include "core/store/commit_ring.hpp"

#include <algorithm>
#include <cassert>

namespace navistore::store {

void CommitRing::push(CommitPtr commit) {
  assert(commit->revision > newest_ && !commit->events.empty());
  newest_ = commit->revision;
  events_ += commit->events.size();
  bytes_ += commit->bytes();
  commits_.push_back(std::move(commit));
  while (events_ > limits_.max_events || bytes_ > limits_.max_bytes) {
    const Commit &oldest = *commits_.front();
    floor_ = oldest.revision;
    events_ -= oldest.events.size();
    bytes_ -= oldest.bytes();
    commits_.pop_front();
  }
}

void CommitRing::restart(uint64_t revision) {
  commits_.clear();
  events_ = 0;
  bytes_ = 0;
  floor_ = revision;
  newest_ = revision;
}

size_t CommitRing::index_after(uint64_t revision) const {
  const auto after = std::upper_bound(
      commits_.begin(), commits_.end(), revision,
      [](uint64_t wanted, const CommitPtr &commit) { return wanted < commit->revision; });
  return static_cast<size_t>(after - commits_.begin());
}

uint64_t CommitRing::newest_under(std::string_view prefix) const {
  const Interest interest{Interest::Kind::kPrefix, std::string(prefix)};
  const auto touches = [&](const CommitPtr &commit) {
    return std::any_of(commit->events.begin(), commit->events.end(),
                       [&](const Event &event) { return concerns(interest, event); });
  };
  const auto newest = std::find_if(commits_.rbegin(), commits_.rend(), touches);
  return newest == commits_.rend() ? 0 : (*newest)->revision;
}

}  // namespace navistore::store
