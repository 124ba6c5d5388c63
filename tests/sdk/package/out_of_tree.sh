#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the SDK from BUILD_DIR to a fresh prefix, builds the template with find_package(navistore-sdk) alone, and
# runs its tests.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

cmake --install "$BUILD_DIR" --component sdk --prefix "$prefix" >"$work/log" || { cat "$work/log"; exit 1; }
if grep -rIl "$BUILD_DIR" "$prefix"; then
  echo "the files above name the build directory"
  exit 1
fi

cp -r "$prefix/share/navistore-sdk/template" "$work/template"
cd "$work/template"
cmake -B build -DCMAKE_PREFIX_PATH="$prefix"
cmake --build build
[ -f build/backends/libnavistore_template.so ] || { echo "no plugin in build/backends"; exit 1; }
exported=$(nm -D --defined-only build/backends/libnavistore_template.so | awk '{print $3}')
[ "$exported" = navistore_backend_entry ] || { echo "exported symbols: $exported"; exit 1; }
ctest --test-dir build --no-tests=error --output-on-failure

# What the functions refuse, they refuse by name.
refused() {
  printf 'cmake_minimum_required(VERSION 3.25)\nproject(p C)\nfind_package(navistore-sdk 1.0 REQUIRED)\n%s\n' "$2" \
    >"$work/CMakeLists.txt"
  if cmake -S "$work" -B "$work/refused" -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1; then
    echo "accepted: $2"; exit 1
  fi
  grep -q "$1" "$work/log" || { cat "$work/log"; exit 1; }
}
refused "the name 'Bad Name'" 'navistore_add_backend("Bad Name" a.c)'
refused "not 'soak'" 'navistore_add_conformance(x TIER soak)'
refused "unknown argument: CONFIGS" 'navistore_add_conformance(x CONFIGS y)'
