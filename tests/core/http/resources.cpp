// SPDX-License-Identifier: Apache-2.0
#include "tests/core/http/resources.hpp"

#include <dirent.h>
#include <unistd.h>

#include <fstream>

namespace navistore::http::testing {

size_t open_descriptors() {
  size_t count = 0;
  DIR *directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) ++count;  // NOLINT(concurrency-mt-unsafe): own DIR
  ::closedir(directory);
  return count;
}

size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

std::chrono::microseconds cpu_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

bool allow_descriptors(size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max >= wanted;
}

FewDescriptors::FewDescriptors(size_t more) {
  ::getrlimit(RLIMIT_NOFILE, &before_);
  rlimit few = before_;
  const int next = ::dup(0);
  ::close(next);
  few.rlim_cur = static_cast<rlim_t>(next) + more;
  ::setrlimit(RLIMIT_NOFILE, &few);
}

FewDescriptors::~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

}  // namespace navistore::http::testing
