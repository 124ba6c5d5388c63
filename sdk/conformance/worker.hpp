// SPDX-License-Identifier: Apache-2.0
// Processes that a case starts: a second owner of the store, a writer that gets killed. A worker is
// a function that runs in a process of its own and loads the plugin itself.
//
//   NAVI_WORKER(second_owner) { ... return 0; }              // int(WorkerContext &worker)
//   WorkerProcess process(fixture, "second_owner", "", shared);
//   CHECK(process.wait() == WorkerEnd{0, 0});
#pragma once

#include <sys/types.h>

#include <string>

#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {

constexpr int kSharedFd = 902;

// Memory that the case and its workers share. Zeroed. Fixed size, mapped in each process.
class SharedMemory {
 public:
  explicit SharedMemory(size_t size);  // makes it
  explicit SharedMemory(int fd);       // maps what was inherited; does not own fd
  ~SharedMemory();
  SharedMemory(const SharedMemory &) = delete;
  SharedMemory &operator=(const SharedMemory &) = delete;
  int fd() const noexcept { return fd_; }
  template <class T>
  T &as() {
    return *static_cast<T *>(memory_);
  }

 private:
  int fd_;
  size_t size_;
  void *memory_;
};

// In the worker's process.
struct WorkerContext {
  const Job &job;       // payload: what the case said; scratch and ns: the case's
  Plugin plugin;        // loaded
  OpenRequest request;  // opens the case's store
};

struct WorkerEnd {
  int exit_status = 0;  // of a process that ended by itself
  int signal = 0;       // that killed it, or 0
  bool operator==(const WorkerEnd &other) const {
    return exit_status == other.exit_status && signal == other.signal;
  }
};

class WorkerProcess {
 public:
  // Throws std::runtime_error when it cannot be spawned. `shared` may be null.
  WorkerProcess(const Fixture &fixture, const std::string &name, const std::string &payload,
                SharedMemory *shared);
  ~WorkerProcess();  // kills it when it still runs
  WorkerProcess(const WorkerProcess &) = delete;
  WorkerProcess &operator=(const WorkerProcess &) = delete;
  WorkerEnd wait();
  void kill();

 private:
  pid_t pid_;
};

using WorkerBody = int (*)(WorkerContext &worker);
struct WorkerRegistration {
  WorkerRegistration(const char *name, WorkerBody body);
};
int run_worker(const Job &job);

#define NAVI_WORKER(name)                                                                         \
  static int worker_##name(::navistore::conformance::WorkerContext &worker);                      \
  static const ::navistore::conformance::WorkerRegistration worker_##name##_entry{#name,          \
                                                                                  worker_##name}; \
  static int worker_##name([[maybe_unused]] ::navistore::conformance::WorkerContext &worker)

}  // namespace navistore::conformance
