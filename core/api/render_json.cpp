// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/api/ascii.hpp"
#include "core/api/document.hpp"
#include "core/json/value.hpp"
#include "core/json/writer.hpp"

namespace navistore::api {
namespace {

// Deeper keys keep their last names joined, so that no client's parser is asked for too much.
constexpr int kDeepest = 64;

struct Node {
  const Leaf *leaf = nullptr;
  std::map<std::string_view, std::unique_ptr<Node>> children;
};

// A leaf never gets children: what lies below it stays beside it, under the longer name. Leaves
// come in key order, so the shorter name is there first.
void place(Node &root, const Leaf &leaf) {
  Node *node = &root;
  std::string_view rest = leaf.name;
  for (int depth = 0; depth < kDeepest; ++depth) {
    const size_t slash = rest.find('/');
    if (slash == std::string_view::npos) break;
    const std::string_view name = rest.substr(0, slash);
    const auto known = node->children.find(name);
    if (known != node->children.end() && known->second->leaf != nullptr) break;
    auto &child = node->children[name];
    if (!child) child = std::make_unique<Node>();
    node = child.get();
    rest.remove_prefix(slash + 1);
  }
  auto &place = node->children[rest];
  place = std::make_unique<Node>();
  place->leaf = &leaf;
}

bool says_json(std::string_view type) {
  const std::string_view media = trimmed(cut(type, ';'));
  constexpr std::string_view kSuffix = "+json";
  return same_word(media, "application/json") ||
         (media.size() > kSuffix.size() &&
          same_word(media.substr(media.size() - kSuffix.size()), kSuffix));
}

void write_leaf(const Leaf &leaf, json::Writer &json) {
  if (says_json(leaf.type) && json::parse(leaf.value)) {
    json.raw(leaf.value);
  } else {
    json.string(leaf.value);
  }
}

// At most kDeepest calls deep.
void write_node(const Node &node, json::Writer &json) {
  json.begin_object();
  for (const auto &[name, child] : node.children) {
    json.name(name);
    if (child->leaf != nullptr) {
      write_leaf(*child->leaf, json);
    } else {
      write_node(*child, json);
    }
  }
  json.end_object();
}

}  // namespace

Result<std::string> render_json(const std::vector<Leaf> &leaves) {
  Node root;
  for (const Leaf &leaf : leaves) place(root, leaf);
  std::string text;
  json::Writer json(text);
  write_node(root, json);
  text.push_back('\n');
  return text;
}

}  // namespace navistore::api
