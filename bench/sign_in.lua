-- Signs in: wrk -s sign_in.lua URL/v1/sessions -- EMAIL PASSWORD

function init(args)
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    wrk.body = string.format('{"email": "%s", "password": "%s"}', args[1], args[2])
end
