"""vendasctl gateways verify-webhook: whether a notification is the gateway's, asking nobody."""
import base64
import datetime
import hashlib
import hmac
import json
import os
import subprocess
import time
import zlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

import support

VENDASCTL = os.path.join(support.VAR, "app", "bin", "vendasctl")
SHARED = os.path.join(support.ROOT, "..", "shared", "gateways")
NOW = 1767225600
SECRET = "whsec_test"
BODY = '{"id":"evt_1","note":"ação"}\n'.encode()


def verify(*arguments, body=BODY, **environment):
    """What it says of a body, and its status; nothing else may be said. It has no home, no shop
    and no account."""
    result = subprocess.run([VENDASCTL, "gateways", "verify-webhook", *arguments], input=body,
                            capture_output=True, timeout=60, check=False,
                            env={"HOME": "/nonexistent", "LC_ALL": "C.UTF-8", **environment})
    assert result.returncode == 2 or result.stderr == b"", result
    said = (result.stderr if result.returncode == 2 else result.stdout).decode()
    assert said.count("\n") == 1 and said.endswith("\n"), said
    return said[:-1], result.returncode


def vectors(name):
    """Those of a file beside the checkout; none where it is not there."""
    path = os.path.join(SHARED, name)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file)


# Stripe ---------------------------------------------------------------------------------------

@pytest.fixture
def secret_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    return file


def stripe_header(at, body=BODY, secret=SECRET):
    mac = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


@pytest.fixture
def stripe(secret_file):
    """stripe(header, *options): what it says by the secret in the file."""
    def call(header, *options, at=NOW, body=BODY, **environment):
        return verify("stripe", "--secret-file", str(secret_file), "--header", header,
                      "--at", str(at), *options, body=body, **environment)
    return call


def test_what_stripe_signed_is_valid(stripe, secret_file):
    header = stripe_header(NOW)
    assert stripe(header) == ("valid", 0)
    assert stripe(f"Stripe-Signature: {header}") == ("valid", 0)
    assert stripe(f"stripe-signature:{header}", "--json") == (
        '{"valid":true,"reason":"valid"}', 0)
    assert stripe(stripe_header(NOW, b""), body=b"") == ("valid", 0)
    raw = bytes(range(256)) * 300
    assert stripe(stripe_header(NOW, raw), body=raw) == ("valid", 0)
    now = stripe_header(int(time.time()))
    assert verify("stripe", "--secret-file", str(secret_file), "--header", now) == ("valid", 0)
    secret_file.write_text(f"whsec_new\n{SECRET}")
    assert stripe(header) == ("valid", 0)


@pytest.mark.parametrize("at, said", [
    (NOW + 412, "not valid: the signature is 412 seconds old, 300 are allowed"),
    (NOW - 301, "not valid: the signature is 301 seconds ahead of the clock, 300 are allowed")])
def test_how_old_is_too_old_is_told(stripe, at, said):
    assert stripe(stripe_header(NOW), at=at) == (said, 1)


@pytest.mark.parametrize("header, reason", [
    ("", "signature_no_header"), ("hello", "signature_malformed"),
    (f"t={NOW},v0={'0' * 64}", "signature_other_scheme"),
    (f"t={NOW},v1={'0' * 64}", "signature_mismatch"),
    (stripe_header(NOW - 301), "signature_too_old"),
    (stripe_header(NOW + 301), "signature_in_future")])
def test_programs_are_told_the_reason_in_a_word(stripe, header, reason):
    said, status = stripe(header, "--json")
    assert (json.loads(said), status) == ({"valid": False, "reason": reason}, 1)


def test_an_empty_secret_makes_nothing_valid(stripe, secret_file):
    secret_file.write_text("\n")
    assert stripe(stripe_header(NOW, secret="")) == (
        "not valid: there is no secret, webhook id or CA certificate to verify it with", 1)


def test_it_agrees_with_stripes_own_client(tmp_path):
    file = vectors("stripe-webhook-vectors.json")
    if file is None:
        pytest.skip("../shared/gateways is not there")
    secret = tmp_path / "vectors"
    secret.write_text(file["secret"])
    assert file["vectors"]
    for vector in file["vectors"]:
        said, status = verify("stripe", "--secret-file", str(secret), "--header", vector["header"],
                              "--at", str(file["now"]), body=vector["payload"].encode())
        good = vector["valid"]
        assert (said == "valid", status) == (good, 0 if good else 1), vector["name"]


# PayPal ---------------------------------------------------------------------------------------

class Signer:
    """A certificate that is its own CA, and what it signs."""

    WEBHOOK = "8PT597110X687430L"

    def __init__(self, folder, name="messageverificationcerts.paypal.com"):
        self.key = rsa.generate_private_key(65537, 2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        start = datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc)
        certificate = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
            .public_key(self.key.public_key()).serial_number(1)
            .not_valid_before(start).not_valid_after(start + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(True, None), True)
            .sign(self.key, hashes.SHA256()))
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def headers(self, body=BODY, webhook=WEBHOOK, **others):
        values = {"id": "b2384410-f8d2-11e4-8bf3-77339302725b", "time": "2026-01-01T00:00:00Z"}
        text = f"{values['id']}|{values['time']}|{webhook}|{zlib.crc32(body)}"
        signature = self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return {"PAYPAL-TRANSMISSION-ID": values["id"], "PAYPAL-TRANSMISSION-TIME": values["time"],
                "PAYPAL-TRANSMISSION-SIG": base64.b64encode(signature).decode(),
                "PAYPAL-CERT-URL": "https://api.paypal.com/v1/notifications/certs/CERT-1",
                "PAYPAL-AUTH-ALGO": "SHA256withRSA", **others}


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    return Signer(tmp_path_factory.mktemp("signer"))


def paypal(headers, cert_file, *options, webhook=Signer.WEBHOOK, at=NOW, body=BODY, **environment):
    lines = [part for name, value in headers.items() for part in ("--header", f"{name}: {value}")]
    return verify("paypal", "--webhook-id", webhook, "--cert-file", str(cert_file), "--at", str(at),
                  *lines, *options, body=body, **environment)


def trusting(signer, headers, *options, **others):
    return paypal(headers, signer.file, "--ca-file", str(signer.file), *options, **others)


def test_what_paypal_signed_is_valid(signer):
    assert trusting(signer, signer.headers()) == ("valid", 0)
    lower = {name.lower(): value for name, value in signer.headers().items()}
    assert trusting(signer, {**lower, "content-type": "application/json"}) == ("valid", 0)
    raw = bytes(range(256))
    assert trusting(signer, signer.headers(raw), body=raw) == ("valid", 0)
    sandbox = {"PAYPAL-CERT-URL": "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1"}
    assert trusting(signer, signer.headers(**sandbox)) == ("valid", 0)


@pytest.mark.parametrize("name, value, reason", [
    ("PAYPAL-TRANSMISSION-SIG", "", "signature_no_header"),
    ("PAYPAL-TRANSMISSION-ID", "a|b", "signature_malformed"),
    ("PAYPAL-TRANSMISSION-TIME", "now", "signature_malformed"),
    ("PAYPAL-TRANSMISSION-TIME", "2026-01-01T00:00:01Z", "signature_mismatch"),
    ("PAYPAL-AUTH-ALGO", "SHA1withRSA", "signature_other_scheme"),
    ("PAYPAL-CERT-URL", "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
     "certificate_elsewhere"),
    ("PAYPAL-CERT-URL", "http://api.paypal.com/v1/notifications/certs/CERT-1",
     "certificate_elsewhere")])
def test_each_header_of_paypals_counts(signer, name, value, reason):
    said, status = trusting(signer, signer.headers(**{name: value}), "--json")
    assert (json.loads(said), status) == ({"valid": False, "reason": reason}, 1)
    without = {other: text for other, text in signer.headers().items() if other != name}
    said, status = trusting(signer, without, "--json")
    assert (json.loads(said)["reason"], status) == ("signature_no_header", 1)


def test_what_is_said_of_a_certificate(signer, tmp_path):
    other = Signer(tmp_path, "api.paypal.com")
    broken = tmp_path / "broken"
    broken.write_text("<html>")
    month = 31 * 86400
    assert trusting(signer, signer.headers(), at=NOW + month) == (
        "not valid: the certificate is not valid at this time", 1)
    assert trusting(signer, signer.headers(), at=NOW - 1) == (
        "not valid: the certificate is not valid at this time", 1)
    assert paypal(signer.headers(), signer.file) == (
        "not valid: the certificate does not lead to a CA that is trusted", 1)
    assert paypal(signer.headers(), signer.file, "--ca-file", str(other.file)) == (
        "not valid: the certificate does not lead to a CA that is trusted", 1)
    assert trusting(other, other.headers()) == (
        "not valid: the certificate is not that of PayPal's notifications", 1)
    assert paypal(signer.headers(), broken) == ("not valid: the certificate can't be read", 1)
    assert trusting(signer, signer.headers(), webhook="WH2") == (
        "not valid: the signature does not fit: it is of another secret, webhook or body", 1)


def test_it_judges_the_vectors_of_paypals_scheme_as_they_should(tmp_path):
    file = vectors("paypal-webhook-vectors.json")
    if file is None:
        pytest.skip("../shared/gateways is not there")
    made = 1796083200  # 2026-12-01: their certificates are of November
    assert file["vectors"]
    for i, vector in enumerate(file["vectors"]):
        chain, anchor = tmp_path / f"chain{i}", tmp_path / f"anchor{i}"
        chain.write_text(vector["cert_chain_pem"])
        anchor.write_text(vector["trust_anchor_pem"])
        said, status = paypal(vector["headers"], chain, "--ca-file", str(anchor), at=made,
                              webhook=vector["webhook_id"], body=vector["body"].encode())
        good = vector["expected"] == "accept"
        assert (said == "valid", status) == (good, 0 if good else 1), vector["name"]


# Use ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments, said", [
    (["mercado"], "mercado: no gateway: there are stripe and paypal"),
    (["stripe", "--header", "x"], "option is missing"),
    (["stripe", "--secret-file", "/dev/null"], "option is missing"),
    (["stripe", "--secret-file", "/nonexistent", "--header", "x"], "/nonexistent: No such file"),
    (["stripe", "--secret-file", "/", "--header", "x"], "/: Is a directory"),
    (["stripe", "--secret-file", "/dev/null", "--header", "x", "--at", "now"], "now: not a time"),
    (["stripe", "--secret-file", "/dev/null", "--header", "x", "--at", ""], "not a time"),
    (["stripe", "--secret-file", "/dev/null", "--header", "x", "--webhook-id", "y"],
     "--webhook-id: does not go with this command"),
    (["paypal", "--cert-file", "/dev/null", "--header", "a: b"], "option is missing"),
    (["paypal", "--webhook-id", "x", "--cert-file", "/nonexistent", "--header", "a: b"],
     "/nonexistent: No such file"),
    (["paypal", "--webhook-id", "x", "--cert-file", "/dev/null", "--header", "b"],
     "b: not NAME: VALUE")])
def test_wrong_use_is_told_with_status_2(arguments, said):
    told, status = verify(*arguments)
    assert status == 2 and told.startswith("vendasctl: ") and said in told, told


def test_it_speaks_the_callers_language(stripe):
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True).stdout
    if "pt_BR.utf8" not in known:
        pytest.skip("this host has no pt_BR locale")
    assert stripe(stripe_header(NOW), LC_ALL="pt_BR.UTF-8") == ("válida", 0)
    assert stripe(stripe_header(NOW), at=NOW + 301, LC_ALL="pt_BR.UTF-8") == (
        "não é válida: a assinatura tem 301 segundos, são permitidos 300", 1)
