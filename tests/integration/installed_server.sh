#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the component "server" and nothing else, and sees the server prove SQLite, serve, and end.
# usage: installed_server.sh BUILD_DIRECTORY
set -euo pipefail
build=$1
place=$(mktemp -d)
server=
cleanup() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
  rm -rf "$place"
}
trap cleanup EXIT

cmake --install "$build" --component server --prefix "$place/prefix" >/dev/null
mkdir "$place/data"
"$place/prefix/bin/navistore" serve --backend sqlite --data-dir "$place/data" --listen 127.0.0.1:0 \
  --port-file "$place/port" >"$place/log" 2>&1 &
server=$!
# The first start runs the gate.
for _ in $(seq 1200); do
  if [ -s "$place/port" ] || ! kill -0 "$server" 2>/dev/null; then break; fi
  sleep 0.1
done
if [ ! -s "$place/port" ]; then
  cat "$place/log"
  exit 1
fi
item=http://127.0.0.1:$(cat "$place/port")/v1/kv/greeting
curl -sf -X PUT -d hello -H 'Content-Type: text/plain' "$item" >/dev/null
[ "$(curl -sf "$item")" = hello ]
kill "$server"
status=0
wait "$server" || status=$?
server=
[ "$status" = 0 ]
