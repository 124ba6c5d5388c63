#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shows that each rule fails: in a small tree that breaks it in one place.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
spdx='// SPDX-License-Identifier: Apache-2.0'

# expect RULE PATTERN PATH CONTENT: the tree with this one file added breaks RULE, which says PATTERN
expect() {
  mkdir -p "$tree/$(dirname "$3")"
  printf '%s\n' "$spdx" "$4" >"$tree/$3"
  if "$here/$1" "$tree" >"$tree/said"; then echo "$1 accepts $3: $4"; exit 1; fi
  grep -q "$2" "$tree/said" || { echo "$1 on $3 does not say $2:"; cat "$tree/said"; exit 1; }
  rm "$tree/$3"
}

mkdir -p "$tree/core/http" "$tree/tests/a/b"
printf '%s\n' "$spdx" '#include <pistache/reactor.h>' >"$tree/core/http/good.cpp"
printf '%s\n' '# SPDX-License-Identifier: Apache-2.0' 'add(SOURCES x_test.cpp b/y_test.cpp)' >"$tree/tests/a/CMakeLists.txt"
printf '%s\n' "$spdx" | tee "$tree/tests/a/x_test.cpp" >"$tree/tests/a/b/y_test.cpp"
for rule in registered.sh licensed.sh layering.sh; do
  "$here/$rule" "$tree" || { echo "$rule refuses the good tree"; exit 1; }
done

expect registered.sh tests/a/z_test.cpp tests/a/z_test.cpp ''
expect registered.sh tests/a/test.cpp_test.c tests/a/test.cpp_test.c ''
expect registered.sh tests/b/x_test.cpp tests/b/x_test.cpp ''
expect registered.sh semicolon tests/a/b/z_test.cpp 'TEST_CASE("a; b") {}'

expect layering.sh 'core/http/' core/api/a.cpp '#include <pistache/http.h>'
for use in 'Pistache::Http::Endpoint server(a);' 'Rest::Router router;' 'Http::Private::RequestParser p(1);' \
  'using Pistache::Http::ResponseWriter;' 'using namespace Pistache;' 'void onRequest(const Http::Request &, Http::ResponseWriter) {}'; do
  expect layering.sh 'stays unused' core/http/a.cpp "$use"
done
expect layering.sh plugin_library core/host/other.cpp '#include <boost/dll/shared_library.hpp>'
expect layering.sh core/http core/api/a.hpp '  #  include <boost/beast/http.hpp>'
expect layering.sh core/json core/api/a.cpp '#include <nlohmann/json.hpp>'
expect layering.sh plugins/sqlite core/store/a.cpp '#include <sqlite3.h>'
expect layering.sh core/telemetry core/host/a.cpp '#include <spdlog/spdlog.h>'
expect layering.sh config core/host/a.cpp '#include "CLI/CLI.hpp"'
expect layering.sh replication core/host/a.cpp '#include <curl/curl.h>'
expect layering.sh plugins/ plugins/memory/a.cpp '#include "core/result.hpp"'
expect layering.sh core/api/ core/api/a.cpp '#include "navistore/backend.h"'
expect layering.sh core/http/ core/http/a.cpp '#include "core/store/store.hpp"'
expect layering.sh core/http/ core/http/a.cpp '#include "core/api/kv.hpp"'
expect layering.sh sdk/include sdk/include/navistore/a.hpp '#include <unistd.h>'
expect layering.sh sdk/include sdk/include/navistore/a.hpp '#include <doctest/doctest.h>'
expect layering.sh sdk/template sdk/template/a.cpp '#include "core/result.hpp"'
expect layering.sh sdk/conformance sdk/conformance/a.cpp '#include "core/result.hpp"'
expect layering.sh sdk/conformance sdk/conformance/a.cpp '#include <boost/asio.hpp>'

spdx='// a file without a licence'
for file in core/a.cpp sdk/a.h tests/a.cmake scripts/run .ci/run tests/a.rs; do expect licensed.sh "$file" "$file" ''; done
expect licensed.sh tests/CMakeLists.txt tests/CMakeLists.txt '# SPDX-License-Identifier: MIT'
echo "each rule fails where it has to"
