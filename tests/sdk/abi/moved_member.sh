#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: moved_member.sh BASELINE INCLUDE_DIRECTORY COMPILER
# Shows that the comparison is not blind: it must fail when two members change places or one is appended.
set -eu
baseline=$1 include=$2 compiler=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# expect STATUS WHAT SED_EXPRESSION: compares after an edit of the header
expect() {
  mkdir -p "$work/navistore"
  # The header's own assertions would stop the compiler first.
  sed -e "$3" -e 's/^NAVI_SA(.*//' "$include/navistore/backend.h" >"$work/navistore/backend.h"
  "$compiler" -g -fPIC -shared -I"$work" "$here/anchor.c" -o "$work/libanchor.so"
  "$here/compare.sh" "$baseline" "$work/libanchor.so" >"$work/report" && status=0 || status=$?
  [ "$status" != 77 ] || { cat "$work/report"; exit 77; }
  [ "$status" = "$1" ] || { echo "$2: status $status, not $1"; cat "$work/report"; exit 1; }
}

expect 0 "the header as it is" ''
expect 1 "two members swapped" 's/uint64_t items; /uint64_t bytes; /; t; s/uint64_t bytes; /uint64_t items; /'
expect 1 "a member appended" 's/^} navi_reply;/  uint64_t added;\n} navi_reply;/'
echo "a moved and an added member are both noticed"
