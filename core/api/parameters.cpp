// SPDX-License-Identifier: Apache-2.0
#include "core/api/parameters.hpp"

#include <algorithm>
#include <utility>

#include "core/api/ascii.hpp"
#include "core/api/key_codec.hpp"

namespace navistore::api {

Parameters::Parameters(std::optional<std::string_view> query) {
  if (!query) return;
  std::string_view rest = *query;
  while (!rest.empty()) {
    const std::string_view pair = cut(rest, '&');
    if (!pair.empty()) add(pair);
  }
}

void Parameters::add(std::string_view pair) {
  std::string_view value = pair;
  const std::string_view encoded_name = cut(value, '=');
  auto name = percent_decode(encoded_name, Plus::kBlank);
  auto decoded = percent_decode(value, Plus::kBlank);
  if (!name || !decoded) {
    fault("query parameter '" + std::string(encoded_name) +
          "': '%' must be followed by two hex digits");
    return;
  }
  for (const Parameter &other : parameters_) {
    if (other.name == *name) fault("query parameter '" + *name + "' was given twice");
  }
  parameters_.push_back({std::move(*name), std::move(*decoded), Parameter::State::kLeft});
}

std::optional<std::string_view> Parameters::take(std::string_view name) {
  for (Parameter &parameter : parameters_) {
    if (parameter.name != name) continue;
    parameter.state = Parameter::State::kTaken;
    return parameter.value;
  }
  return std::nullopt;
}

bool Parameters::has(std::string_view name) const {
  return std::any_of(parameters_.begin(), parameters_.end(),
                     [&](const Parameter &parameter) { return parameter.name == name; });
}

bool Parameters::take_flag(std::string_view name) {
  const auto value = take(name);
  if (!value || *value == "false") return false;
  if (*value != "true") fault(std::string(name) + ": expected true or false");
  return true;
}

std::optional<uint64_t> Parameters::take_number(std::string_view name, uint64_t low,
                                                uint64_t high) {
  const auto value = take(name);
  if (!value) return std::nullopt;
  const auto number = parse_decimal(*value);
  if (number && *number >= low && *number <= high) return number;
  fault(std::string(name) + ": expected a number from " + std::to_string(low) + " to " +
        std::to_string(high));
  return std::nullopt;
}

void Parameters::fault(std::string detail) {
  if (!fault_) fault_ = Fault{Problem::kBadRequest, std::move(detail), 0};
}

std::optional<Fault> Parameters::finish() {
  if (fault_) return fault_;
  for (const Parameter &parameter : parameters_) {
    if (parameter.state == Parameter::State::kTaken) continue;
    return Fault{Problem::kUnknownParameter,
                 "this resource has no query parameter '" + parameter.name + "'", 0};
  }
  return std::nullopt;
}

}  // namespace navistore::api
