# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154  # tests/bench/run sets what is not set here
# Filling a system and measuring one work on it, sourced by tests/bench/run. Writes
# $out/results.txt: WORK SYSTEM RATE P50 P99 FAILED BYTES, rates a second, latencies us; and
# $out/facts.txt: SYSTEM FIRST_ANSWER_MS FILL_MS KEYS KIB, - where there is none.

keys_of() { case $1 in *@*) echo "${1#*@}" ;; *) echo "$keys" ;; esac; }

# What a system cannot do.
supports() { # SYSTEM WORK
  case $1/$2 in
    nginx-lua/list | nginx-lua/txn | etcd-v2/txn) return 1 ;;
    engine-*/get | engine-*/put | engine-*/list) ;;
    engine-*) return 1 ;;
  esac
}

bytes_of() { case $1 in bigput) echo 1048576 ;; *) echo "$value_bytes" ;; esac; }

# Memory of a process and its children, KiB, each shared page once; not what the system caches of
# files.
memory_kib() { # PID
  local pid sum=0 part
  for pid in "$1" $(cat "/proc/$1/task/"*/children); do
    part=$(awk '/^Pss_Anon|^Pss_Shmem/{n += $2} END{print n + 0}' "/proc/$pid/smaps_rollup")
    sum=$((sum + part))
  done
  echo "$sum"
}

load_with() { # THREADS SECONDS SYSTEM OPERATION BYTES
  timeout $(($2 + 60)) wrk -t"$1" -c64 -d"$2s" -s "$here/product/kv.lua" "${url[$3]}" -- \
    "${peer[${3%@*}]}" "$4" "$(keys_of "$3")" "$5"
}

# Starts a system, writes all keys, and notes how long that took and what memory the keys take.
start_and_fill() { # SYSTEM
  local name=${1%@*} before after begin took
  "start_$name" "$1"
  if [[ $name == nginx-return ]]; then
    echo "$1 ${first_ms[$1]} - - -" >>"$out/facts.txt"
    return
  fi
  before=$(memory_kib "${pid_of[$1]}")
  begin=${EPOCHREALTIME/./}
  load_with 1 3600 "$1" fill "$value_bytes" >"$work/fill.log" 2>&1 || { cat "$work/fill.log" >&2; exit 1; }
  ! grep -q 'fill: status' "$work/fill.log" || { cat "$work/fill.log" >&2; exit 1; }
  took=$(((${EPOCHREALTIME/./} - begin) / 1000))
  after=$(memory_kib "${pid_of[$1]}")
  echo "$1 ${first_ms[$1]} $took $(keys_of "$1") $((after - before))" >>"$out/facts.txt"
  echo "$1: first answer after ${first_ms[$1]} ms, $(keys_of "$1") keys in $took ms, $(((after - before) / 1024)) MiB" >&2
}

# An engine is filled anew each time; it is too fast for that to matter but with very many keys.
measure_engine() { # SYSTEM WORK
  local dir=$work/engine
  mkdir -p "$dir"
  "$build/bin/engine-limit" "${1#engine-}" "$build/backends" "$dir" "$keys" "$value_bytes" "$seconds" "$2" \
    >>"$out/results.txt"
  rm -rf "$dir"
}

measure() { # SYSTEM WORK
  local result
  if [[ $1 == engine-* ]]; then
    measure_engine "$1" "$2"
    return
  fi
  result=$(load_with 2 "$seconds" "$1" "$2" "$(bytes_of "$2")" | sed -n 's/^RESULT //p')
  [[ -n $result ]] || fail "$1: no result of $2"
  printf '%s %s %s\n' "$2" "$1" "$result" >>"$out/results.txt"
}
