// SPDX-License-Identifier: Apache-2.0
#include "core/api/keys_read.hpp"

#include <string_view>
#include <utility>

#include "core/api/limits.hpp"

namespace navistore::api {
namespace {

struct Piece {  // of the text of all items, in the order of the visits
  size_t at = 0;
  size_t length = 0;  // 0: missing
};

void append_in_order(const std::vector<Piece> &pieces, std::string_view text, std::string &array) {
  array.push_back('[');
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (i != 0) array.push_back(',');
    if (pieces[i].length == 0) {
      array.append("null");
    } else {
      array.append(text.substr(pieces[i].at, pieces[i].length));
    }
  }
  array.push_back(']');
}

Result<std::optional<uint64_t>> read_at(store::Store &store,
                                        const std::vector<std::string_view> &keys,
                                        store::Values values, ReadPlace place,
                                        store::Visitor visit) {
  if (place == ReadPlace::kEventLoop) {
    return store.read_inline(keys.data(), keys.size(), values, visit);
  }
  const auto revision = store.read(keys.data(), keys.size(), values, visit);
  if (!revision) return revision.error();
  return std::optional<uint64_t>(revision.value());
}

}  // namespace

KeysRead read_keys(store::Store &store, const std::vector<std::string> &keys,
                   const ItemStyle &style, ReadPlace place, std::string &array) {
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  std::vector<Piece> pieces(keys.size());
  std::string text;
  const auto values =
      style.include == Include::kValues ? store::Values::kWith : store::Values::kWithout;
  const auto write = [&](size_t index, const store::ItemView &item) {
    const size_t at = text.size();
    json::Writer json(text);
    write_item(item, style, json);
    pieces[index] = {at, text.size() - at};
    return text.size() <= kMaxDocumentBytes;
  };
  const auto revision = read_at(store, views, values, place, write);
  if (!revision) return {0, fault_of(revision.error(), Access::kRead), KeysRead::Extent::kAll};
  if (!revision.value()) return {0, std::nullopt, KeysRead::Extent::kTooMuch};
  if (text.size() > kMaxDocumentBytes) {
    return {
        0,
        Fault{Problem::kValueTooLarge, "the items are too large for one answer", kMaxDocumentBytes},
        KeysRead::Extent::kAll};
  }
  append_in_order(pieces, text, array);
  return {*revision.value(), std::nullopt, KeysRead::Extent::kAll};
}

}  // namespace navistore::api
