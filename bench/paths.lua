-- Asks for the paths in a file, one a line, in turn: wrk -s paths.lua URL -- FILE

function init(args)
    requests = {}
    for path in io.lines(args[1]) do
        requests[#requests + 1] = wrk.format("GET", path)
    end
    count = 0
end

function request()
    count = count % #requests + 1
    return requests[count]
end
