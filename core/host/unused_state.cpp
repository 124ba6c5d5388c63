// SPDX-License-Identifier: Apache-2.0
#include "core/host/unused_state.hpp"

#include <filesystem>
#include <functional>
#include <system_error>

#include "core/host/directory_lock.hpp"

namespace navistore::host {
namespace {

namespace fs = std::filesystem;

constexpr size_t kHashDigits = 64;

// The entries of dir that were last changed before then.
void each_older(const fs::path &dir, fs::file_time_type then,
                const std::function<void(const fs::path &)> &visit) {
  std::error_code failure;
  for (fs::directory_iterator at(dir, failure), end; !failure && at != end; at.increment(failure)) {
    std::error_code gone;
    const auto changed = fs::last_write_time(at->path(), gone);
    if (!gone && changed < then) visit(at->path());
  }
}

// A start puts its copy in anew, so that the directory's time is that of the last one.
void remove_copies(const fs::path &plugins, fs::file_time_type then) {
  each_older(plugins, then, [&](const fs::path &path) {
    std::error_code ignored;
    const bool unfinished = !fs::is_directory(path, ignored);
    const Descriptor lock = lock_directory(path.string(), Claim::kAlone);
    const bool unused = lock.get() >= 0 && fs::last_write_time(path, ignored) < then;
    if (unfinished || unused) fs::remove_all(path, ignored);
  });
}

// A pass's name begins with its plugin's hash.
void remove_passes(const fs::path &passes, const fs::path &plugins, fs::file_time_type then) {
  each_older(passes, then, [&](const fs::path &path) {
    std::error_code ignored;
    const fs::path plugin = plugins / path.filename().string().substr(0, kHashDigits);
    const bool kept = fs::exists(plugin, ignored);
    if (kept && lock_directory(plugin.string(), Claim::kAlone).get() < 0) return;
    fs::remove(path, ignored);
  });
}

}  // namespace

void remove_unused(const std::string &state_dir, std::chrono::hours longer_than) {
  const auto then = fs::file_time_type::clock::now() - longer_than;
  const fs::path plugins = fs::path(state_dir) / "plugins";
  remove_copies(plugins, then);
  remove_passes(fs::path(state_dir) / "passes", plugins, then);
}

}  // namespace navistore::host
