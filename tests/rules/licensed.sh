#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: licensed.sh ROOT
# Every source file says its licence in the first line, or in the second after a #! line.
set -eu
. "$(dirname "$0")/sources.sh"
root=$1 status=0
names=('*.c' '*.cc' '*.cpp' '*.h' '*.hpp' '*.rs' '*.py' '*.lua' '*.sh' '*.cmake' CMakeLists.txt)
for file in $(sources "$root" "${names[@]}") $(sources "$root" '*' | grep -E '^(scripts|\.ci)/[^.]*$' || true); do
  line=$(head -n 1 "$root/$file")
  case $line in '#!'*) line=$(sed -n 2p "$root/$file") ;; esac
  case $line in
    *"SPDX-License-Identifier: Apache-2.0"*) ;;
    *) echo "$file: no SPDX line"; status=1 ;;
  esac
done
exit $status
