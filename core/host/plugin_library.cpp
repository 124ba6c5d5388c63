// SPDX-License-Identifier: Apache-2.0
#include "core/host/plugin_library.hpp"

#define BOOST_DLL_USE_STD_FS
#include <dlfcn.h>
#include <link.h>

#include <boost/dll/shared_library.hpp>
#include <cstring>
#include <filesystem>

namespace navistore::host {
namespace {

constexpr const char *kEntrySymbol = "navistore_backend_entry";
constexpr uint8_t kMagic[8] = NAVI_MAGIC;

Error not_a_backend(const std::string &path, const std::string &what) {
  return {Code::kNotABackend, "load backend " + path + ": " + what};
}

// dlsym also searches a library's dependencies: the entry must belong to the file itself.
bool owns(const std::string &path, const void *symbol) {
  Dl_info info{};
  if (::dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) return false;
  std::error_code failure;
  return std::filesystem::equivalent(info.dli_fname, path, failure);
}

// A vtable of at least the first version's size, all of whose members are there; null otherwise.
template <class Api>
const Api *complete(const void *interface) {
  if (interface == nullptr) return nullptr;
  uint32_t size = 0;
  std::memcpy(&size, interface, sizeof size);
  if (size < sizeof(Api)) return nullptr;
  constexpr size_t kHeader = 8;  // size and zero, then function pointers only
  const auto *members = static_cast<const unsigned char *>(interface) + kHeader;
  for (size_t i = 0; i < (sizeof(Api) - kHeader) / sizeof(void *); ++i) {
    void *member = nullptr;
    std::memcpy(&member, members + i * sizeof member, sizeof member);
    if (member == nullptr) return nullptr;
  }
  return static_cast<const Api *>(interface);
}

template <class Api>
bool read_interface(const navi_entry &entry, const char *id, const Api *&out) {
  const void *interface = entry.get_interface(id);
  out = complete<Api>(interface);
  return interface == nullptr || out != nullptr;
}

Result<Backend> read_entry(const std::string &path, const navi_entry &entry) {
  if (std::memcmp(entry.magic, kMagic, sizeof kMagic) != 0) {
    return not_a_backend(path, "its entry has another magic");
  }
  if (entry.size < sizeof(navi_entry) || entry.get_interface == nullptr || entry.id == nullptr ||
      entry.version == nullptr || entry.about == nullptr) {
    return not_a_backend(path, "its entry is incomplete");
  }
  Backend backend;
  backend.path = path;
  backend.id = entry.id;
  backend.version = entry.version;
  backend.about = entry.about;
  if (!read_interface(entry, NAVI_STORE_1, backend.store) || backend.store == nullptr) {
    return not_a_backend(path, std::string("no complete ") + NAVI_STORE_1);
  }
  if (!read_interface(entry, NAVI_CHANGES_1, backend.changes) ||
      !read_interface(entry, NAVI_WATCH_1, backend.watch) ||
      !read_interface(entry, NAVI_UPKEEP_1, backend.upkeep)) {
    return not_a_backend(path, "an optional interface is incomplete");
  }
  return backend;
}

}  // namespace

Result<Backend> load_plugin(const std::string &path) {
  namespace dll = boost::dll;
  std::error_code failure;
  // RTLD_NODELETE: threads, thread-local storage and atexit handlers of a plugin may outlive any
  // unload.
  const auto mode = dll::load_mode::rtld_now | dll::load_mode::rtld_local |
                    static_cast<dll::load_mode::type>(RTLD_NODELETE);
  const dll::shared_library library(path, mode, failure);
  if (failure) {
    const char *detail = ::dlerror();  // NOLINT(concurrency-mt-unsafe): thread-local in glibc
    return not_a_backend(path, detail != nullptr ? detail : failure.message());
  }
  if (!library.has(kEntrySymbol)) return not_a_backend(path, "no symbol navistore_backend_entry");
  const auto &entry = library.get<const navi_entry>(kEntrySymbol);
  if (!owns(path, &entry)) return not_a_backend(path, "the entry belongs to another library");
  return read_entry(path, entry);
}

}  // namespace navistore::host
