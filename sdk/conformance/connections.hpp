// SPDX-License-Identifier: Apache-2.0
// What a plugin's engine elsewhere is reached by, and how it gets lost. The harness has no socket
// of its own, so each connected one of the process is the plugin's.
#pragma once

#include <cstddef>
#include <vector>

namespace navistore::conformance {

// Shuts each connection down, in both directions, as a network that breaks does. How many there
// were.
size_t cut_connections();

// From now on the other ends of all connections are silent: what is sent is taken, and nothing
// comes back. Destroying it cuts them.
class Silence {
 public:
  Silence();
  ~Silence();
  Silence(const Silence &) = delete;
  Silence &operator=(const Silence &) = delete;
  size_t connections() const noexcept { return far_ends_.size(); }

 private:
  std::vector<int> far_ends_;
};

}  // namespace navistore::conformance
