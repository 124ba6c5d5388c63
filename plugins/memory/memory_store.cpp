// SPDX-License-Identifier: Apache-2.0
// Opening, reading and what needs no more than a look at the state.
#include "memory_store.hpp"

#include <sys/stat.h>

#include <string_view>

namespace navistore::memory {
namespace {

using backend::Failure;
using backend::ItemSink;
using backend::view;

bool is_directory(const char *path) {
  struct stat status {};
  return path != nullptr && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_namespace(std::string_view name) {
  const std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  return !name.empty() && name.size() <= 63 &&
         name.find_first_not_of(letters) == std::string_view::npos;
}

}  // namespace

navi_item item_of(const Version &version, uint32_t flags) noexcept {
  navi_item item{};
  item.key = backend::bytes(version.entry->key());
  if ((flags & NAVI_F_NO_VALUE) == 0) item.value = backend::bytes(version.value());
  item.meta = backend::bytes(version.meta());
  item.revision = version.revision;
  item.expires_ms = version.expires_ms;
  return item;
}

std::unique_ptr<MemoryStore> MemoryStore::open(const navi_open &request, navi_caps &caps) {
  const Settings settings = read_settings(request.config);
  if (request.ns == nullptr || !is_namespace(request.ns)) {
    throw Failure(NAVI_INVALID, "the namespace is not [a-z0-9_-]{1,63}");
  }
  if (!is_directory(request.data_dir)) throw Failure(NAVI_INVALID, "data_dir is not a directory");
  if ((request.flags & NAVI_OPEN_MUST_EXIST) != 0) {
    throw Failure(NAVI_INVALID, "a store in memory does not exist before it is opened");
  }
  caps = capabilities(settings);
  const bool read_only = (request.flags & NAVI_OPEN_READ_ONLY) != 0;
  return std::make_unique<MemoryStore>(settings,
                                       read_only ? Access::kReadOnly : Access::kReadWrite);
}

MemoryStore::MemoryStore(const Settings &settings, Access access)
    : settings_(settings),
      access_(access),
      writer_(shared_, settings.history, settings.history_bytes) {}

void MemoryStore::read(const navi_read &request, const ItemSink &sink, navi_reply &reply) {
  const Snapshot snapshot(shared_);
  reply.revision = snapshot.revision();
  for (size_t i = 0; i < request.n; ++i) {
    const Entry *entry = snapshot.table().find(view(request.keys[i]));
    const Version *version = snapshot.live(entry, request.now_ms);
    if (version != nullptr && !sink(i, item_of(*version, request.flags))) return;
  }
}

void MemoryStore::sync(uint64_t, navi_reply &) {
  throw Failure(NAVI_UNSUPPORTED, "a store in memory has nothing durable");
}

void MemoryStore::stats(navi_stats &stats) {
  const backend::Lock lock(commit_);
  const Keyspace &keyspace = writer_.keyspace();
  const History &history = writer_.history();
  stats.items = keyspace.items;
  stats.bytes = keyspace.bytes;
  stats.revision = writer_.revision();
  stats.oldest_change = history.size() == 0 ? 0 : history.dropped_through() + 1;
  stats.next_expiry_ms = keyspace.expiries.earliest();
}

}  // namespace navistore::memory
