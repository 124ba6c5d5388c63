// SPDX-License-Identifier: Apache-2.0
#include "store_fixture.hpp"

namespace navistore::memory::test {
namespace {

using backend::bytes;
using backend::view;

int32_t append_item(void *text, uint64_t, const navi_item *item) noexcept {
  auto &out = *static_cast<std::string *>(text);
  if (!out.empty()) out += ' ';
  out.append(view(item->key)).append("=").append(view(item->value));
  return 0;
}

int32_t append_value(void *text, uint64_t, const navi_item *item) noexcept {
  auto &out = *static_cast<std::string *>(text);
  out = std::string(view(item->value)) + "@" + std::to_string(item->revision);
  return 0;
}

int32_t append_change(void *text, const navi_change *change) noexcept {
  auto &out = *static_cast<std::string *>(text);
  out += std::to_string(change->item.revision) + ":";
  out += view(change->item.key);
  if (change->kind == NAVI_CHANGE_PUT) out.append("=").append(view(change->item.value));
  if (change->kind == NAVI_CHANGE_DELETE) out += "-";
  if (change->kind == NAVI_CHANGE_CLEAR) out += "clear";
  if ((change->flags & NAVI_CHANGE_EXPIRED) != 0) out += "!";
  out += (change->flags & NAVI_CHANGE_LAST) != 0 ? "|" : " ";
  return 0;
}

}  // namespace

Txn &Txn::put(Put put) {
  puts_.push_back(std::move(put));
  kinds_.push_back(NAVI_OP_PUT);
  return *this;
}

Txn &Txn::erase(std::string key) {
  puts_.push_back({std::move(key), ""});
  kinds_.push_back(NAVI_OP_DELETE);
  return *this;
}

Txn &Txn::check(std::string key, uint32_t kind, uint64_t revision) {
  checks_.push_back({std::move(key), {{}, revision, kind, 0}});
  return *this;
}

navi_txn Txn::view() {
  op_views_.clear();
  check_views_.clear();
  for (size_t i = 0; i < puts_.size(); ++i) {
    const Put &put = puts_[i];
    op_views_.push_back(
        {bytes(put.key), bytes(put.value), bytes(put.meta), put.expires_ms, kinds_[i], 0});
  }
  for (const auto &[key, check] : checks_) {
    check_views_.push_back({bytes(key), check.revision, check.kind, 0});
  }
  found_.assign(puts_.size(), 7);
  return {check_views_.data(),
          op_views_.data(),
          static_cast<uint32_t>(check_views_.size()),
          static_cast<uint32_t>(op_views_.size()),
          0,
          0,
          found_.data()};
}

Store::Store(const char *config) {
  navi_open request{};
  request.config = config;
  request.data_dir = ".";
  request.ns = "test";
  store_ = MemoryStore::open(request, caps_);
}

navi_result Store::apply(Txn &txn, uint64_t now_ms) {
  const navi_txn view = txn.view();
  navi_apply request{};
  request.now_ms = now_ms;
  request.txns = &view;
  request.n = 1;
  navi_result result{NAVI_MAYBE, 0, 0, 0};
  store_->apply(request, &result);
  return result;
}

navi_result Store::put(std::string key, std::string value, uint64_t expires_ms) {
  return apply(Txn().put({std::move(key), std::move(value), expires_ms}));
}

navi_result Store::erase(std::string key) { return apply(Txn().erase(std::move(key))); }

std::string Store::get(const std::string &key, uint64_t now_ms) {
  const navi_bytes name = bytes(key);
  navi_read request{};
  request.now_ms = now_ms;
  request.keys = &name;
  request.n = 1;
  std::string text = "none";
  const navi_sink sink{&text, &append_value};
  navi_reply reply{};
  store_->read(request, backend::ItemSink(sink), reply);
  return text;
}

std::string Store::scan(navi_scan request) {
  if (request.now_ms == 0) request.now_ms = 1;
  std::string text;
  const navi_sink sink{&text, &append_item};
  navi_reply reply{};
  store_->scan(request, backend::ItemSink(sink), reply);
  return (reply.flags & NAVI_MORE) != 0 ? text + " +" : text;
}

std::string Store::changes(navi_tail request) {
  std::string text;
  const navi_change_sink sink{&text, &append_change};
  navi_reply reply{};
  store_->changes(request, backend::ChangeSink(sink), reply);
  return (reply.flags & NAVI_MORE) != 0 ? text + "+" : text;
}

navi_stats Store::stats() {
  navi_stats stats{};
  store_->stats(stats);
  return stats;
}

}  // namespace navistore::memory::test
