// SPDX-License-Identifier: Apache-2.0
#include "memory_store.hpp"

NAVISTORE_BACKEND(navistore::memory::MemoryStore, "org.navistore.memory", "1.0.0",
                  "keeps everything in memory; nothing survives the process");
