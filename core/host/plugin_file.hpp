// SPDX-License-Identifier: Apache-2.0
// A backend's file: where it is, whether it may be trusted, and the copy that is loaded.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/descriptor.hpp"
#include "core/result.hpp"

namespace navistore::host {

// Directories searched for libnavistore_NAME.so: those given, then <executable>/../backends (a
// build tree) and <executable>/../lib/navistore (an installation).
std::vector<std::string> search_path(const std::vector<std::string> &given);

// The file of a backend named "sqlite", or the path itself when it holds a '/'. kNotFound names
// what was searched.
Result<std::string> find_plugin(const std::string &backend, const std::vector<std::string> &given);

struct PluginCopy {
  std::string path;                          // <state_dir>/plugins/<sha256>/<file name>
  std::string sha256;                        // 64 hex digits
  std::shared_ptr<const Descriptor> in_use;  // a claim on its directory: nobody removes it
};

// Opens the file (regular, owned by root or by us, writable by nobody else), hashes it while
// copying, and puts the copy at a path named by the hash: only that is ever loaded, since dlopen
// matches by name and would give an old library for a replaced file. kNotFound: no such
// file. kNotABackend: it cannot be read or not be trusted. kDenied, kNoSpace, kIo: the copy cannot
// be made.
Result<PluginCopy> copy_plugin(const std::string &path, const std::string &state_dir);

// SHA-256 in hex.
std::string sha256_of(std::string_view bytes);

// Writes a file as a whole: temporary file, fsync, rename.
Outcome write_whole_file(const std::string &path, std::string_view bytes);
Result<std::string> read_whole_file(const std::string &path);

// The directory of the running executable.
std::string executable_dir();

}  // namespace navistore::host
