-- Returns the id of the record with which the newest ones begin.
local max_records, max_bytes = tonumber(ARGV[1]), tonumber(ARGV[2])
local first, stop, bytes, ask = '0-0', '+', 0, 4
while max_records > 0 and bytes < max_bytes do
    -- By parts that grow slowly, so that large records do not fill the memory of the script.
    ask = math.min(max_records, ask * 4, 64)
    local part = redis.call('XREVRANGE', KEYS[1], stop, '-', 'COUNT', ask)
    for _, row in ipairs(part) do
        for _, value in ipairs(row[2]) do
            bytes = bytes + #value
        end
    end
    if #part > 0 then
        first = part[#part][1]
        stop = '(' .. first
    end
    max_records = #part < ask and 0 or max_records - ask
end
return first
