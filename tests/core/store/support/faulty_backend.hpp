// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/host/backend.hpp"

namespace navistore::store::testing {

// A correct, simple store whose configuration chooses its capabilities: tests/fixtures/faulty.
// Stores that are opened on one directory with {"shared":true} are handles of the same data.
host::Backend faulty_backend();

}  // namespace navistore::store::testing
