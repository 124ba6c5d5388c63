// SPDX-License-Identifier: Apache-2.0
#include "tests/sdk/faulty_matrix/run_harness.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace navistore::faulty {
namespace {

// A temporary file with this content, removed at the end.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string &content) {
    const int fd = ::mkstemp(path_.data());
    const bool written = fd >= 0 && ::write(fd, content.data(), content.size()) ==
                                        static_cast<ssize_t>(content.size());
    if (fd >= 0) ::close(fd);
    if (!written) throw std::runtime_error("cannot write " + path_);
  }
  ~ConfigFile() { ::unlink(path_.c_str()); }
  ConfigFile(const ConfigFile &) = delete;
  ConfigFile &operator=(const ConfigFile &) = delete;
  const std::string &path() const noexcept { return path_; }

 private:
  std::string path_ = "/tmp/navistore-faulty-XXXXXX";
};

struct Ended {
  std::string output;
  int status = -1;  // as of waitpid
};

Ended run(const std::vector<std::string> &arguments) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  std::vector<char *> argv;
  for (const std::string &argument : arguments)
    argv.push_back(const_cast<char *>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error != 0) throw std::runtime_error("cannot run " + arguments[0]);
  Ended ended;
  char block[4096];
  for (ssize_t n = 0; (n = ::read(ends[0], block, sizeof block)) > 0;) {
    ended.output.append(block, static_cast<size_t>(n));
  }
  ::close(ends[0]);
  ::waitpid(pid, &ended.status, 0);
  return ended;
}

// "FAIL C.model: ..." names C.model.
std::string failed_case(const std::string &line) {
  for (const char *state : {"FAIL ", "CRASH ", "TIMEOUT "}) {
    if (line.rfind(state, 0) != 0) continue;
    const size_t start = std::string(state).size();
    return line.substr(start, line.find(':') - start);
  }
  return "";
}

}  // namespace

HarnessResult run_harness(const HarnessRun &run_request) {
  const ConfigFile config(run_request.config);
  const std::string library =
      std::string(NAVISTORE_FAULTY_DIR) + "/libnavistore_" + run_request.library + ".so";
  std::vector<std::string> arguments = {NAVISTORE_HARNESS, library, "--config", config.path()};
  for (const std::string &name : run_request.cases) {
    arguments.emplace_back("--case");
    arguments.push_back(name);
  }
  if (run_request.config.find("\"hang\"") != std::string::npos) {
    arguments.emplace_back("--timeout");
    arguments.emplace_back("1");
  }
  const Ended ended = run(arguments);
  HarnessResult result;
  result.output = ended.output;
  result.passed = WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 0;
  std::istringstream lines(ended.output);
  for (std::string line; std::getline(lines, line);) {
    const std::string name = failed_case(line);
    if (!name.empty()) result.failed.push_back(name);
  }
  return result;
}

std::vector<std::string> cases_up_to(const std::string &tier) {
  std::istringstream lines(run({NAVISTORE_HARNESS, "--list", "--tier", tier}).output);
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);)
    names.push_back(line.substr(0, line.find(' ')));
  return names;
}

}  // namespace navistore::faulty
