"""Customers: what selling takes of a person, for those who may see it, and nothing more."""
import support
from support import assert_problem


def test_a_customer_is_told_as_selling_takes_it_and_no_further(make_role, make_user, customer):
    customer.patch("/v1/users/me", {"phone": "(11) 98765-4321", "document": "529.982.247-25",
                                    "birth_date": "1990-02-03"})
    for city, default in (("Campinas", True), ("Santos", False)):
        answer = customer.post("/v1/users/me/addresses", {
            **support.ADDRESS, "city": city, "default": default})
        assert answer.status_code == 201, answer.text
    packer = make_user(make_role("customers:read"))
    answer = packer.get(f"/v1/customers/{customer.id}")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "id": customer.id, "name": "Ana Lima", "email": customer.email,
        "phone": "+5511987654321", "default_address": {
            **support.ADDRESS, "postal_code": "01310100", "city": "Campinas", "complement": None}}
    assert_problem(packer.get(f"/v1/users/{customer.id}"), 404, "not_found")


def test_what_a_customer_has_not_given_is_null(make_account, customer):
    body = make_account("customers:read").get(f"/v1/customers/{customer.id}").json()
    assert (body["phone"], body["default_address"]) == (None, None)


def test_nobody_is_a_customer_that_is_not_found(admin):
    for name in ("00000000-0000-7000-8000-000000000000", "me", "ana@example.com"):
        assert_problem(admin.get(f"/v1/customers/{name}"), 404, "not_found")


def test_customers_are_for_those_who_may_read_them(customer, make_user, make_account):
    path = f"/v1/customers/{customer.id}"
    for caller in (customer, make_user("stock"), make_account("users:read", "orders:read")):
        assert_problem(caller.get(path), 403, "forbidden")
    for role in ("manager", "support"):
        assert make_user(role).get(path).status_code == 200
