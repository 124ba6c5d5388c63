// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/process_state.hpp"

#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace navistore::conformance {
namespace {

namespace fs = std::filesystem;

constexpr int kFirstReserved = 32;  // 32 and 33 are libc's own (nptl)
constexpr int kLastReserved = 33;

std::string handlers() {
  std::string text;
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    if (sigaction(signal, nullptr, &action) != 0) continue;
    text += std::to_string(reinterpret_cast<uintptr_t>(action.sa_handler)) + ' ';
  }
  return text;
}

std::string mask() {
  sigset_t set;
  pthread_sigmask(SIG_SETMASK, nullptr, &set);
  std::string text;
  for (int signal = 1; signal < NSIG; ++signal) text += sigismember(&set, signal) == 1 ? '1' : '0';
  return text;
}

std::string environment() {
  std::string text;
  for (char **entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    text += std::string(*entry) + '\t';
  return text;
}

std::string umask_text() {
  const mode_t now = umask(0);
  umask(now);
  return std::to_string(now);
}

}  // namespace

std::string process_settings() {
  std::error_code error;
  return "working directory " + fs::current_path(error).string() + "\numask " + umask_text() +
         "\nlocale " + setlocale(LC_ALL, nullptr) +  // NOLINT(concurrency-mt-unsafe): only asks
         "\nenvironment " + environment() + "\nsignal handlers " + handlers() + "\nsignal mask " +
         mask() + "\n";
}

std::set<std::string> open_descriptors() {
  std::set<std::string> open;
  std::error_code error;
  for (const fs::directory_entry &entry : fs::directory_iterator("/proc/self/fd", error)) {
    const std::string target = fs::read_symlink(entry.path(), error).string();
    if (!error && target.find("/fd") == std::string::npos)
      open.insert(entry.path().filename().string() + " " + target);
  }
  return open;
}

std::set<int> thread_ids() {
  std::set<int> ids;
  std::error_code error;
  for (const fs::directory_entry &entry : fs::directory_iterator("/proc/self/task", error)) {
    ids.insert(std::stoi(entry.path().filename().string()));
  }
  return ids;
}

size_t address_space() {
  std::ifstream statm("/proc/self/statm");  // its first field, in pages
  size_t pages = 0;
  statm >> pages;
  return pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

bool blocks_all_signals(int thread_id) {
  std::ifstream status("/proc/self/task/" + std::to_string(thread_id) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("SigBlk:", 0) != 0) continue;
    const uint64_t blocked = std::stoull(line.substr(7), nullptr, 16);
    for (int signal = 1; signal < NSIG; ++signal) {
      const bool exempt = signal == SIGKILL || signal == SIGSTOP ||
                          (signal >= kFirstReserved && signal <= kLastReserved);
      if (!exempt && (blocked >> (signal - 1) & 1) == 0) return false;
    }
    return true;
  }
  return true;  // it has ended
}

}  // namespace navistore::conformance
