// SPDX-License-Identifier: Apache-2.0
#include "records.hpp"

#include <cstring>
#include <new>

namespace navistore::memory {
namespace {

void append(char *&to, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  to += bytes.size();
}

}  // namespace

Version *make_version(Slab &slab, uint32_t kind, std::string_view value, std::string_view meta) {
  void *block = slab.allocate(sizeof(Version) + value.size() + meta.size());
  auto *version = new (block) Version{};
  version->value_size = static_cast<uint32_t>(value.size());
  version->meta_size = static_cast<uint16_t>(meta.size());
  version->change = static_cast<uint8_t>(kind);
  char *bytes = reinterpret_cast<char *>(version + 1);
  append(bytes, value);
  append(bytes, meta);
  return version;
}

void free_version(Slab &slab, Version *version) noexcept {
  slab.release(version, version->block_size());
}

Entry *make_entry(Slab &slab, std::string_view key, unsigned height) {
  void *block = slab.allocate(sizeof(Entry) + height * sizeof(std::atomic<Entry *>) + key.size());
  auto *entry = new (block) Entry{};
  entry->key_size = static_cast<uint16_t>(key.size());
  entry->height = static_cast<uint8_t>(height);
  for (unsigned level = 0; level < height; ++level) {
    new (&entry->next(level)) std::atomic<Entry *>(nullptr);
  }
  char *bytes = reinterpret_cast<char *>(&entry->next(0) + height);
  append(bytes, key);
  return entry;
}

void free_entry(Slab &slab, Entry *entry) noexcept { slab.release(entry, entry->block_size()); }

}  // namespace navistore::memory
