// SPDX-License-Identifier: Apache-2.0
// Where a proof tries durability: beside the data, since the file system matters.
#pragma once

#include <string>

#include "core/descriptor.hpp"
#include "core/result.hpp"

namespace navistore::host {

// The path itself when it is a directory, else the nearest one above it: the file system that a
// directory made at that path would be on.
std::string existing_directory(const std::string &path);

// A directory of one run's own, removed with everything in it at the end. It is locked while it is
// in use: what a killed run left behind is removed by the next, what another one uses is not.
class ProofScratch {
 public:
  // In existing_directory(data_dir). kDenied, kNoSpace, kIo: it cannot be made.
  static Result<ProofScratch> make(const std::string &data_dir);
  ~ProofScratch();
  ProofScratch(ProofScratch &&other) noexcept;
  ProofScratch &operator=(ProofScratch &&) = delete;
  const std::string &path() const { return path_; }

 private:
  ProofScratch(std::string path, Descriptor lock);
  std::string path_;
  Descriptor lock_;
};

}  // namespace navistore::host
