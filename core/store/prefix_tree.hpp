// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace navistore::store {

// A map from prefixes to T that finds all prefixes of a key in one walk along the key, however many
// there are: a radix tree (Morrison, "PATRICIA", 1968).
template <class T>
class PrefixTree {
 public:
  // The value at the prefix, made when missing.
  T &at(std::string_view prefix) {
    Node *node = &root_;
    while (!prefix.empty()) node = step(*node, prefix);
    if (!node->value) node->value.emplace();
    return *node->value;
  }
  T *find(std::string_view prefix) {
    Node *node = &root_;
    while (node != nullptr && !prefix.empty()) {
      node = descend(*node, prefix);
    }
    return node != nullptr && node->value ? &*node->value : nullptr;
  }
  void erase(std::string_view prefix) { erase_below(root_, prefix); }
  void clear() { root_ = Node(); }

  // Calls visit(T &) for each prefix of the key that has a value, shortest first; until it returns
  // false.
  template <class Visit>
  void visit_prefixes_of(std::string_view key, Visit visit) {
    Node *node = &root_;
    for (;;) {
      if (node->value && !visit(*node->value)) return;
      if (key.empty()) return;
      node = descend(*node, key);
      if (node == nullptr) return;
    }
  }

 private:
  struct Node {
    std::string label;                            // below the parent's
    std::vector<std::unique_ptr<Node>> children;  // by first byte of their labels, never equal
    std::optional<T> value;
  };
  using Children = std::vector<std::unique_ptr<Node>>;

  static typename Children::iterator place(Node &node, char first) {
    return std::lower_bound(
        node.children.begin(), node.children.end(), first,
        [](const std::unique_ptr<Node> &child, char byte) { return child->label[0] < byte; });
  }
  static bool leads(const Node &node, typename Children::const_iterator child, char first) {
    return child != node.children.end() && (*child)->label[0] == first;
  }

  // The child whose whole label starts the text, which is then taken off the text.
  static Node *descend(Node &node, std::string_view &text) {
    const auto child = place(node, text[0]);
    if (!leads(node, child, text[0])) return nullptr;
    const std::string &label = (*child)->label;
    if (text.compare(0, label.size(), label) != 0) return nullptr;
    text.remove_prefix(label.size());
    return child->get();
  }

  // Like descend, but makes the child or splits its label so that there is one.
  static Node *step(Node &node, std::string_view &text) {
    const auto child = place(node, text[0]);
    if (!leads(node, child, text[0])) {
      auto fresh = std::make_unique<Node>();
      fresh->label.assign(text);
      text = {};
      return node.children.insert(child, std::move(fresh))->get();
    }
    const std::string &label = (*child)->label;
    const auto differ = std::mismatch(label.begin(), label.end(), text.begin(), text.end());
    const auto common = static_cast<size_t>(differ.first - label.begin());
    if (common < label.size()) split(*child, common);
    text.remove_prefix(common);
    return child->get();
  }

  static void split(std::unique_ptr<Node> &node, size_t at) {
    auto upper = std::make_unique<Node>();
    upper->label = node->label.substr(0, at);
    node->label.erase(0, at);
    upper->children.push_back(std::move(node));
    node = std::move(upper);
  }

  // Removes the value and what no value hangs under any more. Depth is at most the key's length.
  static void erase_below(Node &node, std::string_view text) {  // NOLINT(misc-no-recursion)
    if (text.empty()) {
      node.value.reset();
      return;
    }
    const auto child = place(node, text[0]);
    if (!leads(node, child, text[0])) return;
    Node &below = **child;
    if (text.compare(0, below.label.size(), below.label) != 0) return;
    erase_below(below, text.substr(below.label.size()));
    if (below.value) return;
    if (below.children.empty()) {
      node.children.erase(child);
    } else if (below.children.size() == 1) {
      std::unique_ptr<Node> only = std::move(below.children[0]);
      only->label.insert(0, below.label);
      *child = std::move(only);
    }
  }

  Node root_;
};

}  // namespace navistore::store
