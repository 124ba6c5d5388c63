// SPDX-License-Identifier: Apache-2.0
// A real `navistore` process, as an operator would start it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace navistore::test {

// One that runs, from its start on.
class Process {
 public:
  explicit Process(const std::vector<std::string> &command_line);  // throws when it does not start
  ~Process();                                                      // kills what still runs
  Process(const Process &) = delete;
  Process &operator=(const Process &) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // Waits for the end: exit status, or -signal.
  int wait();
  int kill_hard();

 protected:
  Process() = default;
  pid_t pid_ = -1;
};

// The path of the `navistore` that was built.
std::string navistore_executable();

// Starts `navistore serve --listen 127.0.0.1:0 --port-file ...` with further arguments and waits
// until it listens.
class ServerProcess : public Process {
 public:
  // Throws when it does not start.
  explicit ServerProcess(const std::vector<std::string> &arguments,
                         const std::string &executable = navistore_executable());

  uint16_t port(size_t listener = 0) const { return ports_.at(listener); }

 private:
  void wait_until_listening(const std::string &port_file);
  std::vector<uint16_t> ports_;
};

// Runs `navistore` with these arguments to its end.
struct Ended {
  int status;          // exit status, or -signal
  std::string output;  // stdout and stderr
};
Ended run_navistore(const std::vector<std::string> &arguments);
// Runs any command line by /bin/sh.
Ended run_shell(const std::string &command);

}  // namespace navistore::test
