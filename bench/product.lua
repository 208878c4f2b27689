-- Asks for the pages of products FIRST to LAST in turn: wrk -s product.lua URL -- FIRST LAST

function init(args)
    first, last = tonumber(args[1]), tonumber(args[2])
    requests = {}
    for n = first, last do
        local path = string.format("/v1/products/00000000-0000-7000-8000-%012d", n)
        requests[#requests + 1] = wrk.format("GET", path)
    end
    count = 0
end

function request()
    count = count % #requests + 1
    return requests[count]
end
