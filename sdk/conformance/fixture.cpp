// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/fixture.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <stdexcept>

#include "sdk/conformance/record.hpp"
#include "sdk/conformance/sanitized.hpp"

namespace navistore::conformance {
namespace {

std::unique_ptr<Store> require_open(const Plugin &plugin, const OpenRequest &request) {
  Opened opened = Store::open(plugin, request);
  if (!opened.store)
    throw std::runtime_error("open: " + status_name(opened.status) + ": " + opened.error);
  return std::move(opened.store);
}

}  // namespace

Fixture::Fixture(const Job &job) : job_(job), random_(job.seed) {
  data_dir_ = make_dir("data");
  const std::string why = load_plugin(job.plugin, plugin_);
  if (!why.empty()) throw std::runtime_error(job.plugin + ": " + why);
}

Fixture::~Fixture() {
  const bool shared = store_ != nullptr && store_->has(kShared);
  close();
  if (!shared) return;
  namespaces_.push_back(job_.ns);
  for (const std::string &ns : namespaces_) {
    OpenRequest request = open_request();
    request.ns = ns;
    const Opened opened = Store::open(plugin_, request);
    if (opened.store) opened.store->clear();
  }
}

Store &Fixture::store() {
  if (!store_) store_ = require_open(plugin_, open_request());
  return *store_;
}

Store &Fixture::reopen() {
  close();
  return store();
}

void Fixture::close() { store_.reset(); }

std::unique_ptr<Store> Fixture::second_handle() { return require_open(plugin_, open_request()); }

std::unique_ptr<Store> Fixture::other_namespace(const std::string &suffix) {
  OpenRequest request = open_request();
  request.ns += suffix;
  namespaces_.push_back(request.ns);
  return require_open(plugin_, request);
}

Opened Fixture::try_open(const OpenRequest &request) { return Store::open(plugin_, request); }

OpenRequest Fixture::open_request() const { return {job_.config, data_dir_, job_.ns, 0}; }

std::string Fixture::make_dir(const std::string &name) {
  std::string path = job_.scratch + "/" + name;
  if (mkdir(path.c_str(), 0700) != 0) throw std::runtime_error("cannot make directory " + path);
  return path;
}

void Fixture::warn(const std::string &text) { send_record(RecordKind::kWarning, text); }

void Fixture::in_threads(size_t n, const std::function<void(size_t)> &body) {
  std::vector<std::thread> threads;
  threads.reserve(n);
  const auto guarded = [&body](size_t i) {
    try {
      body(i);
    } catch (const std::exception &e) {
      FAIL_CHECK("thread " << i << ": " << e.what());
    }
  };
  for (size_t i = 0; i < n; ++i) threads.emplace_back(guarded, i);
  for (std::thread &thread : threads) thread.join();
}

bool wait_until(const std::function<bool()> &done) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(kSanitized ? 30 : 5);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace navistore::conformance
