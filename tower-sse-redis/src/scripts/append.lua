
-- Appends a batch. Everything is checked before the first write, because a script that fails keeps what it has
-- written. The first write is one that Redis refuses if it is full, so that it refuses the whole. If a later one fails
-- nevertheless, the outcome is unknown, and the batch counts as appended: what is missing of it is a loss, which the
-- node finds by the tail. To write it again would double the rest.
local meta_key, hub_key, publisher_key = KEYS[1], KEYS[2], KEYS[3]
local layout, drawn, counter = ARGV[1], ARGV[2], ARGV[3]
local batch_epoch, seen, lost = ARGV[4], parse(ARGV[5]), parse(ARGV[6])
-- Those that are given to commands stay text: Redis has versions that write large numbers with an exponent.
local max_records, max_entries, age, publisher_age = ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local max_age = tonumber(age)
local server, topic_count, entry_count = ARGV[11], tonumber(ARGV[12]), tonumber(ARGV[13])

local meta = read_meta(meta_key, hub_key, layout, drawn)
note_server(meta_key, hub_key, layout, meta, server)

-- The newest batch of the publisher: "counter epoch first count".
local newest = call('GET', publisher_key)
if newest then
    local known, epoch, first, count = string.match(newest, '^(%d+) (%w+) (%S+) (%d+)')
    -- Both have 20 digits.
    if known == counter then
        return {epoch, first, tonumber(count)}
    elseif known > counter then
        fail('STALE', 'the store has a newer batch of this publisher')
    end
end

-- Reads the state of a topic.
local function open_topic(kind, state, log, removals)
    local found = call('HMGET', state, 'kind', 'last', 'dropped', 'count')
    if found[1] and found[1] ~= kind then
        fail('KIND', 'the topic of ' .. log .. ' has another kind: ' .. found[1])
    end
    local topic = {kind = kind, state = state, log = log, removals = removals}
    topic.last = found[1] and parse(found[2]) or floor_of(meta)
    if kind == 'window' then
        topic.highest = found[1] and last_of_known(log, topic.last) or last_of_stream(log)
        topic.last = greater_of(topic.last, topic.highest)
        return topic
    end
    call('ZCARD', removals)
    topic.highest = topic.last
    topic.dropped = found[3] and parse(found[3]) or ZERO
    topic.count = tonumber(found[4] or 0)
    topic.is_damaged = is_damaged(found[1], found[4], log)
    return topic
end

local highest = last_of_known(hub_key, meta.last)
local topics, key, argument = {}, 4, 14
for i = 1, topic_count do
    local kind = ARGV[argument]
    argument = argument + 1
    if kind == 'window' then
        topics[i] = open_topic(kind, KEYS[key], KEYS[key + 1])
        key = key + 2
    else
        topics[i] = open_topic(kind, KEYS[key], KEYS[key + 1], KEYS[key + 2])
        key = key + 3
    end
    highest = greater_of(highest, topics[i].highest)
end

local is_loss = batch_epoch == meta.epoch and (less(meta.last, seen) or less(meta.lost, lost))
if is_loss then
    highest = greater_of(highest, greater_of(seen, lost))
end
local position = greater_of({now, 0}, next_of(highest))
local last = position
for _ = 2, entry_count + (is_loss and 1 or 0) do
    last = next_of(last)
end
check_range(last)

-- Here everything is checked.
local before = meta.last
if is_loss then
    meta.lost = position
end
if is_loss or entry_count > 0 then
    meta.last = last
    meta.ahead = math.max(meta.ahead, last[1] - now)
end
if max_age > 0 then
    meta.age = math.min(meta.age or max_age, max_age)
end
local first = is_loss and next_of(position) or position
write_meta(meta_key, layout, meta)
local answer = counter .. ' ' .. meta.epoch .. ' ' .. text(first) .. ' ' .. entry_count
redis.call('SET', publisher_key, answer, 'PX', publisher_age)

local function add_to_hub(kind, entry_key, names, topic_before, bytes)
    redis.call('XADD', hub_key, 'MAXLEN', '~', max_records, text(position), 'e', meta.epoch, 'b', text(before), 'k',
        kind, 'y', entry_key, 't', names, 'p', topic_before, 'd', bytes)
    before = position
    position = next_of(position)
end

local function add_to_window(topic, bytes)
    redis.call('XADD', topic.log, 'MAXLEN', '~', max_entries, text(position), 'b', text(topic.last), 'd', bytes)
end

-- Restarts a keyed topic that has lost one of its keys. Its removals are not known any more.
local function repair(topic)
    redis.call('DEL', topic.state, topic.log, topic.removals)
    topic.dropped, topic.count, topic.is_damaged = before, 0, false
end

local function drop_removals(topic)
    while redis.call('ZCARD', topic.removals) > tonumber(max_entries) do
        local member = redis.call('ZPOPMIN', topic.removals)[1]
        redis.call('ZREM', topic.log, member)
        redis.call('HDEL', topic.state, 'k:' .. string.sub(member, 17))
        topic.dropped, topic.count = from_hex(member), topic.count - 1
    end
end

local function add_to_keys(topic, kind, entry_key, bytes)
    if topic.is_damaged then
        repair(topic)
    end
    local field = 'k:' .. entry_key
    local old = redis.call('HGET', topic.state, field)
    if old then
        local member = string.sub(old, 1, 16) .. entry_key
        redis.call('ZREM', topic.log, member)
        redis.call('ZREM', topic.removals, member)
    else
        topic.count = topic.count + 1
    end
    local member = hex(position) .. entry_key
    redis.call('HSET', topic.state, field, hex(position) .. string.sub(kind, 1, 1) .. bytes)
    redis.call('ZADD', topic.log, 0, member)
    if kind == 'removal' then
        redis.call('ZADD', topic.removals, 0, member)
        drop_removals(topic)
    end
end

local function add_entry()
    local kind, entry_key, names = ARGV[argument], ARGV[argument + 1], ARGV[argument + 2]
    local bytes, count = ARGV[argument + 3], tonumber(ARGV[argument + 4])
    local topic_before = {}
    for i = 1, count do
        local topic = topics[tonumber(ARGV[argument + 4 + i])]
        topic_before[i] = text(topic.last)
        if kind == 'window' then
            add_to_window(topic, bytes)
        else
            add_to_keys(topic, kind, entry_key, bytes)
        end
        topic.last = position
    end
    argument = argument + 5 + count
    add_to_hub(kind, entry_key, names, table.concat(topic_before, ' '), bytes)
end

local function close_topic(topic)
    redis.call('HSET', topic.state, 'kind', topic.kind, 'last', text(topic.last))
    if topic.kind == 'keyed' then
        redis.call('HSET', topic.state, 'dropped', text(topic.dropped), 'count', topic.count)
    elseif max_age > 0 then
        redis.call('XTRIM', topic.log, 'MINID', '~', text({math.max(now - max_age, 0), 0}))
        redis.call('PEXPIRE', topic.state, age)
        redis.call('PEXPIRE', topic.log, age)
    elseif meta.age then
        redis.call('PERSIST', topic.state)
        redis.call('PERSIST', topic.log)
    end
end

local is_whole, problem = pcall(function()
    if is_loss then
        add_to_hub('lost', '', '', '', '')
    end
    for _ = 1, entry_count do
        add_entry()
    end
    for _, topic in ipairs(topics) do
        close_topic(topic)
    end
end)
if not is_whole then
    fail('PARTIAL', 'a part was not written: ' .. tostring(type(problem) == 'table' and problem.err or problem))
end
return {meta.epoch, text(first), entry_count}
