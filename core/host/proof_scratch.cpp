// SPDX-License-Identifier: Apache-2.0
#include "core/host/proof_scratch.hpp"

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/host/directory_lock.hpp"
#include "core/host/system_error.hpp"

namespace navistore::host {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = ".navistore-proof-";

void remove_left_behind(const fs::path &parent) {
  std::error_code failure;
  for (fs::directory_iterator at(parent, failure), end; !failure && at != end;
       at.increment(failure)) {
    if (at->path().filename().string().rfind(kPrefix, 0) != 0) continue;
    const Descriptor lock = lock_directory(at->path().string(), Claim::kAlone);
    std::error_code ignored;
    if (lock.get() >= 0) fs::remove_all(at->path(), ignored);
  }
}

}  // namespace

std::string existing_directory(const std::string &path) {
  std::error_code failure;
  fs::path at = fs::absolute(path, failure);
  while (at.has_relative_path() && !fs::is_directory(at, failure)) at = at.parent_path();
  return at.string();
}

Result<ProofScratch> ProofScratch::make(const std::string &data_dir) {
  const fs::path parent = existing_directory(data_dir);
  remove_left_behind(parent);
  for (;;) {
    std::string path = (parent / (kPrefix + std::string("XXXXXX"))).string();
    if (::mkdtemp(path.data()) == nullptr) {
      return system_error(errno, "make a directory in " + parent.string());
    }
    Descriptor lock = lock_directory(path, Claim::kAlone);
    if (lock.get() >= 0) return ProofScratch(std::move(path), std::move(lock));
    // Another start took it for left behind, between its making and its locking.
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
}

ProofScratch::ProofScratch(std::string path, Descriptor lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

ProofScratch::ProofScratch(ProofScratch &&other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

ProofScratch::~ProofScratch() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace navistore::host
