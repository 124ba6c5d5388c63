// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {

// What a store that does not declare `missing` must answer to those who ask for it all the same.
void check_refusal(Fixture &fixture, Need missing);

}  // namespace navistore::conformance
