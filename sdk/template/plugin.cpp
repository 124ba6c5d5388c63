// SPDX-License-Identifier: Apache-2.0
#include "map_store.hpp"

NAVISTORE_BACKEND(MapStore, "org.example.template", "1.0.0", "a std::map under a mutex");
