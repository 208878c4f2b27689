-- Asks as somebody who is signed in: wrk -s bearer.lua URL -- TOKEN

function init(args)
    wrk.headers["Authorization"] = "Bearer " .. args[1]
end
