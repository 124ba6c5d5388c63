// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace navistore {

// What kind of failure it was. The backend's statuses map onto the codes of the same name.
enum class Code {
  kInvalid,
  kNotFound,  // a file, plugin or peer; an absent key is an answer, never an error
  kConflict,
  kUnsupported,
  kTooLarge,
  kNoSpace,
  kNoMemory,
  kReadOnly,
  kBusy,
  kUnavailable,
  kTimeout,
  kDenied,
  kCompacted,
  kCancelled,
  kIncompatible,
  kNotABackend,
  kRefused,  // a backend that failed the conformance suite
  kOutcomeUnknown,
  kIo,
  kCorrupt,
  kInternal,
};

// Why something failed. There is no "ok" error: success is the other arm of Result.
struct Error {
  Code code;
  std::string message;

  // "open store 'users': disk I/O error": each layer names what it was doing.
  Error in(const std::string &doing) && { return {code, doing + ": " + message}; }
};

// A T, or the Error why there is none. value() and error() require the matching ok().
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  const T &value() const & { return std::get<0>(state_); }
  T &value() & { return std::get<0>(state_); }
  T &&value() && { return std::get<0>(std::move(state_)); }
  const Error &error() const & { return std::get<1>(state_); }
  Error &&error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

struct Done {};
using Outcome = Result<Done>;  // for functions with nothing to return

}  // namespace navistore
