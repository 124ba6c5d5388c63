// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "reader.hpp"

namespace navistore::sqlite {

// Answers one call of changes(): the newest change of each key after a revision, in order. Whole
// transactions only, so that the host can resume after the last revision that it got.
class ChangeFeed {
 public:
  // `reader` has been refreshed. The references are borrowed.
  ChangeFeed(Reader &reader, const navi_tail &request, const backend::ChangeSink &sink,
             const Deadline &deadline);

  // True: there are more changes.
  bool deliver();

 private:
  // What of one revision is still the newest of its key.
  struct Extent {
    uint64_t changes = 0;
    uint64_t bytes = 0;
  };

  Extent measure(const navi_bytes &packed, uint64_t revision);
  bool fits(const Extent &extent) const noexcept;
  bool send(const navi_bytes &packed, uint64_t revision, uint64_t changes);
  bool resolve(const LoggedChange &logged, uint64_t revision, navi_change &change);

  Statement &log_;
  Statement &find_;
  const navi_tail &request_;
  const backend::ChangeSink &sink_;
  const Deadline &deadline_;
  uint64_t delivered_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace navistore::sqlite
