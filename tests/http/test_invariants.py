"""What the schema itself holds, attacked past every program, with the rights of a service."""
import os
import re
import subprocess
import uuid

import pytest

import support

SERVICES = ["registry", "products", "sales", "catalog"]

# What services publish to each other, {(to, of): functions}, and to all; all else is closed.
PUBLISHED_TO = {
    ("registry", "sales"):
        "customer_snapshots erase_customer erasure_obstacles export_customer",
    ("products", "sales"):
        "on_sale popularity product_obstacles sell_ahead was_sold",
    ("sales", "products"):
        "categories_named categories_of cost_of draws_on for_sale has_variant keeps_stock "
        "market_prices named on_offer products_in products_named stock_changed stock_known_below "
        "stock_of stocked stocked_variant variants_of",
    ("sales", "registry"):
        "address_for_order customer_for_letter customer_for_order hold_customer post_staff_letter "
        "user_may withdraw_letter",
}
PUBLISHED_FUNCTIONS = {
    *((service, f"{home}.{name}") for (service, home), names in PUBLISHED_TO.items()
      for name in names.split()),
    *((service, f"registry.{name}") for service in ("products", "sales", "catalog")
      for name in ("audit_act", "audit_write", "live_identity", "post_letter")),
}
PUBLISHED_TABLES = {("products", "sales.availability", "SELECT")}

NO_RIGHT = "42501"


def refusals(statements, role="vendas_sales"):
    """How the database refuses a role's statements, each in a transaction of its own that is
    rolled back: {statement: constraint or SQLSTATE, None when it is not refused}."""
    url = re.sub(r"\buser=vendas\b", f"user={role}", os.environ["VENDAS_DATABASE_URL"])
    script = "".join(f"\\warn ---\nBEGIN; {sql}; ROLLBACK;\n" for sql in statements)
    result = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "VERBOSITY=verbose", url],
                            input=script, capture_output=True, text=True, check=True)
    answers = result.stderr.split("---\n")[1:]
    assert len(answers) == len(statements), result.stderr
    return dict(zip(statements, map(reason, answers)))


def reason(answer):
    state = re.search(r"ERROR:  ([0-9A-Z]{5}):", answer)
    constraint = re.search(r"CONSTRAINT NAME:  (\w+)", answer)
    return constraint.group(1) if constraint else state and state.group(1)


def assert_without_right(*statements, service="sales"):
    assert refusals(statements, f"vendas_{service}") == dict.fromkeys(statements, NO_RIGHT)


def assert_broken(rules, role="vendas_sales"):
    """rules: {statement: the constraint that it breaks}."""
    assert refusals(list(rules), role) == rules


@pytest.fixture(scope="module")
def sold(make_product, place_order, begin_payment):
    """An order of two pieces of ten, with a payment begun: {order, payment, variant}."""
    product, buyer = make_product(stock=10), support.register()
    order = place_order(buyer, product, 2)
    return {"order": order["id"], "payment": begin_payment(buyer, order)["id"],
            "variant": product["variants"][0]["id"], "buyer": buyer.id}


# Rights ---------------------------------------------------------------------------------------

def test_what_was_written_down_is_not_changed():
    for table, column in (("stock_movements", "order_id"), ("order_history", "order_id"),
                          ("order_items", "order_id"), ("shipments", "version"),
                          ("shipment_items", "quantity"), ("returns", "version"),
                          ("return_items", "quantity"), ("order_notes", "note")):
        assert_without_right(f"UPDATE sales.{table} SET {column} = NULL",
                             f"DELETE FROM sales.{table}", f"TRUNCATE sales.{table} CASCADE")


def test_what_happened_is_not_unwritten():
    assert_without_right("UPDATE sales.events SET payload = '{}'", "DELETE FROM sales.events",
                         "TRUNCATE sales.events CASCADE")


def test_the_registry_only_adds_to_its_audit():
    changes = ("UPDATE registry.audit SET action = 'x'", "DELETE FROM registry.audit",
               "TRUNCATE registry.audit")
    assert_without_right(*changes, service="registry")
    assert_without_right("INSERT INTO registry.audit (action) VALUES ('x')", *changes)


def test_what_an_order_was_computed_from_is_frozen():
    assert_without_right(*[f"UPDATE sales.orders SET {column} = {column}" for column in (
        "user_id", "number", "currency", "items_total", "discount", "freight", "tax", "total",
        "tax_lines", "rules", "shipping_address", "address", "state", "created_at")])


# What is known of money changes by what learns of it alone, which is the owner's.
MONEY = ("payments", "refunds", "disputes", "money_entries", "payment_tasks", "gateway_events",
         "reconciliations")


def test_no_service_writes_down_money(sold):
    for table in MONEY:
        columns = [row[0] for row in support.rows(
            "SELECT attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
            f" AND attrelid = 'sales.{table}'::regclass")]
        for service in SERVICES:
            assert_without_right(
                f"INSERT INTO sales.{table} SELECT * FROM sales.{table}", f"DELETE FROM sales.{table}",
                f"TRUNCATE sales.{table} CASCADE", *[
                    f"UPDATE sales.{table} SET {column} = {column}" for column in columns],
                service=service)
    payment = f"'{sold['payment']}'"
    assert_without_right(
        f"UPDATE sales.payments SET received = amount WHERE id = {payment}",
        "INSERT INTO sales.money_entries (posting, account, payment_id, amount)"
        f" VALUES (1, 'sales', {payment}, -1)",
        f"INSERT INTO sales.refunds (payment_id, amount, status) VALUES ({payment}, 1, 'succeeded')",
        "SELECT nextval('sales.money_posting')",
        f"SELECT sales.post({payment}, 'sales', 'receivable', 1)",
        f"SELECT sales.add_refund({payment}, 1, NULL, NULL, '0')",
        f"SELECT sales.learn({payment}, '{{\"captured\": 1}}', 'refund', NULL, NULL)",
        f"SELECT sales.learn_refunds({payment}, '[]')", f"SELECT sales.learn_disputes({payment}, '[]')",
        f"SELECT sales.return_excess('{sold['order']}', 1, NULL, NULL)",
        f"SELECT sales.revive_order('{sold['order']}', NULL)",
        f"SELECT sales.learn_event({payment}, 'refund')",
        f"SELECT sales.open_task('overpaid', {payment}, '{{}}')")


def test_levels_are_written_by_the_ledger_alone():
    assert_without_right("UPDATE sales.stock_slots SET on_hand = on_hand + 1",
                         "INSERT INTO sales.stock_slots (variant_id) VALUES (gen_random_uuid())",
                         "DELETE FROM sales.stock_slots")


def test_the_service_changes_neither_rules_nor_schema_nor_roles():
    assert_without_right(
        "DELETE FROM sales.orders", "DELETE FROM sales.payments", "DELETE FROM sales.tax_rules",
        "UPDATE sales.freight_rules SET base = 0", "UPDATE sales.coupons SET value = 1",
        "INSERT INTO sales.coupons (code, kind) VALUES ('X12', 'freight')", "DELETE FROM sales.coupons",
        "UPDATE sales.coupon_uses SET user_id = user_id", "DELETE FROM sales.order_transitions",
        "INSERT INTO sales.order_transitions VALUES ('canceled', 'paid')",
        "ALTER TABLE sales.orders DISABLE TRIGGER ALL", "CREATE TABLE sales.mine ()",
        "CREATE TABLE public.mine ()", "CREATE SCHEMA mine", "SET ROLE vendas",
        "ALTER ROLE vendas_sales SUPERUSER", "COPY sales.orders TO PROGRAM 'true'")


def test_no_service_touches_the_tables_of_another():
    found = support.rows(f"""
        SELECT service, c.oid::regclass, privilege
          FROM unnest(ARRAY{SERVICES + ['meta']}) AS home
          JOIN pg_namespace n ON n.nspname = home
          JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
         CROSS JOIN unnest(ARRAY{SERVICES}) AS service
         CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS privilege
         WHERE service <> home
           AND CASE WHEN privilege IN ('DELETE', 'TRUNCATE')
               THEN has_table_privilege('vendas_' || service, c.oid, privilege)
               ELSE has_any_column_privilege('vendas_' || service, c.oid, privilege) END""")
    assert {tuple(row) for row in found} == PUBLISHED_TABLES


def test_no_service_calls_what_another_does_not_publish():
    found = support.rows(f"""
        SELECT service, n.nspname || '.' || p.proname
          FROM unnest(ARRAY{SERVICES}) AS home
          JOIN pg_namespace n ON n.nspname = home
          JOIN pg_proc p ON p.pronamespace = n.oid
         CROSS JOIN unnest(ARRAY{SERVICES}) AS service
         WHERE service <> home
           AND has_schema_privilege('vendas_' || service, n.oid, 'USAGE')
           AND has_function_privilege('vendas_' || service, p.oid, 'EXECUTE')""")
    assert {tuple(row) for row in found} == PUBLISHED_FUNCTIONS


def test_sales_can_not_read_another_service():
    assert_without_right(*[f"SELECT FROM {table}" for table in (
        "registry.users", "registry.sessions", "products.products", "products.variants",
        "catalog.sources", "meta.migrations")])


def test_roles_of_services_own_nothing_and_rule_nobody():
    assert support.rows("""
        SELECT rolname FROM pg_roles r WHERE rolname LIKE 'vendas\\_%'
           AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication
                OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid)
                OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid))""") == []


def test_functions_with_the_owner_s_rights_do_not_look_where_callers_can_write():
    assert support.rows("""
        SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE prosecdef AND nspname !~ '^(pg_|information_schema)'
           AND NOT coalesce(proconfig @> ARRAY['search_path=pg_catalog'], false)""") == []


# Rules ----------------------------------------------------------------------------------------

def test_the_ledger_takes_no_movement_that_can_not_be(sold):
    assert_broken({
        "INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved)"
        f" VALUES ('{sold['variant']}', '{kind}', {on_hand}, {reserved})": rule
        for kind, on_hand, reserved, rule in (
            ("adjust", -9, 0, "stock_slots_never_oversold"),
            ("count", -11, 0, "stock_slots_never_oversold"),
            ("reserve", 0, 9, "stock_slots_never_oversold"),
            ("release", 0, -3, "stock_slots_reserved_not_negative"),
            ("commit", -3, -3, "stock_slots_reserved_not_negative"),
            ("receive", 0, 0, "stock_movements_kind_moves"),
            ("receive", -1, 0, "stock_movements_kind_moves"),
            ("receive", 1, 1, "stock_movements_kind_moves"),
            ("adjust", 0, 1, "stock_movements_kind_moves"),
            ("count", 1, -1, "stock_movements_kind_moves"),
            ("reserve", 1, 1, "stock_movements_kind_moves"),
            ("reserve", 0, -1, "stock_movements_kind_moves"),
            ("release", 0, 1, "stock_movements_kind_moves"),
            ("commit", -1, 0, "stock_movements_kind_moves"),
            ("commit", -2, -1, "stock_movements_kind_moves"),
            ("return", -1, 0, "stock_movements_kind_moves"),
            ("allow", 1, 0, "stock_movements_kind_place"),
            ("steal", -1, 0, "stock_movements_kind_known"))})


def test_an_order_that_does_not_add_up_is_refused(sold):
    right = {"user_id": f"'{sold['buyer']}'", "customer_name": "'x'", "currency": "'BRL'",
             "items_total": 1000, "discount": 0, "freight": 100, "tax": 0, "total": 1100,
             "freight_service": "'x'", "freight_days": 1, "shipping_address": "'{}'",
             "state": "'SP'", "expires_at": "now()", "status": "'pending'", "paid_at": "NULL"}

    def insert(**changes):
        row = {**right, **changes}
        return (f"INSERT INTO sales.orders ({', '.join(row)})"
                f" VALUES ({', '.join(map(str, row.values()))})")
    assert_broken({
        insert(): None,
        insert(total=1101): "orders_total_adds_up",
        insert(discount=1): "orders_total_adds_up",
        insert(freight=101): "orders_total_adds_up",
        insert(tax=1): "orders_total_adds_up",
        insert(freight=-100, total=900): "orders_amounts_not_negative",
        insert(discount=2000, total=-900): "orders_amounts_not_negative",
        insert(discount=-10, total=1110): "orders_amounts_not_negative",
        insert(status="'paid'"): "orders_paid_has_time",
        insert(status="'stolen'", paid_at="now()"): "orders_status_known",
    })


def test_a_line_that_does_not_add_up_is_refused(sold):
    assert_broken({
        "INSERT INTO sales.order_items VALUES"
        f" ('{sold['order']}', 99, gen_random_uuid(), gen_random_uuid(), 'x', 'x', {quantity},"
        f" {price}, {discount}, {tax}, {total})": rule
        for quantity, price, discount, tax, total, rule in (
            (2, 100, 10, 5, 195, None),
            (2, 100, 0, 0, 199, "order_items_total_adds_up"),
            (2, 100, 10, 0, 200, "order_items_total_adds_up"),
            (2, 100, 0, 5, 200, "order_items_total_adds_up"),
            (0, 100, 0, 0, 0, "order_items_quantity_range"),
            (-1, 100, 0, 0, -100, "order_items_quantity_range"),
            (1, -100, 0, 0, -100, "order_items_price_not_negative"))})


def test_what_happens_once_is_not_written_twice(sold):
    reservation = f"INSERT INTO sales.reservations VALUES ('{sold['order']}', {{}}, {{}})"
    assert_broken({
        reservation.format(f"'{sold['variant']}'", 1): "reservations_pkey",
        reservation.format("gen_random_uuid()", 0): "reservations_quantity_positive",
        "INSERT INTO sales.order_history (order_id, version, to_status)"
        f" VALUES ('{sold['order']}', 1, 'pending')": "order_history_pkey",
    })


def test_a_payment_that_can_not_be_is_refused_to_the_owner_too(sold):
    right = {"order_id": f"'{sold['order']}'", "gateway": "'manual'", "method": "'bank_transfer'",
             "amount": 1, "currency": "'BRL'", "status": "'failed'", "closed": "'failed'"}

    def insert(**changes):
        row = {**right, **changes}
        return (f"INSERT INTO sales.payments ({', '.join(row)})"
                f" VALUES ({', '.join(map(str, row.values()))})")
    paid = {"status": "'captured'", "closed": "NULL", "received": 1, "received_at": "now()"}
    assert_broken({
        insert(): None,
        insert(**paid): None,
        insert(status="'pending'", closed="NULL"): "payments_one_open",
        insert(status="'authorized'", authorized="true", closed="NULL"): "payments_one_open",
        insert(amount=-1): "payments_amount_positive",
        insert(status="'lost'"): "payments_status_follows",
        insert(status="'captured'"): "payments_status_follows",
        insert(**{**paid, "refunded": 1}): "payments_status_follows",
        insert(**{**paid, "received_at": "NULL"}): "payments_received_known",
        insert(**{**paid, "received": -1}): "payments_received_positive",
        insert(fee=-1): "payments_fee_positive",
        insert(refunded=-1): "payments_refunded_positive",
        insert(closed="'lost'"): "payments_closed_known",
        insert(step="'read'"): "payments_step_due",
        insert(step="'steal'", due_at="now()"): "payments_step_known",
        insert(request_key="'x'"): "payments_request_whole",
    }, role="vendas")


def test_money_that_can_not_be_is_refused_to_the_owner_too(sold):
    refund = ("INSERT INTO sales.refunds (payment_id, amount, status, ref)"
              f" VALUES ('{sold['payment']}', {{}}, '{{}}', 'r')")
    dispute = ("INSERT INTO sales.disputes (payment_id, ref, {}) VALUES"
               f" ('{sold['payment']}', 'd', {{}})")
    entry = ("INSERT INTO sales.money_entries (posting, account, payment_id, amount)"
             f" VALUES (-1, '{{}}', '{sold['payment']}', {{}})")
    task = ("INSERT INTO sales.payment_tasks (kind, payment_id)"
            f" VALUES ('{{}}', '{sold['payment']}')")
    assert_broken({
        refund.format(1, "pending"): None,
        refund.format(0, "pending"): "refunds_amount_positive",
        refund.format(1, "lost"): "refunds_status_known",
        "; ".join([refund.format(1, "pending")] * 2): "refunds_ref_unique",
        dispute.format("amount", 1): None,
        **{dispute.format(name, -1): f"disputes_{name}_positive"
           for name in ("amount", "fee", "withdrawn", "reinstated")},
        dispute.format("status", "'lost it'"): "disputes_status_known",
        "; ".join([dispute.format("amount", 1)] * 2): "disputes_ref_unique",
        entry.format("fees", 1): None,
        entry.format("fees", 0): "money_entries_amount_nonzero",
        entry.format("pockets", 1): "money_entries_account_known",
        "; ".join([entry.format("fees", 1)] * 2): "money_entries_pkey",
        task.format("overpaid"): None,
        task.format("worry"): "payment_tasks_kind_known",
        "; ".join([task.format("overpaid")] * 2): "payment_tasks_once",
    }, role="vendas")


def test_a_parcel_that_can_not_be_is_refused(sold):
    parcel = ("INSERT INTO sales.shipments (id, order_id, version, carrier)"
              f" VALUES ('{{}}', '{sold['order']}', {{}}, {{}})")
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    item = parcel.format(one, 1, "'x'") + "; INSERT INTO sales.shipment_items VALUES ('{}', '{}', {})"
    assert_broken({
        parcel.format(one, 1, "'x'"): None,
        parcel.format(one, 1, "''"): "shipments_carrier_length",
        parcel.format(one, 99, "'x'"): "shipments_version_fkey",
        parcel.format(one, 1, "'x'") + "; " + parcel.format(two, 1, "'x'"):
            "shipments_version_unique",
        parcel.format(one, 1, "'x'") + "; UPDATE sales.shipments SET delivered_version = 1"
        f" WHERE id = '{one}'": "shipments_delivered_version_later",
        item.format(one, sold["variant"], 1): None,
        item.format(one, sold["variant"], 0): "shipment_items_quantity_positive",
        item.format(two, sold["variant"], 1): "shipment_items_shipment_fkey",
    })


def test_history_tells_of_no_event_that_moves_the_status(sold):
    row = ("INSERT INTO sales.order_history (order_id, version, from_status, to_status, event)"
           f" VALUES ('{sold['order']}', 99, 'pending', '{{}}', '{{}}')")
    assert_broken({
        row.format("pending", "address_changed"): None,
        row.format("paid", "address_changed"): "order_history_event_stays",
        row.format("paid", "status"): None,
        row.format("pending", "lost"): "order_history_event_known",
    })


# A parcel with so many pieces, of the order and under its id.
PARCEL = ("INSERT INTO sales.shipments (id, order_id, version) VALUES ('{order}', '{order}', 1);"
          " INSERT INTO sales.shipment_items VALUES ('{order}', '{variant}',")


# All of the order is paid, and the books know it; or only a centavo of it.
PAID = ("UPDATE sales.payments SET (received, received_at, status) = (amount, now(), 'captured')"
        " WHERE id = '{payment}';")
PART = PAID.replace("(amount,", "(1,")


@pytest.mark.parametrize("tampering, problem", [
    ("UPDATE sales.stock_slots SET on_hand = on_hand + 1 WHERE variant_id = '{variant}'",
     "stock on hand differs from the ledger"),
    ("UPDATE sales.stock_slots SET reserved = reserved - 1 WHERE variant_id = '{variant}'",
     "stock reserved differs from reservations"),
    ("DELETE FROM sales.reservations WHERE order_id = '{order}'",
     "reservations differ from the ledger of their order"),
    ("UPDATE sales.orders SET items_total = items_total + 1, total = total + 1"
     " WHERE id = '{order}'", "items do not add up to the order"),
    ("DELETE FROM sales.order_items WHERE order_id = '{order}'",
     "items do not add up to the order"),
    (PAID, "order paid without money, or money without an order"),
    (PART + "UPDATE sales.orders SET paid_at = now() WHERE id = '{order}'",
     "order paid without money, or money without an order"),
    ("UPDATE sales.orders SET paid_at = now() WHERE id = '{order}'",
     "order paid without money, or money without an order"),
    ("UPDATE sales.payments SET refunded = 1 WHERE id = '{payment}'",
     "refunds differ from what went back"),
    (PART + "INSERT INTO sales.refunds (payment_id, amount, status) VALUES ('{payment}', 1, 'succeeded')",
     "refunds differ from what went back"),
    (PART + "INSERT INTO sales.refunds (payment_id, amount, status) VALUES ('{payment}', 2, 'succeeded');"
     " UPDATE sales.payments SET refunded = 2, status = 'refunded' WHERE id = '{payment}'",
     "refunds differ from what went back"),
    *[(f"SELECT sales.post('{{payment}}', '{giver}', '{taker}', 1)", "books differ from payments")
      for giver, taker in (("sales", "receivable"), ("receivable", "fees"), ("receivable", "refunds"),
                           ("receivable", "disputes"))],
    (PART + "DELETE FROM sales.money_entries WHERE payment_id = '{payment}'",
     "books differ from payments"),
    (PART + "UPDATE sales.money_entries SET account = 'fees' WHERE payment_id = '{payment}'"
     " AND account = 'receivable'", "books differ from payments"),
    ("INSERT INTO sales.money_entries (posting, account, payment_id, amount)"
     " VALUES (-1, 'receivable', '{payment}', 1)", "a posting that does not come to zero"),
    (PART + "UPDATE sales.orders SET status = 'expired' WHERE id = '{order}'",
     "money held of an order that was let go"),
    (PART + "INSERT INTO sales.refunds (payment_id, amount, status) VALUES ('{payment}', 1, 'succeeded');"
     " UPDATE sales.orders SET status = 'canceled' WHERE id = '{order}'",
     "money held of an order that was let go"),
    ("UPDATE sales.orders SET status = 'expired' WHERE id = '{order}'",
     "status differs from the last history row"),
    ("UPDATE sales.orders SET status = 'canceled' WHERE id = '{order}'",
     "reservation of an order that is not pending"),
    ("UPDATE sales.orders SET status = 'shipped', paid_at = now() WHERE id = '{order}'",
     "status differs from what was shipped"),
    ("UPDATE sales.orders SET status = 'returned', paid_at = now() WHERE id = '{order}'",
     "status differs from what came back"),
    (PARCEL + " 1)", "status differs from what was shipped"),
    (PARCEL + " 3)", "more shipped or returned than there was"),
    (PARCEL + " 2); UPDATE sales.orders SET status = 'delivered', paid_at = now()"
     " WHERE id = '{order}'", "delivered with a parcel on its way"),
    ("INSERT INTO sales.shipments (id, order_id, version) VALUES ('{order}', '{order}', 1);"
     " INSERT INTO sales.shipment_items VALUES ('{order}', gen_random_uuid(), 1)",
     "shipped or returned what was not sold"),
    ("INSERT INTO sales.returns VALUES ('{order}', '{order}', 1, true);"
     " INSERT INTO sales.return_items VALUES ('{order}', '{variant}', 1)",
     "more shipped or returned than there was"),
    ("INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, order_id)"
     " VALUES ('{variant}', 'return', 1, 0, '{order}')", "more put back than was taken"),
    ("DELETE FROM sales.events WHERE object_id = '{order}'", "order changed without an event"),
    ("INSERT INTO sales.webhooks (id, url, event_types, secret) VALUES (gen_random_uuid(),"
     " 'https://x', '{{order.*}}', decode(repeat('00', 40), 'hex'));"
     " INSERT INTO sales.deliveries (webhook_id, event_id, object_id) SELECT w.id, e.id, e.object_id"
     " FROM sales.webhooks w, sales.events e WHERE e.object_id = '{order}' AND w.url = 'https://x'",
     "delivery that no job will ever take"),
])
def test_the_check_of_the_books_sees_tampering(sold, tampering, problem):
    found = support.rows(f"BEGIN; {tampering.format(**sold)};"
                         " SELECT problem FROM sales.integrity; ROLLBACK")
    assert [problem] in found


# The schema as documentation ------------------------------------------------------------------

DOCUMENTED = f"nspname = ANY (ARRAY{SERVICES + ['meta', 'shared']})"


def test_every_table_view_and_function_says_what_it_is():
    assert support.rows(f"""
        SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE {DOCUMENTED} AND relkind IN ('r', 'v', 'm', 'p')
           AND obj_description(c.oid, 'pg_class') IS NULL
        UNION ALL
        SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
         WHERE {DOCUMENTED} AND obj_description(p.oid, 'pg_proc') IS NULL
           AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
        UNION ALL
        SELECT nspname FROM pg_namespace n
         WHERE {DOCUMENTED} AND obj_description(n.oid, 'pg_namespace') IS NULL""") == []


def test_every_column_says_what_it_holds():
    assert support.rows(f"""
        SELECT c.oid::regclass || '.' || attname
          FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
          JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped
         WHERE {DOCUMENTED} AND relkind IN ('r', 'p')
           AND coalesce(col_description(c.oid, attnum), '') = ''""") == []


def test_every_constraint_has_a_name_that_somebody_gave_it():
    """PostgreSQL's own end in _check, _key or _fkey with the names of all columns before it; the
    API turns ours into field errors, so checks and keys are named after what they hold."""
    assert support.rows(f"""
        SELECT conrelid::regclass || '.' || conname
          FROM pg_constraint JOIN pg_namespace n ON n.oid = connamespace
         WHERE {DOCUMENTED} AND conrelid <> 0 AND contype IN ('c', 'u', 'x', 'f', 'p')
           AND (conname ~ '_(check|key|excl)[0-9]*$'
                OR contype = 'f' AND conname ~ '_id_fkey[0-9]*$'
                OR conname NOT LIKE (SELECT relname FROM pg_class WHERE oid = conrelid) || '%'
           )""") == []
