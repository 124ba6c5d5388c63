// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "core/http/message.hpp"

namespace navistore::http {

// A part of a stream's body: a text of its own, or one that is shared.
class Part {
 public:
  explicit Part(std::string own) : own_(std::move(own)) {}
  explicit Part(SharedText shared) : shared_(std::move(shared)) {}

  size_t size() const { return shared_ ? shared_->size() : own_.size(); }
  bool is_shared() const { return shared_ != nullptr; }
  std::string &&take_own() { return std::move(own_); }
  SharedText &&take_shared() { return std::move(shared_); }

 private:
  std::string own_;
  SharedText shared_;
};

}  // namespace navistore::http
