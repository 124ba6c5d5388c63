// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/watch/exchange.hpp"

#include <cstdio>
#include <cstdlib>

#include "tests/bench/stopwatch.hpp"

namespace navistore::bench {

test::HttpAnswer exchange(test::HttpClient &client, const std::string &method,
                          const std::string &target, const std::string &body,
                          const std::vector<std::string> &fields) {
  const auto start = std::chrono::steady_clock::now();
  auto answer = client.request(method, target, body, fields);
  if (answer && answer->status < 300) return *std::move(answer);
  std::fprintf(stderr, "%s %s failed after %.3f s: ", method.c_str(), target.c_str(),
               seconds_since(start));
  if (answer) {
    std::fprintf(stderr, "%d %s\n", answer->status, answer->body.c_str());
  } else {
    std::fprintf(stderr, "the connection ended, or nothing came\n");
  }
  std::exit(1);
}

}  // namespace navistore::bench
