"""One sale from the shelf to the report, as a shop's owner would follow it."""
import support


def test_a_sale_flows_from_stock_to_report(admin, customer, make_product):
    product = make_product(stock=5, price=12990)
    variant = product["variants"][0]["id"]
    before = admin.get("/v1/reports/sales").json()["totals"]

    items = [{"variant_id": variant, "quantity": 2}]
    quote = customer.post("/v1/quotes", {"items": items, "postal_code": "01310-100"}).json()
    answer = customer.post("/v1/orders", key=True, body={
        "items": items, "shipping_address": support.ADDRESS})
    assert answer.status_code == 201, answer.text
    order = answer.json()
    assert order["status"] == "pending"
    assert order["totals"] == quote["totals"]
    assert order["totals"]["items"] == 25980
    seen = customer.get(f"/v1/products/{product['id']}").json()
    assert seen["variants"][0]["available"] == 3

    payment = customer.post(f"/v1/orders/{order['id']}/payments", key=True, body={
        "gateway": "manual", "method": "bank_transfer"}).json()
    assert payment["amount"] == order["totals"]["total"]
    assert payment["next_action"]["reference"] == str(order["number"])
    confirmed = admin.post(f"/v1/payments/{payment['id']}/confirm")
    assert confirmed.json()["status"] == "captured"

    paid = customer.get(f"/v1/orders/{order['id']}").json()
    assert [step["to"] for step in paid["history"]] == ["pending", "paid"]
    level = admin.get(f"/v1/stock/{variant}").json()
    assert (level["on_hand"], level["reserved"], level["available"]) == (3, 0, 3)
    after = admin.get("/v1/reports/sales").json()["totals"]
    assert after["orders"] == before["orders"] + 1
    assert after["total"] == before["total"] + order["totals"]["total"]
