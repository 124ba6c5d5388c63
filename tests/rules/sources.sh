# SPDX-License-Identifier: Apache-2.0
# Sourced by the rules. sources ROOT NAME_PATTERN...: the files below ROOT with such a name, relative to it,
# without what is built or not ours.
sources() {
  local root=$1 names=() pattern
  shift
  for pattern in "$@"; do names+=(-o -name "$pattern"); done
  (cd "$root" && find . \( -name .git -o -name build -o -name 'build-*' \) -prune -o \
     -type f \( "${names[@]:1}" \) -print) | sed 's|^\./||' | sort
}
