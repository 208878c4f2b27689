"""What a buyer sees of the gateways in the demo: pages to pay at, and a list of all payments. They are
in Portuguese, as the demo is, and load nothing from elsewhere."""
import datetime
import hashlib
import html
import re
import struct
import urllib.parse
import zlib

from gateway_common import Answer, reais

STYLE = """
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif;
  color: #1d2733; background: linear-gradient(160deg, #eef3f9, #f8f5ef) fixed }
header { display: flex; justify-content: space-between; align-items: center; gap: 1rem;
  padding: 1rem 1.5rem; color: #47586b }
header b { color: #1d2733 }
header span { font-size: .78rem; border: 1px solid #c9a227; color: #7a5f00; background: #fff8dd;
  border-radius: 99px; padding: .15rem .7rem; white-space: nowrap }
main { max-width: min(27rem, 100% - 2rem); margin: 1.5rem auto 3rem; padding: 2rem; background: #fff;
  border-radius: 14px; box-shadow: 0 1px 2px #0001, 0 12px 40px #1d273314 }
main.wide { max-width: min(84rem, 100% - 2rem); padding: 1.5rem; overflow-x: auto }
h1 { font-size: 1.1rem; margin: 0 0 .2rem }
p { margin: .6rem 0 }
.sum { font-size: 2.3rem; font-weight: 700; margin: .2rem 0 1rem; letter-spacing: -.02em }
.muted { color: #66768a; font-size: .88rem }
.code { font: .82rem/1.6 ui-monospace, "DejaVu Sans Mono", monospace; background: #f2f5f9;
  border-radius: 8px; padding: .8rem; overflow-wrap: anywhere; margin: 1rem 0; user-select: all }
img { display: block; margin: 1rem auto; width: 13rem; height: 13rem; border: 10px solid #fff;
  outline: 1px solid #e3e9f0; border-radius: 6px }
form { display: flex; gap: .7rem; margin-top: 1.4rem }
button { flex: 1; font: inherit; font-weight: 600; padding: .8rem; border-radius: 9px;
  border: 1px solid #cfd8e3; background: #fff; color: #47586b; cursor: pointer }
button:hover { border-color: #8fa1b5 }
button.pay { flex: 2; background: #0b6e4f; border-color: #0b6e4f; color: #fff }
button.pay:hover { background: #095c42 }
table { width: 100%; border-collapse: collapse; font-size: .8rem }
th { text-align: left; color: #66768a; font-weight: 500 }
th, td { padding: .55rem .4rem; border-bottom: 1px solid #edf1f5; white-space: nowrap }
.n { text-align: right; font-variant-numeric: tabular-nums }
a { color: #0b5cad }
.pill { border-radius: 99px; padding: .12rem .6rem; font-size: .8rem }
.good { background: #dff3e8; color: #0b6e4f }
.bad { background: #fbe4e2; color: #a12b22 }
.wait { background: #fff3d1; color: #7a5f00 }"""

WORDS = {
    "requires_payment_method": ("aguarda pagamento", "wait"),
    "requires_confirmation": ("aguarda confirmação", "wait"),
    "requires_action": ("aguarda o comprador", "wait"), "processing": ("em compensação", "wait"),
    "requires_capture": ("autorizado", "wait"), "succeeded": ("pago", "good"),
    "canceled": ("cancelado", "bad"), "CREATED": ("aguarda o comprador", "wait"),
    "PAYER_ACTION_REQUIRED": ("aguarda o comprador", "wait"), "APPROVED": ("aprovado", "wait"),
    "COMPLETED": ("concluído", "good"), "VOIDED": ("cancelado", "bad"),
}
METHODS = {"pix": "Pix", "boleto": "Boleto", "card": "Cartão", "paypal": "PayPal"}
PAYABLE = ("requires_payment_method", "requires_confirmation", "requires_action", "processing",
           "CREATED", "PAYER_ACTION_REQUIRED")


def text(value):
    return html.escape(str(value))


def page(title, content, status=200, wide=False):
    document = (
        '<!DOCTYPE html><html lang="pt-BR"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<title>{text(title)}</title><style>{STYLE}</style></head><body><header>'
        '<div><b>Pagamentos</b> de demonstração</div><span>sem dinheiro de verdade</span></header>'
        f'<main{" class=wide" if wide else ""}>{content}</main></body></html>')
    return Answer(status, document.encode(), {
        "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"})


def redirect(url):
    return Answer(303, b"", {"Location": url})


def answer(standin, request):
    if request.path == "/":
        return overview(standin)
    match = re.fullmatch(r"/pay/(pix|boleto|card|paypal)/(\w+?)(\.png|\.svg|\.pdf)?", request.path)
    found = match and find(standin, match[1], match[2])
    if not found:
        return page("Não encontrado", "<h1>Não há este pagamento.</h1>", 404)
    if match[3] in (".png", ".svg"):
        return picture(match[2], match[3])
    if request.method == "POST":
        return decide(standin, match[1], found, request)
    return checkout(standin, match[1], found, request)


def find(standin, kind, name):
    if kind == "paypal":
        return standin.paypal.state["orders"].get(name)
    intent_id, _, secret = name.partition("_secret_")
    intent = standin.stripe.state["payment_intents"].get(intent_id)
    return None if intent is None or (secret and intent["client_secret"] != name) else intent


def when(moment):
    if isinstance(moment, str):
        moment = datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
    brasilia = datetime.timezone(datetime.timedelta(hours=-3))
    return datetime.datetime.fromtimestamp(moment, brasilia).strftime("%d/%m/%Y às %H:%M")


def pill(status):
    words, kind = WORDS.get(status, (status, "wait"))
    return f'<span class="pill {kind}">{text(words)}</span>'


# The buyer's pages ----------------------------------------------------------------------------

def instructions(kind, found):
    """What the buyer is to do, by how he pays."""
    action = found.get("next_action") or {}
    if kind == "pix" and "pix_display_qr_code" in action:
        code = action["pix_display_qr_code"]
        return (f'<img alt="Código Pix de demonstração" src="/pay/pix/{text(found["id"])}.svg">'
                f'<p class="muted">Pix copia e cola</p><div class="code">{text(code["data"])}</div>'
                f'<p class="muted">Vale até {when(code["expires_at"])}</p>')
    if kind == "boleto" and "boleto_display_details" in action:
        slip = action["boleto_display_details"]
        return (f'<p class="muted">Linha digitável</p><div class="code">{text(slip["number"])}</div>'
                f'<p class="muted">Vence em {when(slip["expires_at"])}</p>')
    if kind == "card":
        return ('<div class="code">4242 4242 4242 4242 &nbsp; 12/34 &nbsp; 123</div>'
                '<p class="muted">Cartão de teste; nenhum outro é aceito nem pedido.</p>')
    if kind == "paypal":
        return ('<p>Conectado como <b>Ana Souza</b><br>'
                '<span class="muted">ana@example.com</span></p>')
    return ""


def checkout(standin, kind, found, request):
    book = (standin.paypal if kind == "paypal" else standin.stripe).page(found)
    unit = (found.get("purchase_units") or [{}])[0]
    title = unit.get("description") or found.get("description") or "Sua compra"
    content = (f'<h1>{METHODS[kind]}</h1><p class="muted">{text(title)}</p>'
               f'<div class="sum">{text(reais(book["amount"]))}</div>')
    if found["status"] in PAYABLE:
        query = f"?{text(request.query)}" if request.query else ""
        content += instructions(kind, found) + (
            f'<form method="post" action="{text(request.path)}{query}">'
            '<button class="pay" name="do" value="pay">Pagar</button>'
            '<button name="do" value="decline">Recusar</button></form>')
    else:
        content += (f'<p>{pill(found["status"])}</p>'
                    '<p class="muted">Não há mais nada a fazer aqui.</p>')
    return page(f"{METHODS[kind]} · {reais(book['amount'])}", content)


def decide(standin, kind, found, request):
    """Does what the button says, and sends the buyer back to the shop where it said whereto."""
    pays = urllib.parse.parse_qs(request.body.decode()).get("do") == ["pay"]
    try:
        if kind != "paypal":
            (standin.stripe.pay if pays else standin.stripe.decline)(found["id"])
        elif pays:
            standin.paypal.approve(found["id"])
    except ValueError:
        words = "Isto não pode mais ser pago."
        return page(words, f"<h1>{words}</h1><p>{pill(found['status'])}</p>", 409)
    back = way_back(standin, kind, found, request, pays)
    if back:
        return redirect(back)
    words = "Pagamento feito. Obrigado!" if pays else "Pagamento recusado."
    return page(words, f"<h1>{words}</h1><p class='muted'>Você já pode fechar esta página.</p>")


def way_back(standin, kind, found, request, pays):
    if kind == "paypal":
        back = found["_return_url"] if pays else found["_cancel_url"]
        fields = {"token": found["id"], **({"PayerID": found["payer"]["payer_id"]} if pays else {})}
    else:
        asked = urllib.parse.parse_qs(request.query).get("return_url", [None])[0]
        back = standin.stripe.state["return_urls"].get(found["id"]) or asked
        fields = {"payment_intent": found["id"],
                  "payment_intent_client_secret": found["client_secret"],
                  "redirect_status": "succeeded" if pays else "failed"}
    if not back or urllib.parse.urlsplit(back).scheme not in ("http", "https"):
        return None
    return back + ("&" if "?" in back else "?") + urllib.parse.urlencode(fields)


# The list -------------------------------------------------------------------------------------

SUMS = {"amount": "Valor", "captured": "Capturado", "refunded": "Reembolsado",
        "disputed": "Contestado", "fees": "Tarifas", "net": "Líquido"}


def overview(standin):
    rows = [row for books in standin.books().values() for row in books.items()]
    rows = sorted(reversed(rows), key=lambda row: when_key(row[1]["created"]), reverse=True)
    lines = "".join(
        f'<tr><td><a href="/pay/{text(book["method"])}/{text(name)}">{text(name)}</a></td>'
        f'<td>{text(METHODS[book["method"]])}</td><td>{pill(book["status"])}</td>'
        f'<td>{when(book["created"])}</td>' + "".join(
            f'<td class="n">{text(reais(book[part])) if book[part] else "–"}</td>' for part in SUMS)
        + "</tr>" for name, book in rows)
    head = "".join(f"<th>{one}</th>" for one in ("Pagamento", "Meio", "Situação", "Criado"))
    head += "".join(f'<th class="n">{one}</th>' for one in SUMS.values())
    content = ('<h1>Pagamentos</h1><p class="muted">Como Stripe e PayPal de demonstração os veem.</p>'
               f"<table><tr>{head}</tr>{lines}</table>")
    if not rows:
        content += "<p>Ainda não há nenhum.</p>"
    return page("Pagamentos de demonstração", content, wide=True)


def when_key(moment):
    if isinstance(moment, str):
        return datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
    return moment


# A picture in place of a QR code: it looks like one and holds nothing, so nobody pays by mistake. --

def modules(name, size=29):
    """Rows of truth values: corners as a QR code has them, the rest by chance."""
    bits = b"".join(hashlib.sha256(f"{name}{n}".encode()).digest() for n in range(4))
    rows = [[bits[(y * size + x) // 8] >> (y * size + x) % 8 & 1 == 1 for x in range(size)]
            for y in range(size)]
    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        for y in range(max(0, top - 1), min(size, top + 8)):
            for x in range(max(0, left - 1), min(size, left + 8)):
                ring = max(abs(y - top - 3), abs(x - left - 3))
                rows[y][x] = ring in (0, 1, 3)
    return rows


def picture(name, kind):
    rows = modules(name)
    size = len(rows)
    if kind == ".svg":
        path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows)
                       for x, dark in enumerate(row) if dark)
        document = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"'
                    f' shape-rendering="crispEdges"><path d="{path}"/></svg>')
        return Answer(200, document.encode(), {"Content-Type": "image/svg+xml"})
    return Answer(200, png(rows, 8), {"Content-Type": "image/png"})


def png(rows, scale):
    """A picture of grey bytes."""
    size = len(rows) * scale
    lines = b"".join((b"\0" + b"".join((b"\0" if dark else b"\xff") * scale for dark in row)) * scale
                     for row in rows)

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", size, size, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))
