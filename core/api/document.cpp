// SPDX-License-Identifier: Apache-2.0
#include "core/api/document.hpp"

#include <algorithm>

#include "core/api/limits.hpp"
#include "core/json/utf8.hpp"

namespace navistore::api {
namespace {

std::string_view type_of(Shape shape) {
  switch (shape) {
    case Shape::kEnv: return "text/plain; charset=utf-8";
    case Shape::kProperties: return "text/x-java-properties; charset=iso-8859-1";
    default: break;
  }
  return kJsonType;
}

Result<std::string> render(Shape shape, const std::vector<Leaf> &leaves) {
  for (const Leaf &leaf : leaves) {
    if (json::is_utf8(leaf.name) && json::is_utf8(leaf.value)) continue;
    return Error{Code::kInvalid, "'" + leaf.name + "' or its value is not UTF-8"};
  }
  if (shape == Shape::kEnv) return render_env(leaves);
  if (shape == Shape::kProperties) return render_properties(leaves);
  return render_json(leaves);
}

struct Subtree {
  std::vector<Leaf> leaves;
  uint64_t bytes = 0;
  Shown shown;
};

// The whole range in one scan: one state.
Result<Subtree> read_subtree(store::Store &store, const ListQuery &query) {
  Subtree tree;
  tree.shown.revision = store.revision();
  const Stretch stretch = stretch_of(query, query.from);
  if (stretch.content == Stretch::Content::kNothing) return tree;
  store::ScanQuery scan;
  scan.start = stretch.start;
  scan.end = stretch.end;
  scan.start_bound = stretch.bound;
  scan.values = store::Values::kWith;
  const auto end = store.scan(scan, [&](size_t, const store::ItemView &item) {
    if (item.expires_ms != 0) {
      tree.shown.expires_ms = std::min(tree.shown.expires_ms, item.expires_ms);
    }
    tree.bytes += item.key.size() + item.value.size();
    if (tree.bytes > kMaxDocumentBytes) return false;
    tree.leaves.push_back({std::string(item.key.substr(query.prefix.size())),
                           std::string(item.value), std::string(item.meta.type())});
    return true;
  });
  if (!end) return end.error();
  tree.shown.revision = end.value().revision;
  return tree;
}

}  // namespace

std::optional<Shown> answer_document(Call &call, const ListQuery &query) {
  const auto tree = read_subtree(call.store(), query);
  if (!tree) {
    call.fail(fault_of(tree.error(), Access::kRead));
    return std::nullopt;
  }
  if (tree.value().bytes > kMaxDocumentBytes) {
    call.fail(Fault{Problem::kNotAcceptable, "the subtree is too large for one document",
                    kMaxDocumentBytes});
    return std::nullopt;
  }
  const auto document = render(query.shape, tree.value().leaves);
  if (!document) {
    call.fail(Problem::kNotAcceptable, document.error().message);
    return std::nullopt;
  }
  call.valid_at(tree.value().shown.revision);
  call.response().field("Content-Type", type_of(query.shape));
  call.response().field("X-Content-Type-Options", "nosniff");
  call.response().body = document.value();
  return tree.value().shown;
}

}  // namespace navistore::api
