#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: registered.sh ROOT
# Every *_test.c* file is named in a CMakeLists.txt or .cmake file of its directory or one above, and no case has a
# semicolon in its name, where ctest would cut it: a test that is not built or not found passes for ever.
set -eu
. "$(dirname "$0")/sources.sh"
root=$1

# registered FILE
registered() {
  local directory file=$1
  directory=$(dirname "$file")
  while [ "$directory" != . ]; do
    cat "$root/$directory"/CMakeLists.txt "$root/$directory"/*.cmake 2>/dev/null | sed 's/#.*//' |
      tr -s ' ()\t\n' '\n' | grep -qxF "${file#"$directory"/}" && return 0
    directory=$(dirname "$directory")
  done
  return 1
}

status=0
for file in $(sources "$root" '*_test.c' '*_test.cc' '*_test.cpp'); do
  registered "$file" || { echo "$file: in no CMakeLists.txt"; status=1; }
  ! tr '\n' ' ' <"$root/$file" | grep -qE 'TEST_CASE[A-Z_]*\( *"[^"]*;' ||
    { echo "$file: a semicolon in the name of a case"; status=1; }
done
exit $status
