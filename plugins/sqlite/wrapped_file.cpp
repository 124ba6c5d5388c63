// SPDX-License-Identifier: Apache-2.0
#include "wrapped_file.hpp"

namespace navistore::sqlite {
namespace {

sqlite3_file *below(sqlite3_file *file) noexcept {
  return static_cast<WrappedFile *>(file)->below();
}

extern "C" {

int pass_read(sqlite3_file *file, void *to, int size, sqlite3_int64 offset) {
  return below(file)->pMethods->xRead(below(file), to, size, offset);
}

int pass_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset) {
  return below(file)->pMethods->xWrite(below(file), bytes, size, offset);
}

int pass_truncate(sqlite3_file *file, sqlite3_int64 size) {
  return below(file)->pMethods->xTruncate(below(file), size);
}

int pass_sync(sqlite3_file *file, int flags) {
  return below(file)->pMethods->xSync(below(file), flags);
}

int pass_size(sqlite3_file *file, sqlite3_int64 *size) {
  return below(file)->pMethods->xFileSize(below(file), size);
}

int pass_lock(sqlite3_file *file, int level) {
  return below(file)->pMethods->xLock(below(file), level);
}

int pass_unlock(sqlite3_file *file, int level) {
  return below(file)->pMethods->xUnlock(below(file), level);
}

int pass_check_reserved_lock(sqlite3_file *file, int *reserved) {
  return below(file)->pMethods->xCheckReservedLock(below(file), reserved);
}

int pass_control(sqlite3_file *file, int operation, void *argument) {
  return below(file)->pMethods->xFileControl(below(file), operation, argument);
}

int pass_sector_size(sqlite3_file *file) { return below(file)->pMethods->xSectorSize(below(file)); }

int pass_characteristics(sqlite3_file *file) {
  return below(file)->pMethods->xDeviceCharacteristics(below(file));
}

int pass_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **memory) {
  return below(file)->pMethods->xShmMap(below(file), region, size, extend, memory);
}

int pass_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
  return below(file)->pMethods->xShmLock(below(file), offset, count, flags);
}

void pass_shm_barrier(sqlite3_file *file) { below(file)->pMethods->xShmBarrier(below(file)); }

int pass_shm_unmap(sqlite3_file *file, int remove) {
  return below(file)->pMethods->xShmUnmap(below(file), remove);
}

}  // extern "C"

}  // namespace

sqlite3_io_methods passing_methods(int version) noexcept {
  return {version,
          nullptr,
          pass_read,
          pass_write,
          pass_truncate,
          pass_sync,
          pass_size,
          pass_lock,
          pass_unlock,
          pass_check_reserved_lock,
          pass_control,
          pass_sector_size,
          pass_characteristics,
          pass_shm_map,
          pass_shm_lock,
          pass_shm_barrier,
          pass_shm_unmap,
          nullptr,
          nullptr};
}

}  // namespace navistore::sqlite
