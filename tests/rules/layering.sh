#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: layering.sh ROOT
# Dependencies point one way, and each third-party header has one door.
set -eu
. "$(dirname "$0")/sources.sh"
root=$1
includes=$(mktemp)
trap 'rm -f "$includes"' EXIT

# One line for each include of the product: "path <header>" or "path "header"".
for file in $(sources "$root" '*.c' '*.cc' '*.cpp' '*.h' '*.hpp' | grep -E '^(core|plugins|sdk)/'); do
  sed -nE "s|^[[:space:]]*#[[:space:]]*include[[:space:]]*([<\"][^>\"]*[>\"]).*|$file \1|p" "$root/$file"
done >"$includes"
[ -s "$includes" ] || { echo "no include found below $root"; exit 1; }

status=0
# violation WHY < LINES
violation() {
  local line
  while read -r line; do echo "$line: $1"; status=1; done
}

# door HEADERS PATHS: includes that match HEADERS occur only in files that match PATHS
door() {
  violation "belongs to $2" < <(grep -E "^[^ ]+ [<\"]$1" "$includes" | grep -vE "^($2)" || true)
}

# never PATHS HEADERS: files that match PATHS include nothing that matches HEADERS
never() {
  violation "not allowed in $1" < <(grep -E "^$1[^ ]* [<\"]($2)" "$includes" || true)
}

# only PATHS HEADERS: files that match PATHS include nothing else
only() {
  violation "not allowed in $1" < <(grep -E "^$1" "$includes" | grep -vE "^[^ ]+ ($2)$" || true)
}

door 'pistache/' 'core/http/'
door 'boost/dll' 'core/host/plugin_library\.cpp '
door 'boost/beast' 'core/http/'
door 'nlohmann/' 'core/json/|tests/core/store/meta_test\.cpp '
door 'sqlite3\.h' 'plugins/sqlite/|core/classic/old_database\.cpp '
door 'spdlog/' 'core/telemetry/'
door 'CLI/' 'core/(config|cli)/'
door 'curl/' 'core/(replication|cli)/'

never 'plugins/' 'core/'
never 'core/' 'plugins/'
never 'core/api/' 'pistache/|navistore/backend\.h'
never 'core/classic/' 'pistache/|navistore/backend\.h'
never 'core/http/' 'core/store/|core/api/|navistore/'
never 'core/store/' 'core/api/|core/http/|pistache/'

# The C++ library's headers have no directory and no suffix; of the C library the two that backend.h needs.
only 'sdk/include/' '<[a-z_]+>|<stddef\.h>|<stdint\.h>|"navistore/[a-z_/]+\.(h|hpp)"'
only 'sdk/template/' '<[a-z_]+>|"navistore/[a-z_/]+\.(h|hpp)"|"[a-z_]+\.hpp"'
only 'sdk/conformance/' \
  '<[a-z_]+>|<((sys|linux|asm)/)?[a-z_0-9]+\.h>|<doctest/doctest\.h>|[<"](navistore|sdk/conformance)/[a-z_0-9/]+\.(h|hpp)[>"]'

# What Pistache does with requests is not used, whatever way it is named; one name is in the signature of a function
# that its interface forces on the worker.
named='(Http|Rest)::(Private::)?(Endpoint|Router|RequestParser|ResponseParser|ResponseWriter|ResponseStream)'
opened='using +(namespace +)?Pistache(::(Http|Rest)(::[A-Za-z]+)?)? *;'
forced='^core/http/worker\.hpp:[0-9]+: +void onRequest\(const Pistache::Http::Request &, Pistache::Http::ResponseWriter\) override \{\}$'
violation 'is the part of Pistache that stays unused' < <(
  cd "$root" && sources . '*.cpp' '*.hpp' | grep -E '^core/' | xargs grep -HnE "$named|$opened" | grep -vE "$forced" || true)
exit $status
