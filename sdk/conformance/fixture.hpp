// SPDX-License-Identifier: Apache-2.0
// What a case gets: the plugin, the store under test, and places of its own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "sdk/conformance/job.hpp"
#include "sdk/conformance/process_state.hpp"
#include "sdk/conformance/store.hpp"

namespace navistore::conformance {

class Fixture {
 public:
  explicit Fixture(const Job &job);
  ~Fixture();  // closes what is open; on a SHARED engine clears the namespaces that were opened
  Fixture(const Fixture &) = delete;
  Fixture &operator=(const Fixture &) = delete;

  // The main handle, opened on first use. A failure to open ends the case as failed.
  Store &store();
  // Closes every handle of the fixture's own and opens the main one again: what was stored must
  // have survived.
  Store &reopen();
  void close();

  // A second handle of the same namespace (a case that needs kShared), or of another one.
  std::unique_ptr<Store> second_handle();
  std::unique_ptr<Store> other_namespace(const std::string &suffix);  // namespace ns() + suffix
  // Any open; nothing is required of the outcome.
  Opened try_open(const OpenRequest &request);
  OpenRequest open_request() const;  // as store() uses it

  const Plugin &plugin() const noexcept { return plugin_; }
  // What the process was like before the plugin was loaded into it.
  const ProcessState &before_load() const noexcept { return before_load_; }
  Tier tier() const noexcept { return job_.tier; }
  const std::string &ns() const noexcept { return job_.ns; }
  const std::string &data_dir() const noexcept { return data_dir_; }
  std::string make_dir(const std::string &name);  // a fresh empty directory beside data_dir()
  std::mt19937_64 &random() noexcept { return random_; }
  const Job &job() const noexcept { return job_; }

  // Ends the case as WARN when nothing failed. May be called several times.
  void warn(const std::string &text);

  // Runs body(0..n-1) on n threads and joins them; an exception out of a body fails the case.
  void in_threads(size_t n, const std::function<void(size_t)> &body);

 private:
  const Job &job_;
  const ProcessState before_load_ = ProcessState::now();
  Plugin plugin_;
  std::string data_dir_;
  std::mt19937_64 random_;
  std::unique_ptr<Store> store_;
  std::vector<std::string> namespaces_;
};

// Waits until done() says true, for at most five seconds (thirty under a sanitizer). False: it
// never did.
bool wait_until(const std::function<bool()> &done);

}  // namespace navistore::conformance
