// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/cases/text.hpp"

namespace navistore::conformance {
namespace {

std::string render_change(const Change &change) {
  const std::string key = escape(change.item.key);
  if (change.kind == NAVI_CHANGE_PUT) return "PUT " + key + "=" + escape(change.item.value);
  if (change.kind == NAVI_CHANGE_CLEAR) return "CLEAR";
  return ((change.flags & NAVI_CHANGE_EXPIRED) != 0 ? "EXPIRE " : "DELETE ") + key;
}

}  // namespace

std::string outcome(const TxnResult &result) {
  const std::string own = status_name(result.status);
  return result.call == NAVI_OK ? own : "call " + status_name(result.call) + ": " + own;
}

std::string outcomes(const ApplyAnswer &answer) {
  std::string text = answer.ok() ? "" : "call " + status_name(answer.status) + ":";
  for (const TxnResult &result : answer.results) {
    if (!text.empty()) text += ' ';
    text += status_name(result.status);
  }
  return text;
}

std::string keys_of(const std::vector<Item> &items) {
  std::string text;
  for (const Item &item : items) {
    if (!text.empty()) text += ' ';
    text += escape(item.key);
  }
  return text;
}

std::string found_of(const TxnResult &result) {
  std::string text;
  for (const uint8_t found : result.found) {
    if (!text.empty()) text += ' ';
    text += std::to_string(found);
  }
  return text;
}

std::string render(const std::vector<Change> &changes) {
  std::string text;
  bool between = true;
  for (const Change &change : changes) {
    if (!text.empty()) text += between ? "; " : ", ";
    text += render_change(change);
    between = change.last();
  }
  return between ? text : text + " !";
}

}  // namespace navistore::conformance
