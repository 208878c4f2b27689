"""The keys that sign access tokens: published, and replaced without anybody noticing."""
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

import support
import tokens


# The published keys (RFC 7517) ---------------------------------------------------------------

def published(anyone):
    return {jwk["kid"]: jwk for jwk in anyone.get("/.well-known/jwks.json").json()["keys"]}


def public_key(jwk):
    assert (jwk["kty"], jwk["crv"], jwk["use"], jwk["alg"]) == ("EC", "P-256", "sig", "ES256")
    return ec.EllipticCurvePublicNumbers(
        int.from_bytes(tokens.decode(jwk["x"]), "big"),
        int.from_bytes(tokens.decode(jwk["y"]), "big"), ec.SECP256R1()).public_key()


def test_the_published_keys_verify_a_token(anyone, customer):
    text, _, signature = customer.token.rpartition(".")
    head, raw = tokens.header(customer.token), tokens.decode(signature)
    assert (head["alg"], len(raw)) == ("ES256", 64)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key = public_key(published(anyone)[head["kid"]])
    key.verify(der, text.encode(), ec.ECDSA(hashes.SHA256()))


def test_no_private_part_of_a_key_is_published(anyone):
    answer = anyone.get("/.well-known/jwks.json")
    for jwk in answer.json()["keys"]:
        assert jwk.keys() == {"kty", "crv", "use", "alg", "kid", "x", "y"}
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_private_keys_are_for_the_owner_alone():
    assert os.stat(tokens.FOLDER).st_mode & 0o077 == 0
    for name in os.listdir(tokens.FOLDER):
        if name.endswith(".key"):
            assert os.stat(os.path.join(tokens.FOLDER, name)).st_mode & 0o077 == 0
