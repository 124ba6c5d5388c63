// SPDX-License-Identifier: Apache-2.0
#include "file_map.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <vector>

#include "navistore/mutex.hpp"

namespace navistore::sqlite {
namespace {

// What is brought in is known in units of this size: a page of the system, or a part of one.
constexpr uint64_t kUnit = 4096;
constexpr uint64_t kUnitsInWord = 64;
constexpr uint64_t kSlack = 256;  // bytes behind a page that SQLite may look at

constexpr uint64_t round_down(uint64_t number, uint64_t to) { return number / to * to; }
constexpr uint64_t round_up(uint64_t number, uint64_t to) {
  return round_down(number + to - 1, to);
}

// The bits of the units that the `size` bytes at `offset` of a segment touch. size: up to kLargest,
// and no word's end lies within them.
uint64_t bits_of(uint64_t offset, uint64_t size) noexcept {
  const uint64_t units = (offset % kUnit + size + kUnit - 1) / kUnit;
  return ((uint64_t{1} << units) - 1) << (offset / kUnit % kUnitsInWord);
}

// Since Linux 5.14; asked with nothing to bring.
bool can_bring() noexcept {
  static const bool can = ::madvise(nullptr, 0, MADV_POPULATE_READ) == 0;
  return can;
}

}  // namespace

struct FileMap::Segment {
  explicit Segment(char *mapped) : base(mapped) {}
  std::atomic<uint64_t> &word(uint64_t offset) noexcept {
    return brought[offset / kUnit / kUnitsInWord];
  }

  char *const base;
  std::array<std::atomic<uint64_t>, kSegment / kUnit / kUnitsInWord> brought{};
};

void FileMap::Unmap::operator()(Segment *segment) const noexcept {
  ::munmap(segment->base, kSegment + kLargest);
  delete segment;
}

class FileMap::Open {
 public:
  static Open &get() noexcept {
    static Open open;
    return open;
  }
  FileMap *join(const char *path) NAVISTORE_EXCLUDES(mutex_);
  void leave(FileMap *map) noexcept NAVISTORE_EXCLUDES(mutex_);

 private:
  backend::Mutex mutex_;
  std::vector<FileMap *> maps_ NAVISTORE_GUARDED_BY(mutex_);
};

FileMap *FileMap::Open::join(const char *path) {
  const backend::Lock lock(mutex_);
  struct stat status {};
  if (::stat(path, &status) != 0) return nullptr;
  for (FileMap *map : maps_) {
    if (map->device_ != status.st_dev || map->number_ != status.st_ino) continue;
    ++map->users_;
    return map;
  }
  maps_.reserve(maps_.size() + 1);
  auto *map = new FileMap(path);
  if (map->file_.get() >= 0) {
    maps_.push_back(map);
    return map;
  }
  const int error = errno;
  delete map;
  errno = error;
  return nullptr;
}

void FileMap::Open::leave(FileMap *map) noexcept {
  const backend::Lock lock(mutex_);
  if (--map->users_ > 0) return;
  maps_.erase(std::find(maps_.begin(), maps_.end(), map));
  delete map;
}

void FileMap::Close::operator()(FileMap *map) const noexcept { Open::get().leave(map); }

FileMap::User FileMap::open(const char *path) noexcept {
  try {
    return User(Open::get().join(path));
  } catch (const std::bad_alloc &) {
    errno = ENOMEM;
    return nullptr;
  }
}

FileMap::FileMap(const char *path) noexcept : file_(::open(path, O_RDONLY | O_CLOEXEC)) {
  struct stat status {};
  if (file_.get() < 0 || ::fstat(file_.get(), &status) != 0) return;
  device_ = status.st_dev;
  number_ = status.st_ino;
}

FileMap::~FileMap() {
  for (auto &slot : segments_) {
    if (Segment *segment = slot.load(); segment != nullptr) Unmap()(segment);
  }
}

// The segments overlap, for what is looked at past the end of one (kSlack).
FileMap::Segment *FileMap::segment(size_t index) noexcept {
  Segment *known = segments_[index].load(std::memory_order_acquire);
  if (known != nullptr) return known;
  void *mapped = ::mmap(nullptr, kSegment + kLargest, PROT_READ, MAP_SHARED, file_.get(),
                        static_cast<off_t>(index * kSegment));
  if (mapped == MAP_FAILED) return nullptr;
  std::unique_ptr<Segment, Unmap> made(new (std::nothrow) Segment(static_cast<char *>(mapped)));
  if (made == nullptr) {
    ::munmap(mapped, kSegment + kLargest);
    return nullptr;
  }
  if (!segments_[index].compare_exchange_strong(known, made.get())) return known;
  return made.release();
}

// begin, size: within the segment, in whole pages of the system.
bool FileMap::bring(Segment &segment, uint64_t begin, uint64_t size) noexcept {
  if (::madvise(segment.base + begin, size, MADV_POPULATE_READ) != 0) return false;
  segment.word(begin).fetch_or(bits_of(begin, size), std::memory_order_release);
  return true;
}

// sync_file_range(2); 0, 0: the whole file.
void FileMap::write_back() noexcept {
  if (!can_bring()) return;  // by which the kernel is new enough for this, too
  ::sync_file_range(file_.get(), 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE);
}

const void *FileMap::find(uint64_t offset, uint64_t size) noexcept {
  static const auto system_page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  if (!can_bring() || offset >= kMost || size > kLargest) return nullptr;
  Segment *segment = this->segment(offset / kSegment);
  if (segment == nullptr) return nullptr;
  const uint64_t start = offset % kSegment;
  const uint64_t bits = bits_of(start, size);
  if ((segment->word(start).load(std::memory_order_acquire) & bits) == bits)
    return segment->base + start;

  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) return nullptr;
  const auto in_file = static_cast<uint64_t>(status.st_size);
  const uint64_t in_segment = in_file - std::min(in_file, offset - start);
  const uint64_t end = round_down(in_segment - std::min(in_segment, kSlack), system_page);
  if (start + size > end) return nullptr;
  // What lies around it, for those who come next; where that fails, what is asked for alone.
  const uint64_t begin = round_down(start, kLargest);
  const uint64_t alone = round_down(start, system_page);
  const bool brought = bring(*segment, begin, std::min(begin + kLargest, end) - begin) ||
                       bring(*segment, alone, round_up(start + size, system_page) - alone);
  return brought ? segment->base + start : nullptr;
}

}  // namespace navistore::sqlite
