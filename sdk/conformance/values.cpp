// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/values.hpp"

#include <array>
#include <cstdio>

namespace navistore::conformance {
namespace {

struct StatusName {
  navi_status status;
  const char *name;
};

constexpr std::array<StatusName, 19> kStatuses{{
    {NAVI_OK, "OK"},
    {NAVI_CONFLICT, "CONFLICT"},
    {NAVI_INVALID, "INVALID"},
    {NAVI_UNSUPPORTED, "UNSUPPORTED"},
    {NAVI_TOO_LARGE, "TOO_LARGE"},
    {NAVI_NO_SPACE, "NO_SPACE"},
    {NAVI_NO_MEMORY, "NO_MEMORY"},
    {NAVI_READ_ONLY, "READ_ONLY"},
    {NAVI_BUSY, "BUSY"},
    {NAVI_UNAVAILABLE, "UNAVAILABLE"},
    {NAVI_DENIED, "DENIED"},
    {NAVI_COMPACTED, "COMPACTED"},
    {NAVI_CANCELLED, "CANCELLED"},
    {NAVI_INCOMPATIBLE, "INCOMPATIBLE"},
    {NAVI_DAMAGED, "DAMAGED"},
    {NAVI_MAYBE, "MAYBE"},
    {NAVI_IO, "IO"},
    {NAVI_CORRUPT, "CORRUPT"},
    {NAVI_INTERNAL, "INTERNAL"},
}};

constexpr size_t kLongestRendered = 64;

}  // namespace

std::string status_name(navi_status status) {
  for (const StatusName &known : kStatuses) {
    if (known.status == status) return known.name;
  }
  return "status " + std::to_string(status);
}

bool status_is_known(navi_status status) {
  for (const StatusName &known : kStatuses) {
    if (known.status == status) return true;
  }
  return false;
}

bool nothing_applied(navi_status status) { return status >= 1 && status <= 31; }
bool outcome_unknown(navi_status status) { return status >= 32; }
bool store_is_dead(navi_status status) { return status >= 64; }

std::string escape(const std::string &bytes) {
  if (bytes.size() > kLongestRendered) return "(" + std::to_string(bytes.size()) + " bytes)";
  std::string text;
  for (const char raw : bytes) {
    const auto byte = static_cast<unsigned char>(raw);
    if (byte > 0x20 && byte < 0x7f && byte != '%' && byte != '=') {
      text += raw;
    } else {
      char hex[4];
      std::snprintf(hex, sizeof hex, "%%%02X", byte);
      text += hex;
    }
  }
  return text;
}

std::string render(const std::vector<Item> &items) {
  std::string text;
  for (const Item &item : items) {
    if (!text.empty()) text += ' ';
    text += escape(item.key) + '=' + escape(item.value);
  }
  return text;
}

}  // namespace navistore::conformance
