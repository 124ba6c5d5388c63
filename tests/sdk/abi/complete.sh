#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: complete.sh HEADER ANCHOR LAYOUT_TEST
# Every struct that the header defines is in the anchor library and in the layout test.
set -eu
structs=$(sed -n 's/^typedef struct \(navi_[a-z_]*\) {$/\1/p' "$1")
[ -n "$structs" ] || { echo "no struct found in $1"; exit 1; }
missing=0
for struct in $structs; do
  grep -q "ANCHOR($struct)" "$2" || { echo "$2: $struct is missing"; missing=1; }
  grep -q "SIZE($struct, " "$3" || { echo "$3: $struct is missing"; missing=1; }
done
exit $missing
