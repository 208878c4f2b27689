"""PayPal's objects in the shapes of Orders v2 and Payments v2, as they are when new, and its
refusals in its words. Amounts are centavos inside and decimal strings outside; times are UTC."""
import datetime
import re

from gateway_common import Refused, token

UPPER = "0123456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
PAYER_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CURRENCIES = ("BRL", "USD", "EUR")

# What PayPal takes of a capture: parts in ten thousand, and centavos. It keeps them on refunds.
FEE = (479, 60)

# How much of an authorization can be captured, in per cent.
OVER_CAPTURE = 115

PAYEE = {"email_address": "loja@example.com", "merchant_id": "STANDNSHPPA23"}
PAYER = {"name": {"given_name": "Ana", "surname": "Souza"}, "email_address": "ana@example.com",
         "payer_id": "STANDNBYERA23", "address": {"country_code": "BR"}}

SEMANTIC = ("The requested action could not be performed, semantically incorrect, or failed business"
            " validation.")
NAMES = {
    400: ("INVALID_REQUEST",
          "Request is not well-formed, syntactically incorrect, or violates schema."),
    401: ("AUTHENTICATION_FAILURE", "Authentication failed due to missing authorization header, or"
                                    " invalid authentication credentials."),
    404: ("RESOURCE_NOT_FOUND", "The specified resource does not exist."),
    409: ("RESOURCE_CONFLICT",
          "The server has detected a conflict while processing this request."),
    415: ("UNSUPPORTED_MEDIA_TYPE",
          "The server does not support the request payload's media type."),
    422: ("UNPROCESSABLE_ENTITY", SEMANTIC),
    429: ("RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting."),
    500: ("INTERNAL_SERVER_ERROR", "An internal server error occurred."),
}

WORDS = {
    "ACTION_DOES_NOT_MATCH_INTENT":
        "Order was created with an intent to 'CAPTURE'. Please use"
        " v2/checkout/orders/order_id/capture to complete the transaction or alternately Create an"
        " order with an intent of 'AUTHORIZE'.",
    "AMOUNT_MISMATCH":
        "Should equal item_total + tax_total + shipping + handling + insurance - shipping_discount -"
        " discount.",
    "AUTHORIZATION_ALREADY_CAPTURED": "Authorization has previously been captured.",
    "AUTHORIZATION_DENIED": "An denied authorization cannot be captured.",
    "AUTHORIZATION_VOIDED": "A voided authorization cannot be captured or reauthorized. ",
    "AUTH_CAPTURE_CURRENCY_MISMATCH":
        "Currency of capture must be the same as currency of authorization.",
    "CANNOT_BE_ZERO_OR_NEGATIVE":
        "Must be greater than zero. If the currency supports decimals, only two decimal place precision"
        " is supported.",
    "CAPTURE_FULLY_REFUNDED": "The capture has already been fully refunded",
    "DECIMAL_PRECISION":
        "If the currency supports decimals, only two decimal place precision is supported.",
    "DUPLICATE_INVOICE_ID":
        "Duplicate Invoice ID detected. To avoid a potential duplicate transaction your account setting"
        " requires that Invoice Id be unique for each transaction.",
    "DUPLICATE_REFERENCE_ID":
        "`reference_id` must be unique if multiple `purchase_unit` are provided.",
    "INSTRUMENT_DECLINED":
        "The instrument presented  was either declined by the processor or bank, or it can't be used for"
        " this payment.",
    "INVALID_ARRAY_MIN_ITEMS": "The number of items in an array parameter is too small.",
    "INVALID_CURRENCY_CODE":
        "Currency code is invalid or is not currently supported. Please refer"
        " https://developer.paypal.com/api/rest/reference/currency-codes/ for list of supported currency"
        " codes.",
    "INVALID_PARAMETER_SYNTAX": "The value of a field does not conform to the expected format.",
    "INVALID_PARAMETER_VALUE": "A parameter value is not valid.",
    "INVALID_RESOURCE_ID":
        "Specified resource ID does not exist. Please check the resource ID and try again.",
    "INVALID_STRING_LENGTH": "The value of a field is either too short or too long",
    "ITEM_TOTAL_MISMATCH":
        "Should equal sum of (unit_amount * quantity) across all items for a given purchase_unit.",
    "ITEM_TOTAL_REQUIRED":
        "If item details are specified (items.unit_amount and items.quantity) corresponding"
        " amount.breakdown.item_total is required.",
    "MALFORMED_REQUEST_JSON": "The request JSON is not well formed.",
    "MAX_CAPTURE_AMOUNT_EXCEEDED":
        "Capture amount exceeds allowable limit. Please contact customer service or your account manager"
        " to request the change to your overage limit. The default overage limit is 115%, which allows"
        " the sum of all captures to be up to 115% of the order amount. The ability to over capture is"
        " subjected to regulatory approvals.",
    "MISSING_REQUIRED_PARAMETER": "A required parameter is missing.",
    "MULTI_CURRENCY_ORDER":
        "Multiple differing values of currency_code are not supported. Entire Order request must have"
        " the same currency_code.",
    "ORDER_ALREADY_AUTHORIZED":
        "Order already authorized.If 'intent=AUTHORIZE' only one authorization per order is allowed.",
    "ORDER_ALREADY_CAPTURED":
        "Order already captured.If 'intent=CAPTURE' only one capture per order is allowed.",
    "ORDER_NOT_APPROVED":
        "Payer has not yet approved the Order for payment. Please redirect the payer to the"
        " 'rel':'approve' url returned as part of the HATEOAS links within the Create Order call.",
    "PAYPAL_REQUEST_ID_REQUIRED":
        "A PayPal-Request-Id is required if you are trying to process payment for an Order. Please"
        " specify a PayPal-Request-Id or Create the Order without a 'payment_source' specified.",
    "PENDING_CAPTURE":
        "Cannot initiate a refund as the capture is pending. Capture is typically pending when the payer"
        " has funded the transaction using e-check/bank funded.",
    "PREVIOUSLY_CAPTURED":
        "Authorization has been previously captured and hence cannot be voided.",
    "PREVIOUSLY_VOIDED":
        "Authorization has been previously voided and hence cannot be voided again.",
    "PREVIOUS_REQUEST_IN_PROGRESS":
        "A previous request on this resource is currently in progress. Please wait for sometime and try"
        " again. It is best to space out the initial and the subsequent request(s) to avoid receiving"
        " this error.",
    "REFUND_AMOUNT_EXCEEDED":
        "The refund amount must be less than or equal to the capture amount that has not yet been"
        " refunded.",
    "REFUND_CAPTURE_CURRENCY_MISMATCH": "Refund must be in the same currency as the capture",
    "REFUND_FAILED_INSUFFICIENT_FUNDS":
        "Capture could not be refunded due to insufficient funds. Please check to see if you have"
        " sufficient funds in your PayPal account or if the bank account linked to your PayPal account"
        " is verified and has sufficient funds.",
    "REFUND_NOT_ALLOWED": "Capture cannot be refunded.",
    "TRANSACTION_DISPUTED":
        "Partial refunds cannot be offered at this time because there is an open case on this"
        " transaction. Visit the PayPal Resolution Center to review this case.",
}


# Where capturing says it in other words than everything else.
CAPTURE_WORDS = {
    "DUPLICATE_INVOICE_ID":
        "Requested invoice_id has been previously captured. Possible duplicate transaction.",
    "ORDER_NOT_APPROVED": WORDS["ORDER_NOT_APPROVED"][:-1]
                          + " or provide a valid `payment_source` in the request.",
}


def error(status, issue=None, field=None, links=(), headers=None, words=None):
    """A refusal in PayPal's shape. field: a JSON pointer; words: other than WORDS has them."""
    name, message = NAMES[status]
    document = {"name": name, "message": message, "debug_id": token(13, "0123456789abcdef")}
    if issue:
        detail = {"issue": issue, "description": (words or WORDS).get(issue, issue)}
        if field is not None:
            detail.update(field=field, location="body")
        document["details"] = [detail]
        document["links"] = [{
            "href": f"https://developer.paypal.com/api/rest/reference/orders/v2/errors/#{issue}",
            "rel": "information_link", "method": "GET"}, *links]
    return Refused(status, document, headers)


def new_id():
    return token(17, UPPER)


def now():
    return datetime.datetime.utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")


# Amounts --------------------------------------------------------------------------------------

def money(centavos, currency="BRL"):
    return {"currency_code": currency, "value": f"{centavos // 100}.{centavos % 100:02}"}


def centavos_of(amount, field, may_be_zero=False):
    """A money object of a request in centavos."""
    if amount["currency_code"] not in CURRENCIES:
        raise error(422, "INVALID_CURRENCY_CODE", f"{field}/currency_code")
    match = re.fullmatch(r"(-?)(\d*)(?:\.(\d{1,2}))?", amount["value"])
    if not match:
        raise error(422, "DECIMAL_PRECISION", f"{field}/value")
    centavos = int(match[2] or 0) * 100 + int((match[3] or "").ljust(2, "0"))
    if match[1] or (centavos == 0 and not may_be_zero):
        raise error(422, "CANNOT_BE_ZERO_OR_NEGATIVE", f"{field}/value")
    return centavos


def check_amounts(units):
    """Whether what an order is to cost adds up."""
    currencies = {unit["amount"]["currency_code"] for unit in units}
    if len(currencies) > 1:
        raise error(422, "MULTI_CURRENCY_ORDER")
    names = [unit.get("reference_id", "default") for unit in units]
    if len(set(names)) < len(names):
        raise error(422, "DUPLICATE_REFERENCE_ID")
    for n, unit in enumerate(units):
        place = f"/purchase_units/{n}/amount"
        total = centavos_of(unit["amount"], place)
        parts = {name: centavos_of(part, f"{place}/breakdown/{name}", True)
                 for name, part in unit["amount"].get("breakdown", {}).items()}
        minus = parts.get("shipping_discount", 0) + parts.get("discount", 0)
        if parts and total != sum(parts.values()) - 2 * minus:
            raise error(422, "AMOUNT_MISMATCH", f"{place}/value")
        items = sum(centavos_of(item["unit_amount"], f"/purchase_units/{n}/items/{m}/unit_amount", True)
                    * int(item["quantity"]) for m, item in enumerate(unit.get("items", [])))
        if unit.get("items") and "item_total" not in parts:
            raise error(422, "ITEM_TOTAL_REQUIRED", f"{place}/breakdown/item_total")
        if unit.get("items") and parts["item_total"] != items:
            raise error(422, "ITEM_TOTAL_MISMATCH", f"{place}/breakdown/item_total/value")


def fee_of(centavos):
    return (centavos * FEE[0] + 5000) // 10000 + FEE[1]


# Objects. What begins with "_" is never shown. -------------------------------------------------

def order(fields):
    source = fields.get("payment_source") or {}
    context = (source.get("paypal") or {}).get("experience_context") or fields.get(
        "application_context") or {}
    units = [{"reference_id": "default", **unit, "payee": PAYEE} for unit in fields["purchase_units"]]
    return {"id": new_id(), "intent": fields["intent"], "create_time": now(), "update_time": now(),
            "status": "PAYER_ACTION_REQUIRED" if source else "CREATED", "purchase_units": units,
            "_return_url": context.get("return_url"), "_cancel_url": context.get("cancel_url"),
            "_with_source": bool(source)}


def payment(one_order, n, centavos, invoice_id=None):
    """What an authorization and a capture have in common. n: which purchase unit."""
    unit = one_order["purchase_units"][n]
    document = {"id": new_id(), "amount": money(centavos, unit["amount"]["currency_code"]),
                "seller_protection": {"status": "ELIGIBLE", "dispute_categories": [
                    "ITEM_NOT_RECEIVED", "UNAUTHORIZED_TRANSACTION"]},
                "create_time": now(), "update_time": now(), "_order": one_order["id"], "_unit": n}
    invoice_id = invoice_id or unit.get("invoice_id")
    if invoice_id:
        document["invoice_id"] = invoice_id
    if "custom_id" in unit:
        document["custom_id"] = unit["custom_id"]
    return document


def breakdown(amount):
    """What the shop gets of a capture."""
    centavos, currency = centavos_of(amount, ""), amount["currency_code"]
    fee = fee_of(centavos)
    return {"gross_amount": money(centavos, currency), "paypal_fee": money(fee, currency),
            "net_amount": money(centavos - fee, currency)}


def refund(capture, centavos, refunded_before, fields):
    currency = capture["amount"]["currency_code"]
    document = {"id": new_id(), "amount": money(centavos, currency), "status": "COMPLETED",
                "seller_payable_breakdown": {
                    "gross_amount": money(centavos, currency), "paypal_fee": money(0, currency),
                    "net_amount": money(centavos, currency),
                    "total_refunded_amount": money(refunded_before + centavos, currency)},
                "create_time": now(), "update_time": now(), "_capture": capture["id"],
                "_order": capture["_order"], "_unit": capture["_unit"]}
    for name in ("invoice_id", "custom_id", "note_to_payer"):
        if name in fields:
            document[name] = fields[name]
    return document


def dispute(capture, centavos, reason):
    currency = capture["amount"]["currency_code"]
    name = f"PP-R-{token(3, UPPER)}-{token(9, '0123456789')}"
    transaction = {"seller_transaction_id": capture["id"], "create_time": capture["create_time"],
                   "transaction_status": "COMPLETED", "gross_amount": capture["amount"],
                   "buyer": {"name": "Ana Souza"}, "seller": {"merchant_id": PAYEE["merchant_id"]}}
    for theirs, ours in (("invoice_number", "invoice_id"), ("custom", "custom_id")):
        if ours in capture:
            transaction[theirs] = capture[ours]
    return {"dispute_id": name, "create_time": now(), "update_time": now(), "reason": reason,
            "disputed_transactions": [transaction], "status": "WAITING_FOR_SELLER_RESPONSE",
            "dispute_state": "REQUIRED_ACTION", "dispute_amount": money(centavos, currency),
            "dispute_life_cycle_stage": "INQUIRY", "dispute_channel": "INTERNAL",
            "_capture": capture["id"]}


def event(kind, resource_type, summary, resource, url):
    name = f"WH-{token(17, UPPER)}-{token(17, UPPER)}"
    place = f"{url}/v1/notifications/webhooks-events/{name}"
    return {"id": name, "event_version": "1.0", "create_time": now(), "resource_type": resource_type,
            "resource_version": "2.0", "event_type": kind, "summary": summary, "resource": resource,
            "links": [{"href": place, "rel": "self", "method": "GET"},
                      {"href": f"{place}/resend", "rel": "resend", "method": "POST"}]}
