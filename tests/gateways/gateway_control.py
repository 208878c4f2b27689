"""The stand-in's control over HTTP, for the demo and for tests in other processes. Bodies and answers
are JSON; what cannot be done is 409 with a reason.

    GET    /_control/books | refused | wrong | requests | faults
    GET    /_control/{gateway}/state | events | deliveries | actions
    POST   /_control/misbehave            {gateway, operation, kind, [times, seconds]}
    DELETE /_control/misbehave            nothing goes wrong any more
    POST   /_control/reset
    POST   /_control/{gateway}/mode       {mode: automatic | held | dropped, [copies, shuffle, seed]}
    POST   /_control/{gateway}/deliver | resend    {[only, copies, shuffle, seed, parallel]}
    POST   /_control/{gateway}/settings   {[search_delay], [token_lifetime], [webhook_url]}
    POST   /_control/{gateway}/{action}[/{id}]     {the action's options}"""
import json

from gateway_common import answer as answered

SETTINGS = {"stripe": ("search_delay",), "paypal": ("token_lifetime",)}


def answer(standin, request):
    parts = request.path.split("/")[2:]
    try:
        options = json.loads(request.body or b"{}")
        return answered(200, control(standin, request.method, parts, options))
    except (ValueError, TypeError, KeyError) as error:
        return answered(409, {"error": str(error)})


def control(standin, method, parts, options):
    if len(parts) == 1:
        return control_all(standin, method, parts[0], options)
    gateway = standin.gateways.get(parts[0])
    if gateway is None:
        raise ValueError(f"no such gateway: {parts[0]}")
    return (look if method == "GET" else change)(gateway, parts[1], parts[2:], options)


def control_all(standin, method, name, options):
    if method == "GET" and name in ("refused", "wrong", "requests"):
        return list(getattr(standin, name))
    if method == "GET" and name == "books":
        return standin.books()
    if method == "GET" and name == "faults":
        return standin.faults.left()
    if method == "POST" and name == "misbehave":
        standin.misbehave(**options)
    elif method == "DELETE" and name == "misbehave":
        standin.faults.clear()
    elif method == "POST" and name == "reset":
        standin.reset()
    else:
        raise ValueError(f"no such control: {method} {name}")
    return {}


def look(gateway, name, _, __):
    if name == "state":
        with gateway.lock:
            return json.loads(json.dumps({table: rows for table, rows in gateway.state.items()
                                          if table not in ("kept", "tokens")}))
    if name in ("events", "deliveries"):
        return list(getattr(gateway.outbox, name))
    if name == "actions":
        return gateway.actions()
    raise ValueError(f"nothing to see: {name}")


def change(gateway, name, arguments, options):
    if name == "mode":
        gateway.outbox.set_mode(**options)
        return {}
    if name in ("deliver", "resend"):
        sent = getattr(gateway.outbox, name)(**options)
        return [{"type": kind, "status": status} for kind, status in sent]
    if name == "settings":
        for key, value in options.items():
            if key == "webhook_url":
                gateway.outbox.url = value
            elif key in SETTINGS[gateway.name]:
                setattr(gateway, key, value)
            else:
                raise ValueError(f"no such setting: {key}")
        return {}
    return gateway.act(name, *arguments, **options)
