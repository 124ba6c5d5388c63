# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154  # tests/bench/run sets what is not set here
# How each system is started: start_NAME INSTANCE, sourced by tests/bench/run. Every instance gets a
# directory of its own below $work, listens on 127.0.0.1 at a port that was free, and is stopped by
# its pid. A start function sets url, pid_of and first_ms (the time to the first answer) of its
# instance; peer[NAME] is what kv.lua calls it.

declare -A url pid_of first_ms peer=(
  [navistore-memory]=navistore [navistore-sqlite]=navistore [navistore-sqlite-relaxed]=navistore
  [navistore-memory-unknown]=navistore [navistore-sqlite-unknown]=navistore
  [etcd-v2]=etcd2 [etcd-v3]=etcd3 [redis]=webdis [redis-always]=webdis [nginx-return]=constant
  [nginx-lua]=nginx [engine-memory]=engine [engine-sqlite]=engine [engine-sqlite-bare]=engine
  [engine-sqlite-plugin]=engine)

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

# Whether a request for PATH gets any answer at PORT, or without a PATH, whether somebody listens.
# In a process of its own, whose end closes the connection.
answers() ( # PORT [PATH]
  exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
  [[ -n $2 ]] || exit 0
  printf 'GET %s HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n' "$2" >&3
  read -r -t 0.5 -u 3
) 2>/dev/null

# wait_for URL PATH LOG: until it answers, whatever it says; sets waited_ms, counted from the last
# run_as. 90 s, for a first start proves the backend.
wait_for() {
  local until=$((SECONDS + 90))
  until answers "${1##*:}" "$2"; do
    ((SECONDS < until)) || { echo "no answer from $1:" >&2; tail -5 "$3" >&2; exit 1; }
    sleep 0.002
  done
  waited_ms=$(((${EPOCHREALTIME/./} - started) / 1000))
}

# run_as NAME COMMAND...: in the background, logged.
run_as() {
  local name=$1
  shift
  started=${EPOCHREALTIME/./}
  "$@" >"$work/$name.log" 2>&1 &
  pids+=($!)
  pid_of[$name]=$!
}

stop_last() {
  local last=$((${#pids[@]} - 1))
  kill "${pids[last]}"
  wait "${pids[last]}" || true
  unset "pids[last]"
}

start_navistore() { # INSTANCE BACKEND ARGUMENTS...
  local name=$1 backend=$2 port pass
  shift 2
  mkdir -p "$work/$name"
  # The first start proves the backend and remembers it; the second one is what is measured.
  for pass in first second; do
    port=$(free_port)
    run_as "$name" "$build/bin/navistore" serve --backend "$backend" --backend-dir "$build/backends" \
      --data-dir "$work/$name" --listen "127.0.0.1:$port" "$@"
    url[$name]=http://127.0.0.1:$port
    wait_for "${url[$name]}" /livez "$work/$name.log"
    first_ms[$name]=$waited_ms
    [[ $pass == second ]] || stop_last
  done
}
start_navistore-memory() { start_navistore "$1" memory; }
start_navistore-sqlite() { start_navistore "$1" sqlite; }
# Without known lists: each is read.
start_navistore-memory-unknown() { start_navistore "$1" memory --list-cache 0; }
start_navistore-sqlite-unknown() { start_navistore "$1" sqlite --list-cache 0; }
start_navistore-sqlite-relaxed() {
  start_navistore "$1" sqlite --durability relaxed --backend-config '{"synchronous":"normal"}'
}

# One process serves both APIs, which keep their keys apart.
start_etcd() {
  [[ -z ${pid_of[etcd]:-} ]] || return 0
  local clients peers
  clients=http://127.0.0.1:$(free_port) peers=http://127.0.0.1:$(free_port)
  run_as etcd etcd --name n1 --data-dir "$work/etcd" --enable-v2=true --quota-backend-bytes 8589934592 \
    --listen-client-urls "$clients" --advertise-client-urls "$clients" --listen-peer-urls "$peers" \
    --initial-advertise-peer-urls "$peers" --initial-cluster "n1=$peers" --logger zap --log-level error
  url[etcd]=$clients
  wait_for "$clients" /version "$work/etcd.log"
  first_ms[etcd]=$waited_ms
}
start_etcd-v2() {
  start_etcd
  url[$1]=${url[etcd]} pid_of[$1]=${pid_of[etcd]} first_ms[$1]=${first_ms[etcd]}
}
start_etcd-v3() { start_etcd-v2 "$1"; }

start_redis_behind_webdis() { # INSTANCE ARGUMENTS...
  local name=$1 redis http
  shift
  redis=$(free_port) http=$(free_port)
  mkdir -p "$work/$name"
  run_as "$name" redis-server --port "$redis" --bind 127.0.0.1 --dir "$work/$name" --save "" "$@"
  cat >"$work/$name.json" <<JSON
{"redis_host": "127.0.0.1", "redis_port": $redis, "http_host": "127.0.0.1", "http_port": $http, "threads": 2,
 "pool_size": 20, "daemonize": false, "database": 0, "verbosity": 0, "logfile": "/dev/null",
 "http_max_request_size": 134217728}
JSON
  wait_for "127.0.0.1:$redis" "" "$work/$name.log"
  first_ms[$name]=$waited_ms
  run_as "$name-webdis" webdis "$work/$name.json"
  url[$name]=http://127.0.0.1:$http
  wait_for "${url[$name]}" /PING "$work/$name-webdis.log"
  first_ms[$name]=$((first_ms[$name] + waited_ms))  # one after the other
}
start_redis() { start_redis_behind_webdis "$1" --appendonly no; }
start_redis-always() { start_redis_behind_webdis "$1" --appendonly yes --appendfsync always; }

# One process: a constant answer to whatever is asked, of the size that the work asks for, and a
# shared dictionary.
start_nginx() {
  [[ -z ${pid_of[nginx]:-} ]] || return 0
  local constant lua modules=/usr/lib/nginx/modules
  constant=$(free_port) lua=$(free_port)
  mkdir -p "$work/nginx/files"
  head -c 286000 /dev/zero | tr '\0' v >"$work/nginx/files/list"  # naviStore's is of that size
  head -c 1048576 /dev/zero | tr '\0' v >"$work/nginx/files/big"
  cat >"$work/nginx/nginx.conf" <<CONF
load_module $modules/ndk_http_module.so; load_module $modules/ngx_http_lua_module.so;
daemon off; worker_processes 2; pid nginx.pid; error_log error.log;
$([[ $(id -u) != 0 ]] || echo 'user root;')
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; default_type application/octet-stream;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  client_max_body_size 2m; client_body_buffer_size 2m; lua_shared_dict kv 1024m; sendfile on; tcp_nopush on;
  server {
    listen 127.0.0.1:$constant reuseport;
    location / { return 200 $(printf 'v%.0s' {1..100}); }
    location /files/ { root $work/nginx; open_file_cache max=8; }
  }
  server {
    listen 127.0.0.1:$lua reuseport;
    location / { content_by_lua_block {
      local kv = ngx.shared.kv
      if ngx.req.get_method() == "PUT" then
        ngx.req.read_body()
        kv:set(ngx.var.uri, ngx.req.get_body_data())
        return ngx.print("OK")
      end
      local value = kv:get(ngx.var.uri)
      if not value then return ngx.exit(404) end
      ngx.header["Content-Length"] = #value
      ngx.print(value)
    } }
  }
}
CONF
  run_as nginx nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" -e "$work/nginx/error.log"
  url[constant]=http://127.0.0.1:$constant url[lua]=http://127.0.0.1:$lua
  wait_for "${url[constant]}" / "$work/nginx.log"
  first_ms[nginx]=$waited_ms
}
start_nginx-return() {
  start_nginx
  url[$1]=${url[constant]} pid_of[$1]=${pid_of[nginx]} first_ms[$1]=${first_ms[nginx]}
}
start_nginx-lua() {
  start_nginx
  url[$1]=${url[lua]} pid_of[$1]=${pid_of[nginx]} first_ms[$1]=${first_ms[nginx]}
}
