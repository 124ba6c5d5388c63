// SPDX-License-Identifier: Apache-2.0
#include "core/http/sealed_body.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <utility>

namespace navistore::http {

SealedBodyPtr SealedBody::make(std::string_view bytes) {
  Descriptor file(::memfd_create("navistore-body", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  const bool sealed =
      file.valid() && write_all(file.get(), bytes) && ::fcntl(file.get(), F_ADD_SEALS, kSeals) == 0;
  if (!sealed) return nullptr;
  // A shared mapping of a sealed file is refused by kernels before 6.7.
  void *const mapped = ::mmap(nullptr, bytes.size(), PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (mapped == MAP_FAILED) return nullptr;
  return SealedBodyPtr(
      new SealedBody(std::move(file), {static_cast<const char *>(mapped), bytes.size()}));
}

SealedBody::~SealedBody() { ::munmap(const_cast<char *>(bytes_.data()), bytes_.size()); }

}  // namespace navistore::http
