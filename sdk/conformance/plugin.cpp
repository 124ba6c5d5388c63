// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/plugin.hpp"

#include <dlfcn.h>
#include <link.h>

#include <chrono>
#include <cstring>

namespace navistore::conformance {
namespace {

const char *const kStoreMembers[] = {"open", "close", "read",  "apply",    "scan",
                                     "sync", "clear", "stats", "interrupt"};
const char *const kChangesMembers[] = {"read", "trim"};
const char *const kWatchMembers[] = {"arm"};
const char *const kUpkeepMembers[] = {"purge", "compact", "verify", "backup"};

// All vtables are {uint32_t size, zero; pointers...}: the first defect of one, or "".
template <size_t N>
std::string defect(const char *id, const void *vtable, const char *const (&members)[N]) {
  if (vtable == nullptr) return "";
  uint32_t size = 0;
  std::memcpy(&size, vtable, sizeof size);
  constexpr size_t kHeader = 2 * sizeof(uint32_t);
  if (size < kHeader + N * sizeof(void *)) {
    return std::string(id) + ": its size field says " + std::to_string(size) +
           ", version 1 needs " + std::to_string(kHeader + N * sizeof(void *));
  }
  for (size_t i = 0; i < N; ++i) {
    const void *member = nullptr;
    std::memcpy(&member, static_cast<const char *>(vtable) + kHeader + i * sizeof(void *),
                sizeof member);
    if (member == nullptr) return std::string(id) + ": " + members[i] + " is NULL";
  }
  return "";
}

std::string entry_defect(const navi_entry &entry) {
  const uint8_t magic[8] = NAVI_MAGIC;
  if (std::memcmp(entry.magic, magic, sizeof magic) != 0)
    return "navistore_backend_entry has a wrong magic";
  if (entry.size != sizeof(navi_entry)) return "navistore_backend_entry has a wrong size";
  if (entry.id == nullptr || entry.version == nullptr || entry.about == nullptr) {
    return "navistore_backend_entry lacks id, version or about";
  }
  if (entry.get_interface == nullptr) return "navistore_backend_entry has no get_interface";
  return "";
}

// dlsym searches the dependencies too: the symbol must be of the file itself.
bool symbol_is_of(void *handle, const void *symbol) {
  Dl_info owner{};
  void *mapped = nullptr;
  if (dladdr(symbol, &owner) == 0 ||
      dlinfo(handle, RTLD_DI_LINKMAP, static_cast<void *>(&mapped)) != 0)
    return false;
  const auto *map = static_cast<const struct link_map *>(mapped);
  return reinterpret_cast<uintptr_t>(owner.dli_fbase) == map->l_addr;
}

void log_nowhere(void *, int32_t, const char *, size_t) noexcept {}

uint64_t wall_clock(void *) noexcept {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

const void *no_interface(void *, const char *) noexcept { return nullptr; }

}  // namespace

std::string load_plugin(const std::string &path, Plugin &plugin) {
  plugin.path = path;
  plugin.handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (plugin.handle == nullptr) {
    return std::string("cannot be loaded: ") +
           dlerror();  // NOLINT(concurrency-mt-unsafe): glibc's is per thread
  }
  const void *symbol = dlsym(plugin.handle, "navistore_backend_entry");
  if (symbol == nullptr) return "no symbol navistore_backend_entry";
  if (!symbol_is_of(plugin.handle, symbol))
    return "navistore_backend_entry belongs to a dependency, not to this file";
  plugin.entry = static_cast<const navi_entry *>(symbol);
  if (std::string wrong = entry_defect(*plugin.entry); !wrong.empty()) return wrong;
  const auto get = plugin.entry->get_interface;
  plugin.store = static_cast<const navi_store_api *>(get(NAVI_STORE_1));
  if (plugin.store == nullptr) return "does not offer " NAVI_STORE_1;
  plugin.changes = static_cast<const navi_changes_api *>(get(NAVI_CHANGES_1));
  plugin.watch = static_cast<const navi_watch_api *>(get(NAVI_WATCH_1));
  plugin.upkeep = static_cast<const navi_upkeep_api *>(get(NAVI_UPKEEP_1));
  return vtable_defect(plugin);
}

std::string vtable_defect(const Plugin &plugin) {
  for (const std::string &found : {defect(NAVI_STORE_1, plugin.store, kStoreMembers),
                                   defect(NAVI_CHANGES_1, plugin.changes, kChangesMembers),
                                   defect(NAVI_WATCH_1, plugin.watch, kWatchMembers),
                                   defect(NAVI_UPKEEP_1, plugin.upkeep, kUpkeepMembers)}) {
    if (!found.empty()) return found;
  }
  return "";
}

const navi_host &harness_host() {
  static const navi_host host{
      sizeof(navi_host), 0,          nullptr,     "navistore-conformance", "1",
      log_nowhere,       wall_clock, no_interface};
  return host;
}

}  // namespace navistore::conformance
