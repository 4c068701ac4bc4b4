
-- Reads one page: the state of the hub, and the oldest entries of each topic.
local layout, drawn, from = ARGV[1], ARGV[2], parse(ARGV[3])
local limit, max_bytes, max_age = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local server = ARGV[7]

local meta = read_meta(KEYS[1], KEYS[2], layout, drawn)
note_server(KEYS[1], KEYS[2], layout, meta, server)
if meta.is_new then
    write_meta(KEYS[1], layout, meta)
end
-- A page of many topics has less of each.
max_bytes = math.max(max_bytes / math.max((#KEYS - 2) / 2, 1), 16384)
-- Where the page ends, because of the topics that were cut short so far. Later topics need no more.
local upto = nil

local function count_bytes(fields)
    for i = 1, #fields, 2 do
        if fields[i] == 'd' then
            return #fields[i + 1]
        end
    end
    return 0
end

-- Reads entries by parts that grow slowly, so that large entries do not fill the memory of the script.
local function collect(read_part, start)
    local found, bytes, ask = {}, 0, 16
    while #found < limit do
        -- Lua has no room for more arguments of HMGET than some thousands.
        ask = math.min(ask, limit - #found, 1000)
        local part = read_part(start, ask)
        for _, row in ipairs(part) do
            found[#found + 1] = row
            bytes = bytes + count_bytes(row[2])
            if bytes >= max_bytes then
                return found, 1
            end
        end
        if #part < ask then
            break
        end
        start = next_of(parse(part[#part][1]))
        ask = math.min(ask * 4, math.floor((max_bytes - bytes) * #found / math.max(bytes, 1)) + 1)
    end
    return found, 0
end

-- Reads a topic up to where the page ends. If it has later entries only, the first of them shows its start.
local function read_log(read_part, start)
    local function bounded(at, count)
        return read_part(at, upto, count)
    end
    local found, is_cut = collect(bounded, start)
    if #found == 0 and upto then
        return read_part(start, nil, 1), 0
    end
    if is_cut == 1 or #found >= limit then
        local last = parse(found[#found][1])
        upto = upto and less(upto, last) and upto or last
    end
    return found, is_cut
end

local function read_window(log, last)
    local start = from
    if max_age > 0 then
        start = greater_of(from, {math.max(now - max_age, 0), 0})
    end
    local found, is_cut = read_log(function(at, stop, count)
        return redis.call('XRANGE', log, text(at), stop and text(stop) or '+', 'COUNT', count)
    end, start)
    return {'window', text(last), is_cut, found}
end

local function rows_of(state, members)
    local fields, rows = {}, {}
    for i, member in ipairs(members) do
        fields[i] = 'k:' .. string.sub(member, 17)
    end
    if #fields == 0 then
        return rows
    end
    for i, value in ipairs(redis.call('HMGET', state, unpack(fields))) do
        local kind = string.sub(value, 17, 17) == 'k' and 'keyed' or 'removal'
        local id, entry_key = text(from_hex(members[i])), string.sub(members[i], 17)
        rows[i] = {id, {'k', kind, 'y', entry_key, 'd', string.sub(value, 18)}}
    end
    return rows
end

local function read_keys(state, log, dropped)
    local found, is_cut = read_log(function(at, stop, count)
        -- No key has the byte 255.
        local highest = stop and '(' .. hex(stop) .. '\255' or '+'
        local members = redis.call('ZRANGEBYLEX', log, '[' .. hex(at), highest, 'LIMIT', 0, count)
        return rows_of(state, members)
    end, from)
    return {'keyed', text(dropped), is_cut, found}
end

local function read_topic(state, log)
    local found = call('HMGET', state, 'kind', 'last', 'dropped', 'count')
    if found[1] == 'keyed' or (not found[1] and redis.call('TYPE', log).ok == 'zset') then
        if is_damaged(found[1], found[4], log) then
            return {'keyed', text(meta.last), 0, {}}
        end
        return read_keys(state, log, parse(found[3]))
    elseif found[1] and found[1] ~= 'window' then
        fail('KIND', 'the topic of ' .. log .. ' has an unknown kind: ' .. found[1])
    end
    if found[1] then
        return read_window(log, last_of_known(log, parse(found[2])))
    end
    return read_window(log, greater_of(floor_of(meta), last_of_stream(log)))
end

local answer = {meta.epoch, text(meta.last), text(meta.lost)}
for i = 3, #KEYS, 2 do
    answer[#answer + 1] = read_topic(KEYS[i], KEYS[i + 1])
end
return answer
