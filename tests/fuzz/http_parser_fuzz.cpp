// SPDX-License-Identifier: Apache-2.0
// A head that our parser accepts means the same to Boost.Beast's: two readers of one message must
// not differ, or a request could be smuggled past one of them.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/core/http/beast_oracle.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace navistore::http::testing;
  const std::string_view bytes(reinterpret_cast<const char *>(data), size);
  const Understood ours = understand_ours(bytes);
  if (!ours.accepted || is_known_leniency(bytes)) return 0;
  const Understood theirs = BeastParser().understand(bytes);
  if (ours == theirs) return 0;
  std::fprintf(stderr, "%.*s\nours: %s %s %s %d\ntheirs: %d %s %s %s %d\n", static_cast<int>(size),
               bytes.data(), ours.method.c_str(), ours.target.c_str(), ours.framing.c_str(),
               static_cast<int>(ours.keep_alive), static_cast<int>(theirs.accepted),
               theirs.method.c_str(), theirs.target.c_str(), theirs.framing.c_str(),
               static_cast<int>(theirs.keep_alive));
  std::abort();
}
