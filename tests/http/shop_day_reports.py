"""The part of a shop day in which its owner reads reports, and has some sent by mail."""
import support
import test_report_subscriptions
from support import ok


def report_subscriptions(owner):
    """Has pages of reports sent by mail, and ends it, once by the link of a letter."""
    body = {"page": "weekly", "language": "en"}
    made = owner.post("/v1/report-subscriptions", body)
    path = made.headers["Location"]
    ok(made, 201)
    ok(owner.post("/v1/report-subscriptions", body), 409)
    ok(owner.get("/v1/report-subscriptions?limit=1"))
    read = owner.get(path)
    ok(read)
    assert owner.get(path, headers={"If-None-Match": read.headers["ETag"]}).status_code == 304
    old = {"If-Match": read.headers["ETag"]}
    ok(owner.patch(path, {"language": "pt-BR"}, headers=old))
    ok(owner.patch(path, {"language": "en"}, headers=old), 412)
    ok(owner.delete(path), 204)
    made = owner.post("/v1/report-subscriptions", body).json()
    link = test_report_subscriptions.link(made)
    for method in ("GET", "POST"):
        assert support.Client().request(method, link).status_code == 200


def reports(owner):
    for group in ("day", "week", "month", "product", "region", "customer", "gateway", "coupon"):
        ok(owner.get(f"/v1/reports/sales?group_by={group}"))
    ok(owner.get("/v1/reports/kpis"))
    for kind in ("json", "csv", "xlsx"):
        assert owner.get(f"/v1/reports/orders?format={kind}").status_code == 200
    for kind in ("level", "value", "low", "dead", "ageing", "reorder", "forecast"):
        ok(owner.get(f"/v1/reports/stock?kind={kind}"))
    for name in ("sellers", "abc", "segments", "customers", "cohorts", "together", "market"):
        ok(owner.get(f"/v1/reports/{name}"))
    answer = owner.get("/v1/charts/sales.png?group_by=week&theme=dark&lang=en")
    assert answer.status_code == 200 and answer.content.startswith(b"\x89PNG")
