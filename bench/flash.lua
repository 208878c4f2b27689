-- Orders of one piece each, without a pause, by many buyers, of a product drawn from those numbered
-- FIRST to LAST, until each of the threads has had so many answers, which it tells by a line "enough";
-- wrk itself waits for its time to be over, or for SIGINT:
-- wrk -s flash.lua URL/v1/orders -- TOKENS FIRST LAST ANSWERS

local body = '{"items": [{"variant_id": "00000000-0000-7000-8000-%012d", "quantity": 1}],'
    .. ' "shipping_address": {"recipient": "Ana Lima", "postal_code": "01310-100",'
    .. ' "street": "Avenida Paulista", "number": "1000", "district": "Bela Vista",'
    .. ' "city": "São Paulo", "state": "SP"}}'

local threads = {}

function setup(thread)
    table.insert(threads, thread)
    thread:set("number", #threads)
end

function init(args)
    buyers = {}
    for token in io.lines(args[1]) do
        table.insert(buyers, token)
    end
    first, last, wanted = tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
    placed, refused, failed, asked = 0, 0, 0, 0
    run = string.format("%d-%d", os.time(), number)
    math.randomseed(os.time() * 100 + number)
end

function request()
    asked = asked + 1
    local headers = {
        ["Authorization"] = "Bearer " .. buyers[asked % #buyers + 1],
        ["Content-Type"] = "application/json",
        ["Idempotency-Key"] = run .. "-" .. asked,
    }
    return wrk.format("POST", nil, headers, string.format(body, math.random(first, last)))
end

function response(status)
    if status == 201 then
        placed = placed + 1
    elseif status == 409 then
        refused = refused + 1
    else
        failed = failed + 1
    end
    if placed + refused + failed == wanted then
        io.stdout:write("enough\n")
        io.stdout:flush()
        wrk.thread:stop()
    end
end

function done(summary)
    local sum = {placed = 0, refused = 0, failed = 0}
    for _, thread in ipairs(threads) do
        for name, count in pairs(sum) do
            sum[name] = count + thread:get(name)
        end
    end
    print(string.format("placed %d refused %d failed %d seconds %.3f", sum.placed, sum.refused,
        sum.failed, summary.duration / 1e6))
end
