// SPDX-License-Identifier: Apache-2.0
#include "core/store/high_water.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace navistore::store {
namespace {

constexpr uint64_t kMagic = 0x314d'4852'5641'4e01;  // "\1NAVRHM1"
constexpr size_t kPageBytes = 4096;

Error last_error(const std::string &doing) {
  const std::error_code code(errno, std::generic_category());
  const Code kind = errno == ENOSPC ? Code::kNoSpace : errno == EACCES ? Code::kDenied : Code::kIo;
  return Error{kind, code.message()}.in(doing);
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace

// One sector, so a power cut leaves the old or the new one.
struct HighWater::Page {
  uint64_t magic;
  uint64_t mark;                   // durable: above every answered revision
  std::atomic<uint64_t> answered;  // in the page cache: the newest answered revision
  char boot[40];                   // the boot during which `answered` was written
};

Result<std::unique_ptr<HighWater>> HighWater::open(const std::string &directory,
                                                   const std::string &ns) {
  static_assert(std::atomic<uint64_t>::is_always_lock_free && sizeof(Page) <= 512);
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure) return Error{Code::kIo, failure.message()}.in("make " + directory);
  const std::string path = directory + "/" + ns + ".revision";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return last_error("open " + path);
  const int full =
      ::posix_fallocate(file, 0, kPageBytes);  // a mapped write must never find no room
  void *page = full == 0 ? ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
                         : MAP_FAILED;
  if (full != 0) errno = full;
  const int why = errno;
  ::close(file);
  errno = why;
  if (page == MAP_FAILED) return last_error("map " + path);
  std::unique_ptr<HighWater> result(new HighWater);
  result->page_ = static_cast<Page *>(page);
  const std::string boot = boot_id();
  result->same_boot_ = !boot.empty() && result->page_->magic == kMagic &&
                       boot.compare(0, sizeof Page::boot - 1, result->page_->boot) == 0;
  return result;
}

HighWater::~HighWater() { ::munmap(page_, kPageBytes); }

bool HighWater::reached_by(uint64_t revision) const {
  if (page_->magic != kMagic) return true;  // nothing was ever answered
  return revision >= (same_boot_ ? page_->answered.load() : page_->mark);
}

Outcome HighWater::restart(uint64_t revision) {
  page_->magic = kMagic;
  page_->answered.store(revision);
  std::memset(page_->boot, 0, sizeof page_->boot);
  const std::string boot = boot_id();
  boot.copy(page_->boot, sizeof page_->boot - 1);
  same_boot_ = !boot.empty();
  return write_mark(revision);
}

bool HighWater::covers(uint64_t revision) const { return revision < page_->mark; }

Outcome HighWater::advance(uint64_t revision) { return write_mark(revision + kStep); }

void HighWater::note(uint64_t revision) {
  uint64_t known = page_->answered.load(std::memory_order_relaxed);
  while (known < revision && !page_->answered.compare_exchange_weak(known, revision)) {
  }
}

Outcome HighWater::close_at(uint64_t revision) {
  note(revision);
  return write_mark(revision);
}

Outcome HighWater::write_mark(uint64_t mark) {
  page_->mark = mark;
  if (::msync(page_, kPageBytes, MS_SYNC) != 0) return last_error("keep the revision mark");
  return Done{};
}

}  // namespace navistore::store
