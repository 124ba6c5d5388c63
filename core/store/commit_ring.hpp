// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "core/store/commit.hpp"

namespace navistore::store {

// The newest commits, in revision order, bounded by events and bytes. Not thread-safe.
class CommitRing {
 public:
  struct Limits {
    size_t max_events = 16'384;
    size_t max_bytes = size_t{16} << 20;
  };

  CommitRing(uint64_t start, Limits limits) : limits_(limits), floor_(start), newest_(start) {}

  uint64_t floor() const { return floor_; }    // it holds every commit after this revision
  uint64_t newest() const { return newest_; }  // and none after this one
  void push(CommitPtr commit);                 // its revision is above newest()
  void skip_to(uint64_t revision) { newest_ = revision; }  // nothing that is shown lies between
  void restart(uint64_t revision);  // empty: nothing is known up to this revision

  // Visits the commits after a revision (at least floor()), oldest first, until it returns false.
  template <class Visit>
  void visit_after(uint64_t revision, Visit visit) const {
    for (size_t i = index_after(revision); i < commits_.size(); ++i) {
      if (!visit(commits_[i])) return;
    }
  }
  // The newest commit with a change under the prefix, 0 when there is none.
  uint64_t newest_under(std::string_view prefix) const;

 private:
  size_t index_after(uint64_t revision) const;

  const Limits limits_;
  std::deque<CommitPtr> commits_;
  size_t events_ = 0;
  size_t bytes_ = 0;
  uint64_t floor_;
  uint64_t newest_;
};

}  // namespace navistore::store
