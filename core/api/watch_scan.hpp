// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/item_json.hpp"
#include "core/result.hpp"
#include "core/store/store.hpp"

namespace navistore::api {

// The items that a watch shows before it follows the changes. They are read in pages, each of them
// one state of the store; it remembers which revision what keys were shown at.
class WatchScan {
 public:
  WatchScan(const store::Interest &interest, Include include);

  // Visits the next page, until visit returns false, which ends the page behind that item. Blocks:
  // reader pool only.
  using Visit = FunctionRef<bool(const store::ItemView &item)>;
  Outcome read_page(store::Store &store, Visit visit);

  bool complete() const { return complete_; }
  // The states of the first page and of the last one. Read one page before.
  uint64_t first_revision() const { return first_; }
  uint64_t last_revision() const { return parts_.back().revision; }
  // Whether the page that has the place of a key showed its state after this revision, or a later
  // one. Of a complete scan.
  bool shows(std::string_view key, uint64_t revision) const;

 private:
  struct Part {  // the keys up to through, behind those of the part before; the last one: all
                 // others
    std::string through;
    uint64_t revision = 0;
  };

  const std::string start_;
  const std::string end_;
  const store::Values values_;
  std::vector<Part> parts_;
  uint64_t first_ = 0;
  bool complete_ = false;
};

}  // namespace navistore::api
