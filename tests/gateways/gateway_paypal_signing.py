"""How PayPal signs its notifications: RSA (PKCS#1 v1.5, SHA-256) over
transmission id|time|webhook id|CRC-32 of the raw body in decimal, by the key of a certificate that is
fetched from the address in a header and whose chain ends in a known authority. Both are made here;
run with a folder, it makes those of a stand-in that has not started yet."""
import base64
import datetime
import os
import sys
import uuid
import zlib

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

HOST = "messageverificationcerts.paypal.com"
ALGORITHM = "SHA256withRSA"
PEM = serialization.Encoding.PEM


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(name, key, issuer_name, issuer_key, is_authority):
    def full(common):
        return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "PayPal stand-in"),
                          x509.NameAttribute(NameOID.COMMON_NAME, common)])
    now = datetime.datetime.utcnow()
    builder = (x509.CertificateBuilder().subject_name(full(name)).issuer_name(full(issuer_name))
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(now - datetime.timedelta(days=1))
               .not_valid_after(now + datetime.timedelta(days=3650))
               .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), True)
               .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                   issuer_key.public_key()), False)
               .add_extension(x509.KeyUsage(
                   digital_signature=not is_authority, key_cert_sign=is_authority,
                   crl_sign=is_authority, content_commitment=False, key_encipherment=False,
                   data_encipherment=False, key_agreement=False, encipher_only=False,
                   decipher_only=False), True))
    if not is_authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
    return builder.sign(issuer_key, hashes.SHA256())


class Signer:
    """A certificate chain of its own: the authority's certificate is at ca_file, for the shop to
    trust; chain is what the address in PAYPAL-CERT-URL gives. The folder keeps them."""

    def __init__(self, folder):
        self.ca_file = os.path.join(folder, "paypal-ca.pem")
        self.file = os.path.join(folder, "paypal-signer.pem")
        if not os.path.exists(self.file):
            self.make()
        with open(self.file, "rb") as file:
            text = file.read()
        start = text.index(b"-----BEGIN CERTIFICATE")
        self.key = serialization.load_pem_private_key(text[:start], None)
        self.chain = text[start:]
        self.name = f"CERT-{zlib.crc32(self.chain):08x}-standin"

    def make(self):
        root, intermediate, leaf = new_key(), new_key(), new_key()
        authority = certificate("Stand-in root", root, "Stand-in root", root, True)
        chain = [certificate(HOST, leaf, "Stand-in intermediate", intermediate, False),
                 certificate("Stand-in intermediate", intermediate, "Stand-in root", root, True)]
        with open(self.ca_file, "wb") as file:
            file.write(authority.public_bytes(PEM))
        with open(os.open(self.file, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(leaf.private_bytes(PEM, serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption()))
            file.write(b"".join(one.public_bytes(PEM) for one in chain))

    def headers(self, body, webhook_id, url, at=None, transmission_id=None, key=None):
        """The headers of a notification. at: a datetime in UTC; key: another than its own."""
        at = (at or datetime.datetime.utcnow()).strftime("%Y-%m-%dT%H:%M:%SZ")
        transmission_id = transmission_id or str(uuid.uuid1())
        signed = signed_text(transmission_id, at, webhook_id, body)
        signature = (key or self.key).sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return {"PAYPAL-TRANSMISSION-ID": transmission_id, "PAYPAL-TRANSMISSION-TIME": at,
                "PAYPAL-TRANSMISSION-SIG": base64.b64encode(signature).decode(),
                "PAYPAL-CERT-URL": f"{url}/v1/notifications/certs/{self.name}",
                "PAYPAL-AUTH-ALGO": ALGORITHM, "PAYPAL-AUTH-VERSION": "v2",
                "Content-Type": "application/json", "User-Agent": "PayPal/AUHD-1.0-1"}

    def is_own(self, signature, transmission_id, at, webhook_id, body):
        """Whether a signature is one of its own over that."""
        try:
            self.key.public_key().verify(
                base64.b64decode(signature, validate=True),
                signed_text(transmission_id, at, webhook_id, body), padding.PKCS1v15(),
                hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True


def signed_text(transmission_id, at, webhook_id, body):
    return f"{transmission_id}|{at}|{webhook_id}|{zlib.crc32(body)}".encode()


if __name__ == "__main__":
    Signer(sys.argv[1])
