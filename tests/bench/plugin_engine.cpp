// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>

#include <stdexcept>

#include "navistore/backend.h"
#include "tests/bench/engine.hpp"

namespace navistore::bench {
namespace {

navi_bytes bytes(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

int32_t add_size(void *size, uint64_t /*index*/, const navi_item *item) noexcept {
  *static_cast<size_t *>(size) += item->value.len;
  return 0;
}

class PluginEngine : public Engine {
 public:
  PluginEngine(const std::string &path, const std::string &dir, const std::string &config) {
    void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    const auto *entry = static_cast<const navi_entry *>(dlsym(library, "navistore_backend_entry"));
    if (entry == nullptr) throw std::runtime_error("no backend: " + path);
    api_ = static_cast<const navi_store_api *>(entry->get_interface(NAVI_STORE_1));
    navi_host host = {};
    host.size = sizeof host;
    host_ = host;
    navi_open request = {};
    request.size = sizeof request;
    request.host = &host_;
    request.config = config.c_str();
    request.data_dir = dir.c_str();
    request.ns = "bench";
    navi_caps caps = {};
    caps.size = sizeof caps;
    navi_error error = {};
    error.size = sizeof error;
    if (api_->open(&request, &store_, &caps, &error) != NAVI_OK)
      throw std::runtime_error(error.text);
    if ((caps.flags & NAVI_CAP_PERSISTENT) != 0) commit_flags_ = NAVI_F_DURABLE;
  }
  ~PluginEngine() override { api_->close(store_); }
  PluginEngine(const PluginEngine &) = delete;
  PluginEngine &operator=(const PluginEngine &) = delete;

  void commit(const std::vector<std::string> &keys, const std::string &value) override {
    static const std::string meta(32, 'm');
    std::vector<navi_op> ops(keys.size());
    std::vector<navi_txn> txns(keys.size());
    std::vector<navi_result> results(keys.size(), {NAVI_MAYBE, 0, 0, 0});
    std::vector<uint8_t> found(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      ops[i] = {bytes(keys[i]), bytes(value), bytes(meta), 0, NAVI_OP_PUT, 0};
      txns[i] = {nullptr, &ops[i], 0, 1, 0, 0, &found[i]};
    }
    navi_apply request = {};
    request.size = sizeof request;
    request.flags = commit_flags_;
    request.now_ms = 1;
    request.txns = txns.data();
    request.n = txns.size();
    navi_error error = {};
    error.size = sizeof error;
    if (api_->apply(store_, &request, results.data(), &error) != NAVI_OK) {
      throw std::runtime_error(error.text);
    }
  }

  std::function<size_t(const std::string &)> reader() override {
    return [this](const std::string &key) {
      const navi_bytes wanted = bytes(key);
      navi_read request = {};
      request.size = sizeof request;
      request.now_ms = 1;
      request.keys = &wanted;
      request.n = 1;
      size_t size = 0;
      const navi_sink sink = {&size, add_size};
      navi_reply reply = {sizeof reply, 0, 0};
      api_->read(store_, &request, &sink, &reply, nullptr);
      return size;
    };
  }

  std::function<size_t(const std::string &)> lister() override {
    return [this](const std::string &start) {
      navi_scan request = {};
      request.size = sizeof request;
      request.now_ms = 1;
      request.start = bytes(start);
      request.max_items = kListItems;
      size_t size = 0;
      const navi_sink sink = {&size, add_size};
      navi_reply reply = {sizeof reply, 0, 0};
      api_->scan(store_, &request, &sink, &reply, nullptr);
      return size;
    };
  }

 private:
  uint32_t commit_flags_ = 0;
  const navi_store_api *api_ = nullptr;
  navi_host host_{};
  navi_store *store_ = nullptr;
};

}  // namespace

std::unique_ptr<Engine> plugin(const std::string &plugin, const std::string &dir,
                               const std::string &config) {
  return std::make_unique<PluginEngine>(plugin, dir, config);
}

}  // namespace navistore::bench
