// SPDX-License-Identifier: Apache-2.0
#include "core/host/pass_cache.hpp"

#include <fcntl.h>
#include <gnu/libc-version.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <algorithm>

#include "core/host/elf_build_id.hpp"
#include "core/host/plugin_file.hpp"

namespace navistore::host {
namespace {

std::string file_system_type(const std::string &dir) {
  struct statfs status {};
  if (::statfs(dir.c_str(), &status) != 0) return "unknown";
  return std::to_string(status.f_type);
}

bool unchanged(const json::Dependency &dependency) {
  return !dependency.build_id.empty() && library_identity(dependency.path) == dependency.build_id;
}

}  // namespace

Machine Machine::this_one() {
  struct utsname name {};
  const char *kernel = ::uname(&name) == 0 ? name.release : "unknown";
  return {kernel, ::gnu_get_libc_version()};
}

std::string PassCache::path_of(const PassKey &key) const {
  const std::string text = "navistore-pass/1\n" + key.plugin_sha256 + "\n" + key.harness + "\n" +
                           key.tier + "\n" + key.config + "\n" + file_system_type(key.data_dir) +
                           "\n" + machine_.kernel + "\n" + machine_.libc;
  return state_dir_ + "/passes/" + key.plugin_sha256 + "-" + sha256_of(text) + ".json";
}

std::optional<json::Pass> PassCache::find(const PassKey &key) const {
  auto text = read_whole_file(path_of(key));
  if (!text) return std::nullopt;
  auto pass = json::parse_pass(text.value());
  if (!pass) return std::nullopt;
  const auto &dependencies = pass.value().dependencies;
  if (!std::all_of(dependencies.begin(), dependencies.end(), unchanged)) return std::nullopt;
  ::utimensat(AT_FDCWD, path_of(key).c_str(), nullptr, 0);  // it was used
  return std::move(pass).value();
}

Outcome PassCache::store(const PassKey &key, const json::Pass &pass) const {
  return write_whole_file(path_of(key), json::to_json(pass));
}

}  // namespace navistore::host
