// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tests/support/http_client.hpp"

namespace navistore::bench {

// One request, whose answer is returned when it is a success. Else the program says what it was
// and ends.
test::HttpAnswer exchange(test::HttpClient &client, const std::string &method,
                          const std::string &target, const std::string &body = {},
                          const std::vector<std::string> &fields = {});

inline void put(test::HttpClient &client, const std::string &key, const std::string &value) {
  exchange(client, "PUT", "/v1/kv/" + key, value);
}

}  // namespace navistore::bench
