// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "reader.hpp"

namespace navistore::sqlite {

// Delivers one page of a scan: what is visible at request.now_ms, up to the request's limits.
class ScanPage {
 public:
  // The references are borrowed.
  ScanPage(const navi_scan &request, const backend::ItemSink &sink, const Deadline &deadline)
      : request_(request), sink_(sink), deadline_(deadline) {}

  // `scan`: the request's rows (Reader::open_scan). True: something visible remains.
  bool deliver(Statement &scan);

 private:
  bool fits(const navi_item &item) const noexcept;

  const navi_scan &request_;
  const backend::ItemSink &sink_;
  const Deadline &deadline_;
  uint64_t items_ = 0;
  uint64_t bytes_ = 0;
  bool stopped_ = false;
};

}  // namespace navistore::sqlite
