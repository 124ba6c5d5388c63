// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/worker.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <stdexcept>

#include "sdk/conformance/record.hpp"
#include "sdk/conformance/spawn.hpp"

namespace navistore::conformance {
namespace {

std::map<std::string, WorkerBody> &workers() {
  static std::map<std::string, WorkerBody> bodies;
  return bodies;
}

void *map_shared(int fd, size_t size) {
  void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("cannot map shared memory");
  return memory;
}

}  // namespace

SharedMemory::SharedMemory(size_t size)
    : fd_(memfd_create("navistore-shared", MFD_CLOEXEC)), size_(size) {
  if (fd_ < 0 || ftruncate(fd_, static_cast<off_t>(size)) != 0)
    throw std::runtime_error("cannot make shared memory");
  memory_ = map_shared(fd_, size_);
}

SharedMemory::SharedMemory(int fd) : fd_(-1) {
  struct stat info {};
  if (fstat(fd, &info) != 0) throw std::runtime_error("no shared memory was inherited");
  size_ = static_cast<size_t>(info.st_size);
  memory_ = map_shared(fd, size_);
}

SharedMemory::~SharedMemory() {
  munmap(memory_, size_);
  if (fd_ >= 0) ::close(fd_);
}

WorkerProcess::WorkerProcess(const Fixture &fixture, const std::string &name,
                             const std::string &payload, SharedMemory *shared) {
  Job job = fixture.job();
  job.role = name;
  job.payload = payload;
  Spawn spawn;
  spawn.job_fd = write_job(job);
  spawn.record_fd = kRecordFd;
  spawn.shared_fd = shared != nullptr ? shared->fd() : -1;
  spawn.group = Spawn::Group::kInherited;
  pid_ = spawn_self(spawn);
  ::close(spawn.job_fd);
  if (pid_ < 0) throw std::runtime_error("cannot spawn a worker");
}

WorkerProcess::~WorkerProcess() {
  if (pid_ <= 0) return;
  kill();
  wait();
}

void WorkerProcess::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

WorkerEnd WorkerProcess::wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

WorkerRegistration::WorkerRegistration(const char *name, WorkerBody body) {
  workers().emplace(name, body);
}

int run_worker(const Job &job) {
  const auto found = workers().find(job.role);
  if (found == workers().end()) return 2;
  WorkerContext worker{job, {}, {job.config, job.scratch + "/data", job.ns, 0}};
  if (!load_plugin(job.plugin, worker.plugin).empty()) return 2;
  return found->second(worker);
}

}  // namespace navistore::conformance
