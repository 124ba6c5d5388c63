// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/problem.hpp"

namespace navistore::api {

// The query of one request. A resource takes the parameters that it knows; finish() then refuses
// what is left, since a parameter that is silently ignored could be a blind write. Faults are kept
// until finish(): the first one counts. No query: no allocation.
class Parameters {
 public:
  explicit Parameters(std::optional<std::string_view> query);

  std::optional<std::string_view> take(std::string_view name);
  bool has(std::string_view name) const;  // was given, whether taken or not
  // Absent: false. Present: "true" or "false".
  bool take_flag(std::string_view name);
  // low to high, decimal.
  std::optional<uint64_t> take_number(std::string_view name, uint64_t low, uint64_t high);

  void fault(std::string detail);
  // The first fault: bad encoding, a name twice, a bad value, a name that nobody took.
  std::optional<Fault> finish();

 private:
  struct Parameter {
    std::string name;
    std::string value;
    enum class State : uint8_t { kLeft, kTaken } state = State::kLeft;
  };
  void add(std::string_view pair);

  std::vector<Parameter> parameters_;
  std::optional<Fault> fault_;
};

}  // namespace navistore::api
