// SPDX-License-Identifier: Apache-2.0
#include "sqlite_store.hpp"

NAVISTORE_BACKEND(navistore::sqlite::SqliteStore, "org.navistore.sqlite", "1.0.0",
                  "one SQLite database file for each namespace");
