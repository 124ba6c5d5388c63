// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

#include "core/result.hpp"

namespace navistore::host {

// The text of an errno value.
inline std::string error_text(int error) {
  return std::error_code(error, std::generic_category()).message();
}

// A failed call of the system, as the class that its errno belongs to: kDenied, kNoSpace, else kIo.
inline Error system_error(int error, const std::string &doing) {
  Code code = Code::kIo;
  if (error == EACCES || error == EPERM || error == EROFS) code = Code::kDenied;
  if (error == ENOSPC || error == EDQUOT) code = Code::kNoSpace;
  return {code, doing + ": " + error_text(error)};
}

}  // namespace navistore::host
