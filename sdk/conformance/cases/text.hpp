// SPDX-License-Identifier: Apache-2.0
// Answers as one string, so that a case compares once and a failure shows the whole answer.
#pragma once

#include <string>
#include <vector>

#include "sdk/conformance/values.hpp"

namespace navistore::conformance {

// "OK", or "CONFLICT" and the like; the call's own status in front when it is not OK: "call IO:
// MAYBE".
std::string outcome(const TxnResult &result);
std::string outcomes(const ApplyAnswer &answer);  // "OK CONFLICT OK"

std::string keys_of(const std::vector<Item> &items);  // "a b c", escaped
std::string found_of(const TxnResult &result);        // "1 0 1"

// "PUT a=1, DELETE b; CLEAR": a comma inside, a semicolon after each transaction; " !" where LAST
// is missing at the end.
std::string render(const std::vector<Change> &changes);

}  // namespace navistore::conformance
