// SPDX-License-Identifier: Apache-2.0
#include "core/host/plugin_file.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <system_error>

#include "core/descriptor.hpp"
#include "core/host/directory_lock.hpp"
#include "core/host/system_error.hpp"

namespace navistore::host {
namespace {

namespace fs = std::filesystem;

Error io_error(const std::string &doing) { return system_error(errno, doing); }

Error distrusted(const std::string &why) { return {Code::kNotABackend, why}; }

// The file that was named cannot be read: that says nothing about where the server keeps its state.
Error unreadable(const std::string &path) {
  const int error = errno;
  return {error == ENOENT ? Code::kNotFound : Code::kNotABackend,
          "read " + path + ": " + error_text(error)};
}

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }
  void update(std::string_view bytes) {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  }
  std::string finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &length);
    constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (unsigned i = 0; i < length; ++i) {
      out += kDigits[digest.at(i) >> 4U];
      out += kDigits[digest.at(i) & 15U];
    }
    return out;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX *context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

Outcome write_to(int fd, std::string_view bytes, const std::string &path) {
  if (!write_all(fd, bytes)) return io_error("write " + path);
  return Done{};
}

Outcome check_trust(int fd, const std::string &path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return unreadable(path);
  if (!S_ISREG(status.st_mode)) {
    return distrusted(path + " is not a regular file");
  }
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return distrusted(path + " is owned by neither root nor the server's user");
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return distrusted(path + " is writable by group or others (chmod go-w)");
  }
  return Done{};
}

// Copies source into target, which is open; returns the hash of what was copied.
Result<std::string> copy_hashed(int source, int target, const std::string &path) {
  Sha256 hash;
  std::array<char, 64 * 1024> buffer{};
  for (;;) {
    const ssize_t n = ::read(source, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(path);
    if (n == 0) return hash.finish();
    const std::string_view part(buffer.data(), static_cast<size_t>(n));
    hash.update(part);
    if (auto written = write_to(target, part, "a copy of " + path); !written)
      return std::move(written).error();
  }
}

Outcome make_dirs(const std::string &path) {
  std::error_code failure;
  if (!path.empty()) fs::create_directories(path, failure);  // empty: of a file named alone
  if (failure) return system_error(failure.value(), "create directory " + path);
  return Done{};
}

// Makes the directory, and keeps others from removing it.
Result<std::shared_ptr<const Descriptor>> claim_directory(const std::string &path) {
  for (int tries = 0; tries < 100; ++tries) {  // who is removing it has it for a moment
    if (auto made = make_dirs(path); !made) return std::move(made).error();
    Descriptor lock = lock_directory(path, Claim::kShared);
    if (lock.get() >= 0) return std::make_shared<const Descriptor>(std::move(lock));
    ::sched_yield();
  }
  return Error{Code::kBusy, "somebody else keeps " + path + " locked"};
}

}  // namespace

std::string executable_dir() {
  std::error_code failure;
  const fs::path self = fs::read_symlink("/proc/self/exe", failure);
  return self.parent_path().string();
}

std::vector<std::string> search_path(const std::vector<std::string> &given) {
  std::vector<std::string> dirs = given;
  const fs::path self = executable_dir();
  dirs.push_back((self.parent_path() / "backends").string());
  dirs.push_back((self.parent_path() / "lib" / "navistore").string());
  return dirs;
}

Result<std::string> find_plugin(const std::string &backend, const std::vector<std::string> &given) {
  std::error_code failure;
  if (backend.find('/') != std::string::npos) {
    if (fs::exists(backend, failure)) return backend;
    return Error{Code::kNotFound, "no such file: " + backend};
  }
  std::string searched;
  for (const std::string &dir : search_path(given)) {
    const fs::path candidate = fs::path(dir) / ("libnavistore_" + backend + ".so");
    if (fs::exists(candidate, failure)) return candidate.string();
    searched += (searched.empty() ? "" : ", ") + dir;
  }
  return Error{Code::kNotFound, "no libnavistore_" + backend + ".so in " + searched};
}

Result<PluginCopy> copy_plugin(const std::string &path, const std::string &state_dir) {
  const Descriptor source(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (source.get() < 0) return unreadable(path);
  if (auto trust = check_trust(source.get(), path); !trust) return std::move(trust).error();

  const fs::path plugins = fs::path(state_dir) / "plugins";
  if (auto made = make_dirs(plugins.string()); !made) return std::move(made).error();
  std::string temporary = (plugins / "copy-XXXXXX").string();
  const Descriptor target(::mkostemp(temporary.data(), O_CLOEXEC));
  if (target.get() < 0) return io_error("create a file in " + plugins.string());

  auto hash = copy_hashed(source.get(), target.get(), path);
  if (!hash) {
    ::unlink(temporary.c_str());
    return std::move(hash).error();
  }
  const fs::path dir = plugins / hash.value();
  const fs::path copy = dir / fs::path(path).filename();
  auto in_use = claim_directory(dir.string());
  if (!in_use) return std::move(in_use).error();
  if (::fchmod(target.get(), S_IRUSR | S_IXUSR) != 0 ||
      ::rename(temporary.c_str(), copy.c_str()) != 0) {
    const Error failure = io_error("place " + copy.string());
    ::unlink(temporary.c_str());
    return failure;
  }
  return PluginCopy{fs::absolute(copy).string(), std::move(hash).value(),
                    std::move(in_use).value()};
}

std::string sha256_of(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

Outcome write_whole_file(const std::string &path, std::string_view bytes) {
  if (auto made = make_dirs(fs::path(path).parent_path().string()); !made) return made;
  std::string temporary = path + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return io_error("create " + temporary);
  auto written = write_to(file.get(), bytes, path);
  if (written && (::fsync(file.get()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0)) {
    written = io_error("write " + path);
  }
  if (!written) ::unlink(temporary.c_str());
  return written;
}

Result<std::string> read_whole_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Code::kNotFound, "open " + path + ": " + error_text(errno)};
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace navistore::host
