"""Coupons: set up by staff, written by buyers, counted with the order and given back with it."""
import datetime

import pytest

import support


def moment(**delta):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def make_coupon(admin):
    """make_coupon(kind="percent", value=1000, **fields): a coupon, as the API shows it."""
    def make(**fields):
        answer = admin.post("/v1/coupons", {
            "code": support.unique("c"), "kind": "percent", "value": 1000, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()
    return make


@pytest.fixture(scope="module")
def goods(make_product):
    return make_product(stock=100_000, price=1990)


def cart(product, *coupons, quantity=1):
    return {"items": [{"variant_id": product["variants"][0]["id"], "quantity": quantity}],
            "shipping_address": support.ADDRESS, "coupons": [c["code"] for c in coupons]}


def assert_refused(client, body, code, pointer="/coupons/0"):
    """The same refusal for a quote and for an order."""
    for path, key in (("/v1/quotes", None), ("/v1/orders", True)):
        problem = support.assert_problem(client.post(path, body, key=key), 422, "validation_failed")
        assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]


def uses(admin, coupon):
    return admin.get(f"/v1/coupons/{coupon['id']}").json()["uses"]


# Staff ---------------------------------------------------------------------------------------

def test_a_coupon_is_made_read_changed_and_listed(admin, make_coupon):
    coupon = make_coupon(code=support.unique("volta"), description="Volta às aulas", max_uses=5)
    assert coupon["code"] == coupon["code"].upper()
    assert (coupon["minimum"], coupon["stackable"], coupon["uses"]) == (0, False, 0)
    answer = admin.patch(f"/v1/coupons/{coupon['id']}", {"value": 1500, "max_uses": None})
    assert (answer.json()["value"], answer.json()["max_uses"]) == (1500, None)
    listed = admin.get(f"/v1/coupons?code={coupon['code'].lower()}").json()["data"]
    assert listed == [answer.json()]


@pytest.mark.parametrize("fields, pointer", [
    ({"kind": "percent", "value": 10_001}, "/value"),
    ({"kind": "percent", "value": 0}, "/value"),
    ({"kind": "amount", "value": 0}, "/value"),
    ({"kind": "freight", "value": 1}, "/value"),
    ({"code": "with blank"}, "/code"),
    ({"kind": "free"}, "/kind"),
    ({"starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}, "/ends_at"),
    ({"max_uses": 0}, "/max_uses"),
])
def test_a_coupon_that_makes_no_sense_is_refused_by_pointer(admin, fields, pointer):
    body = {"code": support.unique("c"), "kind": "percent", "value": 1, **fields}
    support.assert_problem(admin.post("/v1/coupons", body), 422, "validation_failed", pointer)


def test_a_code_is_given_once_and_stays(admin, make_coupon):
    coupon = make_coupon()
    answer = admin.post("/v1/coupons", {
        "code": coupon["code"].lower(), "kind": "percent", "value": 1})
    support.assert_problem(answer, 409, "already_exists", "/code")
    answer = admin.patch(f"/v1/coupons/{coupon['id']}", {"code": "OTHER"})
    support.assert_problem(answer, 422, "validation_failed", "/code")


def test_what_staff_do_to_coupons_is_audited(admin, make_coupon):
    coupon = make_coupon()
    admin.patch(f"/v1/coupons/{coupon['id']}", {"value": 1})
    admin.delete(f"/v1/coupons/{coupon['id']}")
    found = support.rows(f"SELECT action, before->>'value', after->>'value' FROM registry.audit"
                         f" WHERE subject = '{coupon['id']}' ORDER BY id")
    assert found == [["coupon.created", "", "1000"], ["coupon.changed", "1000", "1"],
                     ["coupon.deleted", "1", ""]]


def test_a_coupon_that_was_used_ends_instead_of_going(admin, customer, goods, make_coupon):
    used, unused = make_coupon(), make_coupon()
    assert customer.post("/v1/orders", cart(goods, used), key=True).status_code == 201
    for coupon in (used, unused):
        assert admin.delete(f"/v1/coupons/{coupon['id']}").status_code == 204
    assert admin.get(f"/v1/coupons/{unused['id']}").status_code == 404
    assert admin.get(f"/v1/coupons/{used['id']}").json()["ends_at"] is not None
    assert_refused(customer, cart(goods, used), "coupon_ended")
    assert_refused(customer, cart(goods, unused), "unknown_coupon")


# Buyers --------------------------------------------------------------------------------------

def test_a_coupon_takes_off_what_it_says_and_the_order_keeps_it(customer, goods, make_coupon):
    coupon = make_coupon(value=1000)
    body = cart(goods, coupon, quantity=3)
    quote = customer.post("/v1/quotes", body).json()
    assert quote["coupons"] == [{"code": coupon["code"], "kind": "percent", "discount": 597}]
    assert (quote["totals"]["items"], quote["totals"]["discount"]) == (5970, 597)
    order = customer.post("/v1/orders", body, key=True).json()
    assert order["totals"] == quote["totals"]
    assert support.priced(order["items"]) == support.priced(quote["items"])


def test_strangers_see_what_a_coupon_is_worth(anyone, goods, make_coupon):
    quote = anyone.post("/v1/quotes", cart(goods, make_coupon(kind="amount", value=90)))
    assert quote.json()["totals"]["discount"] == 90


def test_free_freight_is_worth_the_cheapest_service(customer, goods, make_coupon):
    plain = customer.post("/v1/quotes", cart(goods)).json()["freight_options"]
    body = cart(goods, make_coupon(kind="freight", value=0))
    free = customer.post("/v1/quotes", body).json()
    assert free["totals"]["freight"] == 0
    assert [option["cost"] for option in free["freight_options"]] == [
        option["cost"] - plain[0]["cost"] for option in plain]


@pytest.mark.parametrize("fields, code", [
    ({"starts_at": moment(days=1)}, "coupon_not_begun"),
    ({"starts_at": moment(days=-2), "ends_at": moment(days=-1)}, "coupon_ended"),
    ({"minimum": 1991}, "coupon_minimum"),
    ({"product_ids": ["019a0c5e-7d3a-7b1c-8f2e-3c4d5e6f7a01"]}, "coupon_not_for_these"),
])
def test_a_coupon_that_does_not_hold_says_why(customer, goods, make_coupon, fields, code):
    assert_refused(customer, cart(goods, make_coupon(**fields)), code)


def test_a_refusal_names_the_minimum(customer, goods, make_coupon):
    answer = customer.post("/v1/quotes", cart(goods, make_coupon(minimum=123_456)))
    assert "1.234,56" in answer.json()["errors"][0]["detail"]


def test_coupons_go_together_only_where_each_says_so(customer, goods, make_coupon):
    one, other = make_coupon(stackable=True), make_coupon(stackable=True, kind="amount", value=100)
    alone = make_coupon()
    assert customer.post("/v1/quotes", cart(goods, other, one)).json()["totals"]["discount"] == 299
    assert_refused(customer, cart(goods, one, alone), "coupon_not_stackable", "/coupons/1")
    assert_refused(customer, cart(goods, one, one), "coupon_twice", "/coupons/1")


def test_a_category_s_coupon_is_for_all_below_it(admin, customer, goods, make_product, make_coupon):
    top = admin.post("/v1/categories", {"name": support.unique("Casa")}).json()
    below = admin.post("/v1/categories", {
        "name": support.unique("Copos"), "parent_id": top["id"]}).json()
    cup = make_product(price=1000, category_ids=[below["id"]])
    coupon = make_coupon(value=5000, category_ids=[top["id"]])
    body = cart(cup, coupon)
    body["items"].append(cart(goods)["items"][0])
    assert [i["discount"] for i in customer.post("/v1/quotes", body).json()["items"]] == [500, 0]
    assert_refused(customer, cart(goods, coupon), "coupon_not_for_these")


# Counting ------------------------------------------------------------------------------------

def test_a_coupon_is_used_no_more_often_than_it_may_be(admin, goods, make_coupon):
    coupon = make_coupon(max_uses=2)
    buyers = [support.register() for _ in range(3)]
    answers = [b.post("/v1/orders", cart(goods, coupon), key=True) for b in buyers]
    assert [a.status_code for a in answers] == [201, 201, 422]
    assert_refused(buyers[2], cart(goods, coupon), "coupon_used_up")
    assert uses(admin, coupon) == 2


def test_one_customer_uses_a_coupon_no_more_often_than_he_may(customer, goods, make_coupon):
    coupon = make_coupon(max_uses_per_customer=1)
    assert customer.post("/v1/orders", cart(goods, coupon), key=True).status_code == 201
    assert_refused(customer, cart(goods, coupon), "coupon_used_by_you")
    assert support.register().post("/v1/quotes", cart(goods, coupon)).status_code == 200


@pytest.mark.parametrize("fields, refusal", [({"max_uses": 3}, "coupon_used_up"),
                                             ({"max_uses_per_customer": 3}, "coupon_used_by_you")])
def test_orders_at_once_do_not_use_more_than_there_is(
        admin, customer, goods, make_coupon, fields, refusal):
    coupon = make_coupon(**fields)
    buyers = [customer] * 8
    if "max_uses" in fields:
        buyers = [support.register() for _ in range(8)]
    for buyer in buyers:
        assert buyer.token
    answers = support.at_once(*[
        lambda b=buyer: b.post("/v1/orders", cart(goods, coupon), key=True) for buyer in buyers])
    assert sum(a.status_code == 201 for a in answers) == 3
    for answer in answers:
        if answer.status_code != 201:
            problem = answer.json()
            assert answer.status_code in (409, 422)
            assert refusal in [problem["code"], *(e["code"] for e in problem["errors"])]
    assert uses(admin, coupon) == 3


def test_an_order_that_is_canceled_or_expires_gives_its_coupons_back(
        admin, customer, goods, make_coupon):
    coupon = make_coupon(max_uses=1, max_uses_per_customer=1)
    for end in (lambda o: customer.post(f"/v1/orders/{o['id']}/cancel"), support.expire_now):
        order = customer.post("/v1/orders", cart(goods, coupon), key=True).json()
        assert uses(admin, coupon) == 1
        end(order)
        assert uses(admin, coupon) == 0
    assert customer.post("/v1/orders", cart(goods, coupon), key=True).status_code == 201


def test_an_order_that_was_paid_keeps_its_coupon(admin, customer, goods, make_coupon, pay):
    coupon = make_coupon(max_uses=1)
    order = customer.post("/v1/orders", cart(goods, coupon), key=True).json()
    assert pay(customer, order)["amount"] == order["totals"]["total"]
    assert uses(admin, coupon) == 1


def test_an_order_that_is_refused_uses_nothing(admin, customer, make_product, make_coupon):
    coupon = make_coupon(max_uses=1)
    answer = customer.post("/v1/orders", cart(make_product(stock=1), coupon, quantity=2), key=True)
    support.assert_problem(answer, 409, "insufficient_stock")
    assert uses(admin, coupon) == 0


def test_the_same_order_sent_twice_uses_its_coupon_once(admin, customer, goods, make_coupon):
    coupon = make_coupon(max_uses=1)
    answers = [customer.post("/v1/orders", cart(goods, coupon), key="again-" + coupon["id"])
               for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert uses(admin, coupon) == 1


def test_a_bound_that_comes_later_counts_what_was_used_before(admin, customer, goods, make_coupon):
    coupon = make_coupon()
    for _ in range(2):
        assert customer.post("/v1/orders", cart(goods, coupon), key=True).status_code == 201
    admin.patch(f"/v1/coupons/{coupon['id']}", {"max_uses": 3})
    assert customer.post("/v1/orders", cart(goods, coupon), key=True).status_code == 201
    assert_refused(customer, cart(goods, coupon), "coupon_used_up")


def test_the_check_of_the_books_sees_a_coupon_that_is_counted_wrongly(customer, goods, make_coupon):
    coupon = make_coupon(max_uses=5)
    order = customer.post("/v1/orders", cart(goods, coupon), key=True).json()
    for tampering, problem in (
            (f"UPDATE sales.coupons SET uses = 2 WHERE id = '{coupon['id']}'",
             "uses of a coupon differ from what is counted"),
            (f"DELETE FROM sales.coupon_uses WHERE order_id = '{order['id']}'",
             "coupons used differ from those of the order"),
            ("UPDATE sales.orders SET discount = discount + 1, total = total - 1"
             f" WHERE id = '{order['id']}'", "discount differs from that of its coupons")):
        found = support.rows(f"BEGIN; {tampering}; SELECT problem FROM sales.integrity; ROLLBACK")
        assert [problem] in found
