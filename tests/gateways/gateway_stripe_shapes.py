"""Stripe's objects in the shapes of API 2023-08-16, as they are when new; errors in Stripe's words; and
what a Pix code and a boleto's number are made of. Amounts are centavos, times are Unix seconds."""
import datetime
import random
import re
import time

from gateway_common import Refused, token

API_VERSION = "2023-08-16"
DAY = 86400

# What Stripe takes of a payment: parts in ten thousand, and centavos.
FEES = {"card": (399, 39), "pix": (119, 0), "boleto": (0, 345)}
DISPUTE_FEE = 5500

LIMITS = {"card": (50, 99999999), "pix": (50, 99999999), "boleto": (500, 4999999)}

# What banks say, where it is not just "Your card was declined."
DECLINES = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}


def decline(decline_code):
    """(code, message, decline code) of a card that is declined."""
    own = decline_code in ("expired_card", "incorrect_cvc", "processing_error")
    return (decline_code if own else "card_declined",
            DECLINES.get(decline_code, "Your card was declined."), decline_code)


def error(status, message, kind="invalid_request_error", code=None, param=None, headers=None,
          **more):
    """A refusal in Stripe's shape."""
    document = {"code": code, "message": message, "param": param, "type": kind, **more}
    if code:
        document["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
    return Refused(status, {"error": {name: value for name, value in sorted(document.items())
                                      if value is not None}}, headers)


def new_id(prefix):
    return f"{prefix}_3{token(23)}"


def now():
    return int(time.time())


def fee_of(method, amount):
    rate, fixed = FEES[method]
    return (amount * rate + 5000) // 10000 + fixed


def payment_intent(live, fields):
    name = new_id("pi")
    return {
        "id": name, "object": "payment_intent", "amount": fields["amount"], "amount_capturable": 0,
        "amount_details": {"tip": {}}, "amount_received": 0, "application": None,
        "application_fee_amount": None, "automatic_payment_methods": None, "canceled_at": None,
        "cancellation_reason": None, "capture_method": fields.get("capture_method", "automatic"),
        "client_secret": f"{name}_secret_{token(25)}", "confirmation_method": "automatic",
        "created": now(), "currency": fields["currency"].lower(), "customer": None,
        "description": fields.get("description"), "invoice": None, "last_payment_error": None,
        "latest_charge": None, "livemode": live, "metadata": {}, "next_action": None,
        "on_behalf_of": None, "payment_method": None, "payment_method_options": {},
        "payment_method_types": fields.get("payment_method_types", ["card"]), "processing": None,
        "receipt_email": fields.get("receipt_email"), "review": None, "setup_future_usage": None,
        "shipping": fields.get("shipping"),
        "statement_descriptor": fields.get("statement_descriptor"),
        "statement_descriptor_suffix": fields.get("statement_descriptor_suffix"),
        "status": "requires_payment_method", "transfer_data": None, "transfer_group": None}


def billing_details(fields):
    address = fields.get("address") or {}
    return {"address": {part: address.get(part) for part in (
        "city", "country", "line1", "line2", "postal_code", "state")},
            **{part: fields.get(part) for part in ("email", "name", "phone")}}


CARD = {"brand": "visa", "country": "BR", "exp_month": 12, "exp_year": 2034, "funding": "credit",
        "last4": "4242"}
CHECKS = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}


def payment_method(live, kind, fields=None):
    fields = fields or {}
    details = {"card": {**CARD, "checks": CHECKS, "fingerprint": token(16), "generated_from": None,
                        "networks": {"available": ["visa"], "preferred": None},
                        "three_d_secure_usage": {"supported": True}, "wallet": None},
               "pix": {}, "boleto": {"tax_id": (fields.get("boleto") or {}).get("tax_id")}}[kind]
    return {"id": new_id("pm"), "object": "payment_method", "created": now(), "customer": None,
            "billing_details": billing_details(fields.get("billing_details") or {}),
            "livemode": live, "metadata": {}, "type": kind, kind: details}


def method_details(method):
    kind = method["type"]
    details = {"card": {**CARD, "checks": CHECKS, "fingerprint": method.get("card", {}).get(
        "fingerprint"), "installments": None, "mandate": None, "network": "visa",
                        "three_d_secure": None, "wallet": None},
               "pix": {"bank_transaction_id": f"E{token(31, '0123456789')}"},
               "boleto": dict(method.get("boleto", {}))}[kind]
    return {"type": kind, kind: details}


def charge(intent, method):
    return {
        "id": new_id("ch"), "object": "charge", "amount": intent["amount"], "amount_captured": 0,
        "amount_refunded": 0, "application": None, "application_fee": None,
        "application_fee_amount": None, "balance_transaction": None,
        "billing_details": method["billing_details"], "calculated_statement_descriptor": None,
        "captured": False, "created": now(), "currency": intent["currency"],
        "customer": intent["customer"], "description": intent["description"], "disputed": False,
        "failure_balance_transaction": None, "failure_code": None, "failure_message": None,
        "fraud_details": {}, "invoice": None, "livemode": intent["livemode"],
        "metadata": dict(intent["metadata"]), "on_behalf_of": None,
        "outcome": {"network_status": "approved_by_network", "reason": None, "risk_level": "normal",
                    "seller_message": "Payment complete.", "type": "authorized"},
        "paid": True, "payment_intent": intent["id"], "payment_method": method["id"],
        "payment_method_details": method_details(method), "radar_options": {},
        "receipt_email": intent["receipt_email"], "receipt_number": None, "receipt_url": None,
        "refunded": False, "review": None, "shipping": intent["shipping"], "source_transfer": None,
        "statement_descriptor": None, "statement_descriptor_suffix": None, "status": "succeeded",
        "transfer_data": None, "transfer_group": None}


def refund(one_charge, amount, status, fields=None):
    fields = fields or {}
    return {"id": new_id("re"), "object": "refund", "amount": amount, "balance_transaction": None,
            "charge": one_charge["id"], "created": now(), "currency": one_charge["currency"],
            "metadata": dict(fields.get("metadata") or {}),
            "payment_intent": one_charge["payment_intent"], "reason": fields.get("reason"),
            "receipt_number": None, "source_transfer_reversal": None, "status": status,
            "transfer_reversal": None}


def balance_transaction(source, kind, amount, fee, description):
    """kind: as in its type. amount is what it does to the balance, before the fee."""
    category = {"payment": "charge", "payment_refund": "refund", "adjustment": "dispute"}
    return {"id": new_id("txn"), "object": "balance_transaction", "amount": amount,
            "available_on": now() + 2 * DAY, "created": now(), "currency": "brl",
            "description": description, "exchange_rate": None, "fee": fee,
            "fee_details": [{"amount": fee, "application": None, "currency": "brl",
                             "description": "Stripe processing fees", "type": "stripe_fee"}]
            if fee else [],
            "net": amount - fee, "reporting_category": category.get(kind, kind),
            "source": source["id"], "status": "pending", "type": kind}


def dispute(one_charge, amount, reason, status):
    return {"id": new_id("dp"), "object": "dispute", "amount": amount, "balance_transactions": [],
            "charge": one_charge["id"], "created": now(), "currency": one_charge["currency"],
            "evidence": {},
            "evidence_details": {"due_by": now() + 10 * DAY, "has_evidence": False,
                                 "past_due": False, "submission_count": 0},
            "is_charge_refundable": status.startswith("warning"), "livemode": one_charge["livemode"],
            "metadata": {}, "payment_intent": one_charge["payment_intent"], "reason": reason,
            "status": status}


def event(kind, document, live, request_id, key, pending):
    return {"id": new_id("evt"), "object": "event", "api_version": API_VERSION, "created": now(),
            "data": {"object": document}, "livemode": live, "pending_webhooks": pending,
            "request": {"id": request_id, "idempotency_key": key}, "type": kind}


def check_boleto(method):
    """What a boleto cannot do without: who is to pay it, and where he lives."""
    tax_id = re.sub(r"[.\-/]", "", method["boleto"]["tax_id"] or "")
    if not re.fullmatch(r"\d{11}|\d{14}", tax_id):
        raise error(400, "The tax ID number is invalid (e.g., missing digits).",
                    code="tax_id_invalid", param="payment_method_data[boleto][tax_id]")
    details = method["billing_details"]
    for name in ("name", "email"):
        if not details[name]:
            raise error(400, f"Missing required param: billing_details[{name}].",
                        code="parameter_missing", param=f"billing_details[{name}]")
    for name in ("line1", "city", "state", "postal_code", "country"):
        if not details["address"][name]:
            raise error(400, f"Missing required param: billing_details[address][{name}].",
                        code="parameter_missing", param=f"billing_details[address][{name}]")
    if details["address"]["country"] != "BR":
        raise error(400, "Boleto is for payers in Brazil.", param="billing_details[address][country]")


def expiry(kind, options):
    """Until when a Pix or a boleto can be paid: a boleto until its day ends in Brasília."""
    if kind == "pix":
        return options["expires_at"] or now() + options["expires_after_seconds"]
    brasilia = datetime.timezone(datetime.timedelta(hours=-3))
    day = datetime.datetime.now(brasilia) + datetime.timedelta(days=options["expires_after_days"])
    return int(day.replace(hour=23, minute=59, second=0).timestamp())


# Searches -------------------------------------------------------------------------------------

CLAUSE = re.compile(r"""(-?)(metadata\[(['"])(?P<key>.+?)\3\]|\w+)(:|~|>=|<=|>|<)"""
                    r"""(?:(['"])(?P<text>.*?)\6|(?P<number>\d+))""")


def clause_fits(clause, document):
    """Whether a document fits one clause, which is a match of CLAUSE."""
    key, sign = clause["key"], clause[5]
    have = document["metadata"].get(key) if key else document.get(clause[2])
    wanted = clause["text"] if clause["number"] is None else int(clause["number"])
    if sign == "~":
        fits = have is not None and wanted in have
    elif sign == ":":
        fits = str(have) == str(wanted)
    else:
        fits = {">": have > wanted, "<": have < wanted,
                ">=": have >= wanted, "<=": have <= wanted}[sign]
    return fits != bool(clause[1])


def search(query):
    """A function that says whether an intent fits a query of Stripe's search."""
    words = [word for word in re.split(r"\s+(AND|OR)\s+", query.strip())]
    clauses, joins = [CLAUSE.fullmatch(word) for word in words[::2]], set(words[1::2])
    for clause in clauses:
        field = clause and (clause["key"] and "metadata" or clause[2])
        if field not in ("amount", "created", "currency", "customer", "metadata", "status"):
            raise error(400, "We were unable to parse your search query.", param="query")
    if len(joins) > 1:
        raise error(400, "You cannot combine AND and OR in one search query.", param="query")
    together = any if joins == {"OR"} else all
    return lambda document: together(clause_fits(clause, document) for clause in clauses)


# Pix and boleto -------------------------------------------------------------------------------

def crc16(data):
    """CRC-16/CCITT-FALSE, which ends a BR Code."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021) & 0xFFFF if crc & 0x8000 else crc << 1
    return crc


def pix_code(amount, place):
    """A BR Code ("Pix copia e cola") for so many centavos, as the Banco Central lays it down."""
    def field(number, value):
        return f"{number:02}{len(value):02}{value}"
    account = field(0, "br.gov.bcb.pix") + field(25, place.split("://")[-1][:77])
    code = (field(0, "01") + field(1, "12") + field(26, account) + field(52, "0000")
            + field(53, "986") + field(54, f"{amount // 100}.{amount % 100:02}") + field(58, "BR")
            + field(59, "LOJA DE DEMONSTRACAO") + field(60, "SAO PAULO")
            + field(62, field(5, "***")) + "6304")
    return f"{code}{crc16(code.encode()):04X}"


def mod10(digits):
    products = [int(digit) * (2 - n % 2) for n, digit in enumerate(reversed(digits))]
    return str(-sum(product // 10 + product % 10 for product in products) % 10)


def mod11(digits):
    rest = 11 - sum(int(digit) * (2 + n % 8) for n, digit in enumerate(reversed(digits))) % 11
    return str(rest if rest <= 9 else 1)


def boleto_number(amount, expires_at):
    """The number that a boleto is typed by (linha digitável), with its check digits."""
    # Days are counted from this one since 22 February 2025, when four digits had run out.
    since = datetime.date(2022, 5, 29)
    factor = (datetime.datetime.fromtimestamp(expires_at, datetime.timezone.utc).date() - since).days
    free = "".join(str(random.randrange(10)) for _ in range(25))
    tail = f"{factor:04}{amount:010}"
    fields = ["0019" + free[:5], free[5:15], free[15:]]
    return " ".join([*(f"{field[:5]}.{field[5:]}{mod10(field)}" for field in fields),
                     mod11("0019" + tail + free), tail])
