// SPDX-License-Identifier: Apache-2.0
#include "core/store/listeners.hpp"

#include <algorithm>
#include <iterator>

namespace navistore::store {

void Listeners::add(const ListenerPtr &listener) {
  const Interest &interest = listener->interest();
  Group &group =
      interest.kind == Interest::Kind::kKey ? keys_[interest.text] : prefixes_.at(interest.text);
  group.insert(listener);
  all_.insert(listener);
}

void Listeners::remove(const ListenerPtr &listener) {
  if (all_.erase(listener) == 0) return;
  const Interest &interest = listener->interest();
  if (interest.kind == Interest::Kind::kKey) {
    const auto group = keys_.find(interest.text);
    group->second.erase(listener);
    if (group->second.empty()) keys_.erase(group);
    return;
  }
  Group &group = *prefixes_.find(interest.text);
  group.erase(listener);
  if (group.empty()) prefixes_.erase(interest.text);
}

bool Listeners::anyone_cares(const Commit &commit) {
  if (all_.empty()) return false;
  return std::any_of(commit.events.begin(), commit.events.end(), [&](const Event &event) {
    bool cares = keys_.find(event.key) != keys_.end();
    if (!cares) prefixes_.visit_prefixes_of(event.key, [&](Group &) { return !(cares = true); });
    return cares;
  });
}

bool Listeners::collect(const Commit &commit, std::vector<ListenerPtr> &out, size_t most) {
  const size_t first = out.size();
  for (const Event &event : commit.events) {
    const auto add = [&](const Group &group) {
      if (group.size() > most - std::min(most, out.size())) return false;
      std::copy_if(group.begin(), group.end(), std::back_inserter(out),
                   [&](const ListenerPtr &listener) { return shows(listener->interest(), event); });
      return true;
    };
    const auto group = keys_.find(event.key);
    if (group != keys_.end() && !add(group->second)) return false;
    bool few = true;
    prefixes_.visit_prefixes_of(event.key, [&](const Group &with) { return few = add(with); });
    if (!few) return false;
  }
  if (commit.events.size() == 1) return true;
  const auto begin = out.begin() + static_cast<std::ptrdiff_t>(first);
  std::sort(begin, out.end());
  out.erase(std::unique(begin, out.end()), out.end());
  return true;
}

}  // namespace navistore::store
