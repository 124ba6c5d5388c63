// SPDX-License-Identifier: Apache-2.0
#include "core/host/elf_build_id.hpp"

#include <elf.h>

#include <cstring>
#include <fstream>
#include <string_view>
#include <vector>

#include "core/host/plugin_file.hpp"

namespace navistore::host {
namespace {

constexpr size_t kMaxNoteBytes = 64 * 1024;
constexpr size_t kMaxProgramHeaders = 256;

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

template <class T>
bool read_at(std::ifstream &file, uint64_t offset, T &out) {
  file.seekg(static_cast<std::streamoff>(offset));
  return static_cast<bool>(file.read(reinterpret_cast<char *>(&out), sizeof out));
}

size_t padded(size_t bytes) { return (bytes + 3) & ~size_t{3}; }

std::string find_build_id(std::string_view notes) {
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr header;
    std::memcpy(&header, notes.data(), sizeof header);
    notes.remove_prefix(sizeof header);
    const size_t name_bytes = padded(header.n_namesz);
    const size_t all_bytes = name_bytes + padded(header.n_descsz);
    if (all_bytes > notes.size()) return {};
    const bool is_gnu = header.n_namesz == 4 && notes.substr(0, 3) == "GNU";
    if (is_gnu && header.n_type == NT_GNU_BUILD_ID) {
      return hex(notes.substr(name_bytes, header.n_descsz));
    }
    notes.remove_prefix(all_bytes);
  }
  return {};
}

std::string notes_of(std::ifstream &file, const Elf64_Phdr &segment) {
  std::string notes(segment.p_filesz, '\0');
  file.seekg(static_cast<std::streamoff>(segment.p_offset));
  if (!file.read(notes.data(), static_cast<std::streamsize>(notes.size()))) return {};
  return notes;
}

}  // namespace

std::string elf_build_id(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  Elf64_Ehdr header;
  if (!read_at(file, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phnum > kMaxProgramHeaders) {
    return {};
  }
  for (uint64_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!read_at(file, header.e_phoff + i * header.e_phentsize, segment)) return {};
    if (segment.p_type != PT_NOTE || segment.p_filesz > kMaxNoteBytes) continue;
    std::string id = find_build_id(notes_of(file, segment));
    if (!id.empty()) return id;
  }
  return {};
}

std::string library_identity(const std::string &path) {
  std::string id = elf_build_id(path);
  if (!id.empty()) return id;
  auto bytes = read_whole_file(path);
  return bytes ? "sha256:" + sha256_of(bytes.value()) : std::string();
}

}  // namespace navistore::host
