-- Positions are ids of streams, "milliseconds-sequence". As a number a position has 63 bits, and Lua's numbers have
-- 53, so that here it is a pair.
local ZERO = {0, 0}

local function fail(code, message)
    error({err = code .. ' ' .. message})
end

local function parse(id)
    local ms, sequence = string.match(id or '', '^(%d+)-(%d+)$')
    if not ms then
        fail('LAYOUT', 'a position is not valid: ' .. tostring(id))
    end
    return {tonumber(ms), tonumber(sequence)}
end

local function text(position)
    return string.format('%.0f-%.0f', position[1], position[2])
end

-- Sorts as text as the positions do.
local function hex(position)
    return string.format('%011x%05x', position[1], position[2])
end

local function from_hex(digits)
    return {tonumber(string.sub(digits, 1, 11), 16), tonumber(string.sub(digits, 12, 16), 16)}
end

local function less(a, b)
    return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2])
end

local function greater_of(a, b)
    return less(a, b) and b or a
end

-- The sequence has 20 bits, and is carried into the milliseconds.
local function next_of(position)
    if position[2] >= 1048575 then
        return {position[1] + 1, 0}
    end
    return {position[1], position[2] + 1}
end

-- Positions end at 2^63 - 1.
local function check_range(position)
    if position[1] >= 8796093022208 then
        fail('RANGE', 'the positions are exhausted at ' .. text(position))
    end
end

-- Calls a command that reads a key. The error names the key.
local function call(command, key, ...)
    local answer = redis.pcall(command, key, ...)
    if type(answer) == 'table' and answer.err then
        fail(answer.err, '(the key is ' .. key .. ')')
    end
    return answer
end

-- Returns whether a key exists, which has no other type than this one.
local function exists(key, expected)
    local found = redis.call('TYPE', key).ok
    if found ~= 'none' and found ~= expected then
        fail('WRONGTYPE', 'the key ' .. key .. ' is a ' .. found .. ', not a ' .. expected)
    end
    return found ~= 'none'
end

-- Returns the highest id that a stream has ever had.
local function last_of_stream(key)
    if not exists(key, 'stream') then
        return ZERO
    end
    local info = redis.call('XINFO', 'STREAM', key)
    for i = 1, #info, 2 do
        if info[i] == 'last-generated-id' then
            return parse(info[i + 1])
        end
    end
    return ZERO
end

-- Returns the highest id of a stream whose last id the hub knows. Others may have added entries: looking for them takes
-- half the time of XINFO.
local function last_of_known(key, last)
    local above = call('XRANGE', key, '(' .. text(last), '+', 'COUNT', 1)
    return above[1] and last_of_stream(key) or last
end

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)

-- The milliseconds by which the clocks of two servers may differ, or a clock may jump back.
local clock_error = 60000

-- Reads the state of the hub. If there is none, the hub begins with the epoch that the client has drawn.
local function read_meta(key, hub, layout, drawn)
    local found = call('HMGET', key, 'layout', 'epoch', 'last', 'lost', 'created', 'age', 'ahead', 'server')
    if found[1] then
        if found[1] ~= layout then
            fail('LAYOUT', 'the hub has the layout ' .. found[1] .. ', and this version knows the layout ' .. layout)
        end
        return {
            epoch = found[2], last = parse(found[3]), lost = parse(found[4]), created = tonumber(found[5]),
            age = tonumber(found[6] or nil), ahead = tonumber(found[7] or 0), server = found[8],
        }
    end
    if redis.call('EXISTS', key) == 1 then
        fail('LAYOUT', 'the key ' .. key .. ' is not that of a hub')
    end
    -- A stream that is left does not accept lower ids.
    local last = last_of_stream(hub)
    return {is_new = true, epoch = drawn, last = last, lost = ZERO, created = now, ahead = 0}
end

local function write_meta(key, layout, meta)
    redis.call('HSET', key, 'last', text(meta.last), 'lost', text(meta.lost), 'ahead', meta.ahead)
    if meta.is_new then
        redis.call('HSET', key, 'layout', layout, 'epoch', meta.epoch, 'created', meta.created)
    end
    if meta.age then
        redis.call('HSET', key, 'age', meta.age)
    end
    if meta.server then
        redis.call('HSET', key, 'server', meta.server)
    end
end

-- Records a loss if the server is not the one that is recorded, and the client has asked for that by naming it. The
-- lost positions are not known. They were made from a clock that may have been ahead of this one.
local function note_server(meta_key, hub_key, layout, meta, server)
    if server == '' or server == meta.server then
        return
    end
    meta.server = server
    if meta.is_new then
        return
    end
    local highest = last_of_known(hub_key, meta.last)
    local position = greater_of({now + clock_error, 0}, next_of(highest))
    check_range(position)
    redis.call('XADD', hub_key, text(position), 'e', meta.epoch, 'b', text(meta.last), 'k', 'lost')
    meta.last, meta.lost = position, position
    meta.ahead = math.max(meta.ahead, position[1] - now)
    write_meta(meta_key, layout, meta)
end

-- Returns the highest position of an entry that a topic without a state may have had: it may have expired, after the
-- shortest age that a node has ever set. Positions may be ahead of the clock, and none is above the last one.
local function floor_of(meta)
    local oldest = meta.age and now - meta.age
    -- A clock that was ahead when the hub began is of no account.
    if not oldest or oldest <= math.min(meta.created, now) then
        return ZERO
    end
    local floor = greater_of(ZERO, {oldest + meta.ahead, 0})
    return less(meta.last, floor) and meta.last or floor
end

-- Returns whether a keyed topic is not whole, because one of its keys was deleted.
local function is_damaged(has_state, count, log)
    local members = call('ZCARD', log)
    if not has_state then
        return members > 0
    end
    return members ~= tonumber(count or 0)
end
