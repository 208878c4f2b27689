"""Access tokens as an attacker and an auditor handle them: taken apart, and forged."""
import base64
import datetime
import json
import os

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

import support

FOLDER = os.path.join(support.VAR, "keys")


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims(token):
    return json.loads(decode(token.split(".")[1]))


def header(token):
    return json.loads(decode(token.split(".")[0]))


def kid_from(moment, name="0badcafe"):
    """The kid of a key that signs from then on."""
    return moment.strftime("%Y%m%dT%H%M%SZ-") + name


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def lay_key(kid, folder=FOLDER):
    """Makes a key, its private half last, as it must not be looked for before its public one."""
    key = ec.generate_private_key(ec.SECP256R1())
    with open(os.path.join(folder, f"{kid}.pub"), "wb") as file:
        file.write(key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    with open(os.path.join(folder, f"{kid}.key"), "wb") as file:
        os.chmod(file.name, 0o600)
        os.chown(file.name, os.stat(folder).st_uid, os.stat(folder).st_gid)
        file.write(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))
    return key


def key_of(kid):
    with open(os.path.join(FOLDER, f"{kid}.key"), "rb") as file:
        return serialization.load_pem_private_key(file.read(), None)


def public_pem(kid):
    with open(os.path.join(FOLDER, f"{kid}.pub"), "rb") as file:
        return file.read()


def sign_text(head, body, key):
    """A token of these texts as ES256 has it (RFC 7518 section 3.4)."""
    text = f"{encode(head.encode())}.{encode(body.encode())}"
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def sign(head, body, key):
    return sign_text(json.dumps(head), json.dumps(body), key)
