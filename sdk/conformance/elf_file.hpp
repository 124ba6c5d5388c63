// SPDX-License-Identifier: Apache-2.0
// What the plugin's file says of itself, read without loading it.
#pragma once

#include <string>
#include <vector>

namespace navistore::conformance {

struct ElfFacts {
  std::vector<std::string> exported;  // defined dynamic symbols that others can bind to, sorted
  bool text_relocations = false;
  bool executable_stack = true;  // also when the file does not say
};

// Reads a 64-bit ELF file of this machine's byte order. "" or why it cannot be read.
std::string read_elf(const std::string &path, ElfFacts &facts);

}  // namespace navistore::conformance
