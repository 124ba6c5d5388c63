# SPDX-License-Identifier: Apache-2.0
# How each system is started: start_NAME, sourced by tests/bench/run. Every one gets a directory of
# its own below $work, listens on 127.0.0.1 at a port that was free, and is stopped by its pid.
# A start function sets url[NAME]; the peer of kv.lua is peer[NAME].

declare -A url pid_of peer=(
  [navistore-memory]=navistore [navistore-sqlite]=navistore [navistore-sqlite-relaxed]=navistore
  [etcd-v2]=etcd2 [etcd-v3]=etcd3 [redis]=webdis [redis-always]=webdis [nginx-return]=nginx [nginx-lua]=nginx)
pids=()

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

# wait_for URL LOG: until it answers, whatever it says; 60 s, for a first start proves the backend.
wait_for() {
  local until=$((SECONDS + 60))
  until curl -s -o "$work/answer" --max-time 2 "$1"; do
    ((SECONDS < until)) || { echo "no answer from $1:" >&2; tail -5 "$2" >&2; exit 1; }
    sleep 0.02
  done
}

wait_for_port() { # PORT LOG
  local until=$((SECONDS + 60))
  until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
    ((SECONDS < until)) || { echo "nobody listens at $1:" >&2; tail -5 "$2" >&2; exit 1; }
    sleep 0.02
  done
}

# run_as NAME COMMAND...: in the background, logged.
run_as() {
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 &
  pids+=($!)
  pid_of[$name]=$!
}

start_navistore() { # NAME BACKEND ARGUMENTS...
  local name=$1 backend=$2
  shift 2
  local port
  port=$(free_port)
  mkdir -p "$work/$name"
  run_as "$name" "$build/bin/navistore" serve --backend "$backend" --backend-dir "$build/backends" \
    --data-dir "$work/$name" --listen "127.0.0.1:$port" "$@"
  url[$name]=http://127.0.0.1:$port
  wait_for "${url[$name]}/livez" "$work/$name.log"
}
start_navistore-memory() { start_navistore navistore-memory memory; }
start_navistore-sqlite() { start_navistore navistore-sqlite sqlite; }
start_navistore-sqlite-relaxed() {
  start_navistore navistore-sqlite-relaxed sqlite --durability relaxed --backend-config '{"synchronous":"normal"}'
}

# One process serves both APIs, which keep their keys apart.
start_etcd-v2() {
  local clients peers
  clients=http://127.0.0.1:$(free_port) peers=http://127.0.0.1:$(free_port)
  run_as etcd etcd --name n1 --data-dir "$work/etcd" --enable-v2=true --quota-backend-bytes 8589934592 \
    --listen-client-urls "$clients" --advertise-client-urls "$clients" --listen-peer-urls "$peers" \
    --initial-advertise-peer-urls "$peers" --initial-cluster "n1=$peers" --logger zap --log-level error
  url[etcd-v2]=$clients url[etcd-v3]=$clients
  pid_of[etcd-v2]=${pid_of[etcd]} pid_of[etcd-v3]=${pid_of[etcd]}
  wait_for "$clients/version" "$work/etcd.log"
}
start_etcd-v3() { [[ -n ${url[etcd-v3]:-} ]] || start_etcd-v2; }

start_redis_behind_webdis() { # NAME ARGUMENTS...
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
  wait_for_port "$redis" "$work/$name.log"
  run_as "$name-webdis" webdis "$work/$name.json"
  url[$name]=http://127.0.0.1:$http
  wait_for "${url[$name]}/PING" "$work/$name-webdis.log"
}
start_redis() { start_redis_behind_webdis redis --appendonly no; }
start_redis-always() { start_redis_behind_webdis redis-always --appendonly yes --appendfsync always; }

# /return answers 100 bytes whatever is asked; /lua keeps values in a shared dictionary.
start_nginx-return() {
  local constant lua value modules=/usr/lib/nginx/modules
  constant=$(free_port) lua=$(free_port)
  value=$(printf 'v%.0s' {1..100})
  mkdir -p "$work/nginx"
  cat >"$work/nginx/nginx.conf" <<CONF
load_module $modules/ndk_http_module.so; load_module $modules/ngx_http_lua_module.so;
daemon off; worker_processes 2; pid nginx.pid; error_log error.log;
$([[ $(id -u) != 0 ]] || echo 'user root;')
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; default_type application/octet-stream;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  client_max_body_size 2m; client_body_buffer_size 2m; lua_shared_dict kv 1024m;
  server { listen 127.0.0.1:$constant reuseport; location / { return 200 $value; } }
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
  url[nginx-return]=http://127.0.0.1:$constant url[nginx-lua]=http://127.0.0.1:$lua
  wait_for "${url[nginx-return]}/" "$work/nginx.log"
}
start_nginx-lua() { [[ -n ${url[nginx-lua]:-} ]] || start_nginx-return; }
