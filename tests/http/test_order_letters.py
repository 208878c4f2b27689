"""Customers are written to about their orders: once for each thing that is news to them."""
import concurrent.futures

import pytest

import support
from support import expire_now
from test_shipments import item, ship


def written(user):
    """The subjects of what a customer was written, oldest first."""
    job = support.run_job("notify")
    assert job.returncode == 0, job.stderr
    return [str(letter["Subject"]) for letter in support.letters(user.email)]


def test_an_orders_life_is_told_in_letters(admin, customer, product, place_order, pay):
    order = place_order(customer, product)
    number, shop = order["number"], support.settings()["VENDAS_SHOP_NAME"]
    assert written(customer) == [f"{shop}: Recebemos o seu pedido {number}"]
    pay(customer, order)
    assert admin.post(f"/v1/orders/{order['id']}/ship").ok
    assert admin.post(f"/v1/orders/{order['id']}/deliver").ok
    assert written(customer) == [
        f"{shop}: Recebemos o seu pedido {number}",
        f"{shop}: Pagamento do pedido {number} confirmado",
        f"{shop}: O seu pedido {number} está a caminho"]
    assert len(written(customer)) == 3
    text = support.letters(customer.email)[0].get_content()
    assert f"1 x {product['name']}" in text
    assert support.ADDRESS["street"] not in text and "Ana" not in text


def test_each_parcel_has_its_letter(admin, customer, make_product, place_order, pay):
    product = make_product()
    order = place_order(customer, product, 3)
    pay(customer, order)
    before = len(written(customer))
    assert ship(admin, order, item(product, 1), carrier="Correios", tracking_code="AA1BR").ok
    assert ship(admin, order, carrier="Jadlog", tracking_code="77").ok
    written(customer)
    first, second = [letter.get_content() for letter in support.letters(customer.email)[before:]]
    assert "Correios" in first and "AA1BR" in first and f"1 x {product['name']}" in first
    assert "Jadlog" in second and f"2 x {product['name']}" in second and "AA1BR" not in second


def test_a_letter_is_in_the_customers_language(customer, product, place_order):
    assert customer.patch("/v1/users/me", {"language": "en"}).ok
    order = place_order(customer, product)
    assert customer.post(f"/v1/orders/{order['id']}/cancel").ok
    assert [subject.split(": ")[1] for subject in written(customer)] == [
        f"We have your order {order['number']}", f"Your order {order['number']} was canceled"]


def test_who_did_not_pay_in_time_is_told(customer, product, place_order):
    order = place_order(customer, product)
    expire_now(order)
    assert f"O prazo do pedido {order['number']} terminou" in written(customer)[-1]


def test_jobs_at_the_same_time_write_each_letter_once(customer, product, place_order):
    orders = [place_order(customer, product) for _ in range(6)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(support.subprocess.run,
                            [f"{support.PROGRAMS}/jobs/notify"], env=support.settings(),
                            capture_output=True, check=True, timeout=60) for _ in range(4)]
        assert all(job.result().returncode == 0 for job in jobs)
    assert sorted(written(customer)) == sorted(
        f"{support.settings()['VENDAS_SHOP_NAME']}: Recebemos o seu pedido {order['number']}"
        for order in orders)


def test_nobody_is_written_to_who_is_gone(product, place_order):
    customer = support.register()
    order = place_order(customer, product)
    assert customer.post(f"/v1/orders/{order['id']}/cancel").ok
    assert customer.delete("/v1/users/me", json={"password": customer.password}).status_code == 204
    written(customer)
    assert support.value("SELECT count(*) FROM sales.letters l JOIN sales.events e ON e.id = l.event_id"
                         f" WHERE e.object_id = '{order['id']}'") == "0"


@pytest.mark.parametrize("age, letters", [("30 minutes", 1), ("2 hours", 0)])
def test_an_order_entered_with_its_history_is_no_news(customer, product, place_order, age, letters):
    order = place_order(customer, product)
    support.rows(f"UPDATE sales.order_history SET at = now() - interval '{age}'"
                 f" WHERE order_id = '{order['id']}'")
    assert len(written(customer)) == letters
