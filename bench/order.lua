-- Places orders of three items, each with an Idempotency-Key of its own:
-- wrk -s order.lua URL/v1/orders -- TOKEN

local body = '{"items": [{"variant_id": "00000000-0000-7000-8000-%012d", "quantity": %d},'
    .. ' {"variant_id": "00000000-0000-7000-8000-%012d", "quantity": %d},'
    .. ' {"variant_id": "00000000-0000-7000-8000-%012d", "quantity": %d}],'
    .. ' "shipping_address": {"recipient": "Ana Lima", "postal_code": "01310-100",'
    .. ' "street": "Avenida Paulista", "number": "1000", "district": "Bela Vista",'
    .. ' "city": "São Paulo", "state": "SP"}}'

local threads = 0

function setup(thread)
    threads = threads + 1
    thread:set("number", threads)
end

function init(args)
    token = args[1]
    run = string.format("%d-%d", os.time(), number)
    count = 0
    math.randomseed(os.time() * 100 + number)
end

-- One product of each hundred: three different ones.
function request()
    count = count + 1
    local headers = {
        ["Authorization"] = "Bearer " .. token,
        ["Content-Type"] = "application/json",
        ["Idempotency-Key"] = run .. "-" .. count,
    }
    return wrk.format("POST", nil, headers, string.format(body,
        math.random(1, 100), math.random(1, 3), math.random(101, 200), math.random(1, 3),
        math.random(201, 300), math.random(1, 3)))
end
