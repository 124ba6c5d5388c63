// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/call_checks.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "sdk/conformance/record.hpp"

namespace navistore::conformance {
namespace {

constexpr uint64_t kRevisionLimit = uint64_t{1} << 63;

std::string copy_bytes(const char *call, const char *field, const navi_bytes &bytes) {
  if (bytes.len == 0) return {};
  if (bytes.ptr == nullptr) {
    violated(call, std::string("a sink got a ") + field + " of " + std::to_string(bytes.len) +
                       " bytes at NULL");
    return {};
  }
  return {reinterpret_cast<const char *>(bytes.ptr), bytes.len};
}

navi_error fresh_error() {
  navi_error error{};
  error.size = sizeof error;
  return error;
}

}  // namespace

void violated(const char *call, const std::string &what) {
  const std::string text = std::string(call) + ": " + what;
  if (doctest::is_running_in_test) {
    FAIL_CHECK(text);
  } else {
    send_record(RecordKind::kFailure, text);  // in a worker or the probe
  }
}

ErrorOut::ErrorOut(const char *call) : call_(call), out_(1, fresh_error()) {}

std::string ErrorOut::text(navi_status status) {
  if (!out_.intact()) violated(call_, "wrote outside the navi_error");
  const navi_error &error = out_[0];
  if (error.size != sizeof(navi_error)) violated(call_, "changed navi_error.size");
  const char *end = std::find(error.text, error.text + sizeof error.text, '\0');
  if (end == error.text + sizeof error.text) violated(call_, "navi_error.text has no end");
  std::string text(error.text, end);
  if (status != NAVI_OK && text.empty()) violated(call_, "failed without a text");
  return text;
}

ReplyOut::ReplyOut(const char *call) : call_(call), out_(1, navi_reply{sizeof(navi_reply), 0, 0}) {}

Reply ReplyOut::finish(navi_status status, ErrorOut &error) {
  check_status(call_, status);
  if (!out_.intact()) violated(call_, "wrote outside the navi_reply");
  const navi_reply &reply = out_[0];
  if (reply.size != sizeof(navi_reply)) violated(call_, "changed navi_reply.size");
  if ((reply.flags & ~NAVI_MORE) != 0) violated(call_, "set an unknown flag in navi_reply");
  if (status == NAVI_OK && reply.revision >= kRevisionLimit)
    violated(call_, "the revision is not below 2^63");
  Reply result;
  result.status = status;
  result.revision = reply.revision;
  result.more = (reply.flags & NAVI_MORE) != 0;
  result.error = error.text(status);
  return result;
}

void check_status(const char *call, navi_status status) {
  if (!status_is_known(status))
    violated(call, "returned " + status_name(status) + ", which the contract does not define");
  if (status == NAVI_CONFLICT)
    violated(call, "returned CONFLICT, which is a transaction's result, not a call's");
}

Item copy_item(const char *call, const navi_item &item, uint32_t request_flags) {
  Item copy;
  copy.key = copy_bytes(call, "key", item.key);
  copy.value = copy_bytes(call, "value", item.value);
  copy.meta = copy_bytes(call, "meta", item.meta);
  copy.revision = item.revision;
  copy.expires_ms = item.expires_ms;
  if (item.flags != 0 || item.zero != 0)
    violated(call, "an item has unknown flags or a non-zero reserved field");
  if ((request_flags & NAVI_F_NO_VALUE) != 0 &&
      (item.value.len != 0 || item.value.ptr != nullptr)) {
    violated(call, "an item has a value although NO_VALUE was asked");
  }
  return copy;
}

void check_item_after(const char *call, const Item &item, const Reply &reply, uint64_t now_ms) {
  if (item.revision == 0) violated(call, "key '" + escape(item.key) + "' has revision 0");
  if (item.revision > reply.revision) {
    violated(call, "key '" + escape(item.key) + "' has revision " + std::to_string(item.revision) +
                       ", above the reply's " + std::to_string(reply.revision));
  }
  if (item.expires_ms != 0 && item.expires_ms <= now_ms) {
    violated(call, "key '" + escape(item.key) + "' is expired but was delivered");
  }
}

}  // namespace navistore::conformance
