// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/elf_file.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

namespace navistore::conformance {
namespace {

class Image {
 public:
  explicit Image(std::string bytes) : bytes_(std::move(bytes)) {}

  // Copies the T at the offset; false: outside of the file.
  template <class T>
  bool at(uint64_t offset, T &value) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) return false;
    std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    return true;
  }
  std::string text(uint64_t offset) const {
    if (offset >= bytes_.size()) return "";
    const char *begin = bytes_.data() + offset;
    return {begin, strnlen(begin, bytes_.size() - offset)};
  }

 private:
  std::string bytes_;
};

bool is_exported(const Elf64_Sym &symbol) {
  const auto binding = ELF64_ST_BIND(symbol.st_info);
  const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && binding != STB_LOCAL && visibility != STV_HIDDEN &&
         visibility != STV_INTERNAL;
}

void read_symbols(const Image &image, const Elf64_Shdr &table, const Elf64_Shdr &names,
                  ElfFacts &facts) {
  for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= table.sh_size; at += sizeof(Elf64_Sym)) {
    Elf64_Sym symbol;
    if (!image.at(table.sh_offset + at, symbol)) return;
    if (is_exported(symbol)) facts.exported.push_back(image.text(names.sh_offset + symbol.st_name));
  }
  std::sort(facts.exported.begin(), facts.exported.end());
}

bool read_sections(const Image &image, const Elf64_Ehdr &header, ElfFacts &facts) {
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section;
    Elf64_Shdr names;
    if (!image.at(header.e_shoff + uint64_t{i} * sizeof section, section)) return false;
    if (section.sh_type != SHT_DYNSYM) continue;
    if (!image.at(header.e_shoff + uint64_t{section.sh_link} * sizeof names, names)) return false;
    read_symbols(image, section, names, facts);
    return true;
  }
  return false;
}

void read_dynamic(const Image &image, const Elf64_Phdr &segment, ElfFacts &facts) {
  for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= segment.p_filesz; at += sizeof(Elf64_Dyn)) {
    Elf64_Dyn entry;
    if (!image.at(segment.p_offset + at, entry) || entry.d_tag == DT_NULL) return;
    if (entry.d_tag == DT_TEXTREL) facts.text_relocations = true;
    if (entry.d_tag == DT_FLAGS && (entry.d_un.d_val & DF_TEXTREL) != 0)
      facts.text_relocations = true;
  }
}

void read_segments(const Image &image, const Elf64_Ehdr &header, ElfFacts &facts) {
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!image.at(header.e_phoff + uint64_t{i} * sizeof segment, segment)) return;
    if (segment.p_type == PT_GNU_STACK) facts.executable_stack = (segment.p_flags & PF_X) != 0;
    if (segment.p_type == PT_DYNAMIC) read_dynamic(image, segment, facts);
  }
}

}  // namespace

std::string read_elf(const std::string &path, ElfFacts &facts) {
  std::ifstream file(path, std::ios::binary);
  const Image image(
      std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()));
  Elf64_Ehdr header;
  if (!image.at(0, header)) return "cannot be read";
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) {
    return "not a 64-bit ELF file";
  }
  if (header.e_type != ET_DYN) return "not a shared library";
  read_segments(image, header, facts);
  return read_sections(image, header, facts) ? "" : "has no table of dynamic symbols";
}

}  // namespace navistore::conformance
