// SPDX-License-Identifier: Apache-2.0
// Runs the harness as its users do.
#pragma once

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>

namespace navistore::conformance::test {

struct HarnessEnd {
  int status = -1;
  std::string output;  // stdout and stderr

  bool says(const std::string &text) const { return output.find(text) != std::string::npos; }
};

inline HarnessEnd run_harness(const std::string &arguments) {
  FILE *pipe = popen((HARNESS " " + arguments + " 2>&1").c_str(), "re");
  if (pipe == nullptr) throw std::runtime_error("popen");
  HarnessEnd end;
  for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) end.output += static_cast<char>(c);
  const int status = pclose(pipe);
  end.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return end;
}

// A file with the configuration, removed at the end.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string &config) {
    const int fd = mkstemp(path_);
    if (fd < 0) throw std::runtime_error("mkstemp");
    close(fd);
    std::ofstream(path_) << config;
  }
  ~ConfigFile() { unlink(path_); }
  ConfigFile(const ConfigFile &) = delete;
  ConfigFile &operator=(const ConfigFile &) = delete;
  std::string option() const { return std::string(" --config ") + path_; }

 private:
  char path_[40] = "/tmp/navistore-config-XXXXXX";
};

}  // namespace navistore::conformance::test
