-- SPDX-License-Identifier: Apache-2.0
-- wrk -s kv.lua URL -- PEER OPERATION KEYS VALUE_BYTES
-- The same load for every system; PEER says how it spells a request. Each thread prepares its
-- requests before the clock starts, since building one for each call would cost wrk more than
-- sending it. OPERATION fill writes every key once, by the hundred where the peer can, and ends by
-- itself (with one thread).
local kPrepared = 32768
local kListKeys, kLists = 1000, 10
local kTransaction = 10
local kFillGroup = 100
local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local digits = {}
for digit in ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"):gmatch(".") do
  digits[#digits + 1] = digit
end
local function base64(text)
  local out, rest = {}, #text % 3
  for i = 1, #text, 3 do
    local a, b, c = text:byte(i, i + 2)
    local bits = a * 65536 + (b or 0) * 256 + (c or 0)
    out[#out + 1] = digits[math.floor(bits / 262144) + 1] .. digits[math.floor(bits / 4096) % 64 + 1]
      .. digits[math.floor(bits / 64) % 64 + 1] .. digits[bits % 64 + 1]
  end
  local all = table.concat(out)
  return rest == 0 and all or all:sub(1, rest - 4) .. ("="):rep(3 - rest)
end

local function key_of(number) return string.format("k%015d", number) end
local function list_key_of(number)
  return string.format("l%05d%010d", math.floor(number / kListKeys), number % kListKeys)
end
-- Differs in many places: LuaJIT's hash looks at a few characters of a string only.
local function value_of(number, bytes)
  return string.format("%05d", number % 100000):rep(math.ceil(bytes / 5)):sub(1, bytes)
end

local function ask(method, path, body, type)
  local head = { method .. " " .. path .. " HTTP/1.1\r\nHost: bench\r\nConnection: keep-alive\r\n" }
  if type then head[#head + 1] = "Content-Type: " .. type .. "\r\n" end
  if body then head[#head + 1] = "Content-Length: " .. #body .. "\r\n" end
  head[#head + 1] = "\r\n"
  return table.concat(head) .. (body or "")
end
local kJson = "application/json"

-- Per peer: get(key), put(key, value), and where it can list(number), txn(keys, value), and
-- fill(keys, values) of neighbours in order.
local peers = {}
local function puts_of(keys, values)
  local ops = {}
  for i, key in ipairs(keys) do
    ops[i] = '{"op":"put","key":"' .. key .. '","value":"' .. values[i] .. '"}'
  end
  return table.concat(ops, ",")
end
peers.navistore = {
  get = function(key) return ask("GET", "/v1/kv/" .. key) end,
  put = function(key, value) return ask("PUT", "/v1/kv/" .. key, value) end,
  list = function(number)
    return ask("GET", string.format("/v1/kv?prefix=l%05d&include=values&limit=1000", number))
  end,
  txn = function(keys, value)
    local values = {}
    for i = 1, #keys do values[i] = value end
    return ask("POST", "/v1/txn", '{"do":[' .. puts_of(keys, values) .. "]}", kJson)
  end,
  fill = function(keys, values)
    return ask("POST", "/v1/bulk", "[" .. puts_of(keys, values) .. "]", kJson)
  end,
}
-- A directory for each list; a key elsewhere is at the top.
local function etcd2_path(key)
  return "/v2/keys/" .. (key:sub(1, 1) == "l" and key:sub(1, 6) .. "/" .. key or key)
end
peers.etcd2 = {
  get = function(key) return ask("GET", etcd2_path(key)) end,
  put = function(key, value)
    return ask("PUT", etcd2_path(key), "value=" .. value, "application/x-www-form-urlencoded")
  end,
  list = function(number) return ask("GET", string.format("/v2/keys/l%05d?recursive=true", number)) end,
}
local function etcd3_put(key, value)
  return '{"key":"' .. base64(key) .. '","value":"' .. base64(value) .. '"}'
end
peers.etcd3 = {
  get = function(key) return ask("POST", "/v3/kv/range", '{"key":"' .. base64(key) .. '"}', kJson) end,
  put = function(key, value) return ask("POST", "/v3/kv/put", etcd3_put(key, value), kJson) end,
  list = function(number)
    local first, last = string.format("l%05d", number), string.format("l%05d", number + 1)
    return ask("POST", "/v3/kv/range",
      '{"key":"' .. base64(first) .. '","range_end":"' .. base64(last) .. '"}', kJson)
  end,
  txn = function(keys, value)
    local puts = {}
    for i, key in ipairs(keys) do puts[i] = '{"requestPut":' .. etcd3_put(key, value) .. "}" end
    return ask("POST", "/v3/kv/txn", '{"success":[' .. table.concat(puts, ",") .. "]}", kJson)
  end,
  fill = function(keys, values)
    local puts = {}
    for i, key in ipairs(keys) do puts[i] = '{"requestPut":' .. etcd3_put(key, values[i]) .. "}" end
    return ask("POST", "/v3/kv/txn", '{"success":[' .. table.concat(puts, ",") .. "]}", kJson)
  end,
}
-- A hash for each list.
peers.webdis = {
  get = function(key) return ask("GET", "/GET/" .. key .. ".txt") end,
  put = function(key, value)
    if key:sub(1, 1) == "l" then return ask("PUT", "/HSET/" .. key:sub(1, 6) .. "/" .. key, value) end
    return ask("PUT", "/SET/" .. key, value)
  end,
  list = function(number) return ask("GET", string.format("/HGETALL/l%05d", number)) end,
  txn = function(keys, value)
    local parts = {}
    for i, key in ipairs(keys) do parts[i] = key .. "/" .. value end
    return ask("POST", "/", "MSET/" .. table.concat(parts, "/"))
  end,
  fill = function(keys, values)
    local parts = {}
    for i, key in ipairs(keys) do parts[i] = key .. "/" .. values[i] end
    local command = keys[1]:sub(1, 1) == "l" and "HSET/" .. keys[1]:sub(1, 6) or "MSET"
    return ask("POST", "/", command .. "/" .. table.concat(parts, "/"))
  end,
}
peers.nginx = {
  get = function(key) return ask("GET", "/" .. key) end,
  put = function(key, value) return ask("PUT", "/" .. key, value) end,
}

-- Answers of a fixed size; a PUT's body is thrown away.
peers.constant = {
  get = function(key) return ask("GET", key:sub(1, 3) == "big" and "/files/big" or "/" .. key) end,
  put = peers.nginx.put,
  list = function() return ask("GET", "/files/list") end,
  txn = function(keys, value) return peers.navistore.txn(keys, value) end,
}

local makers = {
  get = function(peer, _, keys) return peer.get(key_of(math.random(0, keys - 1))) end,
  miss = function(peer) return peer.get("m" .. key_of(math.random(0, 99999)):sub(2)) end,
  put = function(peer, bytes, keys)
    local number = math.random(0, keys - 1)
    return peer.put(key_of(number), value_of(number + math.random(0, 9999), bytes))
  end,
  list = function(peer) return peer.list(math.random(0, kLists - 1)) end,
  txn = function(peer, bytes, keys)
    local some, first = {}, math.random(0, keys - kTransaction)
    for i = 1, kTransaction do some[i] = key_of(first + i - 1) end
    return peer.txn(some, value_of(first + math.random(0, 9999), bytes))
  end,
  bigget = function(peer) return peer.get("big0000000000001") end,
  bigput = function(peer, bytes) return peer.put("big0000000000001", value_of(number, bytes)) end,
}
makers.mix = function(peer, bytes, keys)  -- 90 % reads
  return (math.random(10) == 1 and makers.put or makers.get)(peer, bytes, keys)
end
local few = { list = kLists, bigget = 1, bigput = 1, txn = 4096 }

local prepared, at = {}, 0
local function next_prepared()
  at = at % #prepared + 1
  return prepared[at]
end

-- The big one, all keys, those of the lists; then wrk is told to stop.
local function fill(peer, keys, bytes)
  local group = peer.fill and kFillGroup or 1
  local written, requests, answered = 0, 1, 0
  local all = keys + kLists * kListKeys
  local function next_group()
    local some, values = {}, {}
    local last = math.min(written + group, written < keys and keys or all)
    for number = written, last - 1 do
      some[#some + 1] = number < keys and key_of(number) or list_key_of(number - keys)
      values[#values + 1] = value_of(number, bytes)
    end
    written = last
    return peer.fill and peer.fill(some, values) or peer.put(some[1], values[1])
  end
  local big, read = peer.put("big0000000000001", value_of(1, 1048576)), peer.get(key_of(0))
  local checked = false
  request = function()
    if not checked then  -- wrk looks at the first request and does not send it
      checked = true
      return read
    end
    if big then
      local first = big
      big = nil
      return first
    end
    if written == all then return read end
    requests = requests + 1
    return next_group()
  end
  local ffi = require("ffi")
  ffi.cdef("int getpid(void); int kill(int, int);")
  response = function(status)
    if status >= 400 and answered < requests then print("fill: status " .. status) end
    answered = answered + 1
    -- Reads follow so that none of 64 connections is behind with a write.
    if answered == requests + 3200 then ffi.C.kill(ffi.C.getpid(), 2) end
  end
end

function init(args)
  local peer, operation = peers[args[1]], args[2]
  local keys, bytes = tonumber(args[3]), tonumber(args[4])
  if operation == "fill" then return fill(peer, keys, bytes) end
  math.randomseed(number * 7919 + os.time())
  for i = 1, few[operation] or kPrepared do prepared[i] = makers[operation](peer, bytes, keys) end
  request = next_prepared
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %.1f %.0f %.0f %d %.1f\n", summary.requests * 1e6 / summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    summary.bytes / summary.duration))
end
