-- Sends the requests in a file, whole ones with a NUL behind each, of which each of the threads takes
-- its share. STATUS is what they are to be answered with, or several with commas: all else is counted
-- as wrong. Without ANSWERS they come around again; with it each is sent once, and a thread that has
-- had so many answers tells so by a line "enough", and ends:
-- wrk -s requests.lua URL -- FILE THREADS STATUS [ANSWERS]

local threads = {}

function setup(thread)
    table.insert(threads, thread)
    thread:set("number", #threads)
end

function init(args)
    local file, threads, count = assert(io.open(args[1], "rb")), tonumber(args[2]), 0
    requests = {}
    for text in file:read("*a"):gmatch("[^%z]+") do
        count = count + 1
        if count % threads == number % threads then
            table.insert(requests, text)
        end
    end
    file:close()
    allowed, wanted = args[3], tonumber(args[4])
    sent, answered, wrong = 0, 0, 0
end

function request()
    sent = sent + 1
    if wanted and sent > #requests then
        wrong = wrong + 1
    end
    return requests[(sent - 1) % #requests + 1]
end

function response(status)
    answered = answered + 1
    if not allowed:find(status, 1, true) then
        wrong = wrong + 1
    end
    if answered == wanted then
        io.stdout:write("enough\n")
        io.stdout:flush()
        wrk.thread:stop()
    end
end

function done(summary)
    local all, bad = 0, 0
    for _, thread in ipairs(threads) do
        all, bad = all + thread:get("answered"), bad + thread:get("wrong")
    end
    print(string.format("answered %d wrong %d seconds %.3f", all, bad, summary.duration / 1e6))
end
