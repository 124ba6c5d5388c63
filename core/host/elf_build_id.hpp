// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace navistore::host {

// The GNU build id of an ELF64 file in hex (the linker's hash of its contents, note
// NT_GNU_BUILD_ID), read from the program headers: a few hundred bytes, not the whole file. Empty:
// not such a file, or without the note.
std::string elf_build_id(const std::string &path);

// What tells one version of a library from another: its build id, else the SHA-256 of the file
// ("sha256:..."), else (no such file) nothing.
std::string library_identity(const std::string &path);

}  // namespace navistore::host
