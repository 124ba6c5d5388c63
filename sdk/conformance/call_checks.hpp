// SPDX-License-Identifier: Apache-2.0
// The invariants of any call; store*.cpp uses them. A violation fails the running case and names
// the call.
#pragma once

#include <string>

#include "sdk/conformance/guarded.hpp"
#include "sdk/conformance/values.hpp"

namespace navistore::conformance {

void violated(const char *call, const std::string &what);

// The error detail a call may fill.
class ErrorOut {
 public:
  explicit ErrorOut(const char *call);
  navi_error *get() { return out_.data(); }
  // The text, after checking canaries and size, and that a failure has one.
  std::string text(navi_status status);

 private:
  const char *call_;
  Outputs<navi_error> out_;
};

// The reply a call fills, and the common checks of status and reply.
class ReplyOut {
 public:
  explicit ReplyOut(const char *call);
  navi_reply *get() { return out_.data(); }
  Reply finish(navi_status status, ErrorOut &error);

 private:
  const char *call_;
  Outputs<navi_reply> out_;
};

void check_status(const char *call, navi_status status);

// A copy of what a sink was given, after checking it.
Item copy_item(const char *call, const navi_item &item, uint32_t request_flags);
// What can be said once the call is over: every item's revision is set and not above the reply's.
void check_item_after(const char *call, const Item &item, const Reply &reply, uint64_t now_ms);

}  // namespace navistore::conformance
