// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/job.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace navistore::conformance {
namespace {

constexpr uint64_t kMaxField = 16u << 20;

// Fields in order, each a 64-bit length and the bytes.
void append(std::string &image, const std::string &field) {
  const uint64_t size = field.size();
  image.append(reinterpret_cast<const char *>(&size), sizeof size).append(field);
}

bool extract(const std::string &image, size_t &at, std::string &field) {
  uint64_t size = 0;
  if (image.size() - at < sizeof size) return false;
  image.copy(reinterpret_cast<char *>(&size), sizeof size, at);
  at += sizeof size;
  if (size > kMaxField || image.size() - at < size) return false;
  field.assign(image, at, size);
  at += size;
  return true;
}

std::string read_all(int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0 || info.st_size <= 0) return {};
  std::string image(static_cast<size_t>(info.st_size), '\0');
  const ssize_t got = pread(fd, image.data(), image.size(), 0);
  if (got != static_cast<ssize_t>(image.size())) return {};
  return image;
}

}  // namespace

int write_job(const Job &job) {
  std::string image;
  const std::string numbers =
      std::to_string(job.seed) + ' ' + std::to_string(static_cast<int>(job.tier));
  for (const std::string *field : {&job.role, &job.target, &job.plugin, &job.config, &job.scratch,
                                   &job.ns, &job.nonce, &job.payload, &numbers}) {
    append(image, *field);
  }
  const int fd = memfd_create("navistore-job", MFD_CLOEXEC);
  if (fd < 0) return -1;
  if (pwrite(fd, image.data(), image.size(), 0) != static_cast<ssize_t>(image.size())) {
    ::close(fd);
    return -1;
  }
  return fd;
}

bool read_job(int fd, Job &job) {
  const std::string image = read_all(fd);
  ::close(fd);
  size_t at = 0;
  std::string numbers;
  for (std::string *field : {&job.role, &job.target, &job.plugin, &job.config, &job.scratch,
                             &job.ns, &job.nonce, &job.payload, &numbers}) {
    if (!extract(image, at, *field)) return false;
  }
  const size_t space = numbers.find(' ');
  if (space == std::string::npos) return false;
  job.seed = std::stoull(numbers);
  job.tier = static_cast<Tier>(std::stoi(numbers.substr(space + 1)));
  return true;
}

}  // namespace navistore::conformance
