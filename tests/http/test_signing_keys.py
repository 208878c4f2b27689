"""The keys that sign access tokens: published, and replaced without anybody noticing."""
import datetime
import itertools
import os
import subprocess

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

import support
import tokens
from test_access_tokens import ROUTES
from test_failures import Load, eventually, once


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


# The job that renews them --------------------------------------------------------------------

DAY = datetime.timedelta(days=1)


def renew(folder, **settings):
    """Runs the job on a folder of keys, of 90 days each."""
    result = subprocess.run(
        [os.path.join(support.PROGRAMS, "jobs", "signing-keys")], capture_output=True, text=True,
        timeout=30, check=False, env={**support.settings(), "VENDAS_JWT_KEYS": str(folder),
                                      "VENDAS_SIGNING_KEY_DAYS": "90", **settings})
    assert result.returncode == 0, result.stderr


def kids(folder, ending):
    return sorted(name.removesuffix(ending) for name in os.listdir(folder)
                  if name.endswith(ending))


def start_of(kid):
    return datetime.datetime.strptime(kid[:16], "%Y%m%dT%H%M%S%z")


def lay(folder, age):
    kid = tokens.kid_from(tokens.now() - age)
    tokens.lay_key(kid, str(folder))
    return kid


def test_the_first_run_makes_a_key_that_signs_at_once(tmp_path):
    renew(tmp_path)
    (kid,) = kids(tmp_path, ".key")
    assert kids(tmp_path, ".pub") == [kid]
    assert abs(start_of(kid) - tokens.now()) < datetime.timedelta(seconds=30)
    with open(tmp_path / f"{kid}.key", "rb") as file:
        private = serialization.load_pem_private_key(file.read(), None)
    with open(tmp_path / f"{kid}.pub", "rb") as file:
        public = serialization.load_pem_public_key(file.read())
    assert private.curve.name == "secp256r1"
    assert private.public_key().public_numbers() == public.public_numbers()
    assert os.stat(tmp_path / f"{kid}.key").st_mode & 0o777 == 0o600
    renew(tmp_path)
    assert kids(tmp_path, ".key") == kids(tmp_path, ".pub") == [kid]


def test_a_young_key_stays_alone(tmp_path):
    kid = lay(tmp_path, 88 * DAY)
    renew(tmp_path)
    assert kids(tmp_path, ".key") == kids(tmp_path, ".pub") == [kid]


def test_the_next_key_is_laid_a_day_before_it_signs(tmp_path):
    old = lay(tmp_path, 89.5 * DAY)
    renew(tmp_path)
    before, following = kids(tmp_path, ".key")
    assert before == old
    assert abs(start_of(following) - tokens.now() - DAY) < datetime.timedelta(seconds=30)
    renew(tmp_path)
    assert kids(tmp_path, ".key") == kids(tmp_path, ".pub") == [before, following]


def test_a_key_without_a_time_is_replaced(tmp_path):
    tokens.lay_key("2026-1", str(tmp_path))
    renew(tmp_path)
    assert len(kids(tmp_path, ".key")) == 2 and "2026-1" in kids(tmp_path, ".key")


def test_what_a_run_that_was_cut_short_left_is_no_key_to_count_on(tmp_path):
    old, torn = lay(tmp_path, 100 * DAY), lay(tmp_path, -0.5 * DAY)
    os.remove(tmp_path / f"{torn}.key")
    renew(tmp_path)
    assert len(kids(tmp_path, ".key")) == 2 and old in kids(tmp_path, ".key")


def test_a_replaced_key_signs_no_more_but_its_tokens_are_believed(tmp_path):
    old, present = lay(tmp_path, 91 * DAY), lay(tmp_path, 0.9 * DAY)
    renew(tmp_path)
    assert kids(tmp_path, ".key") == [present]
    assert kids(tmp_path, ".pub") == [old, present]


def test_of_a_replaced_key_nothing_is_left_when_its_last_token_has_run_out(tmp_path):
    lay(tmp_path, 91 * DAY)
    present = lay(tmp_path, 1.1 * DAY)
    renew(tmp_path)
    assert kids(tmp_path, ".key") == kids(tmp_path, ".pub") == [present]


def test_a_key_is_not_taken_away_before_the_next_one_signs(tmp_path):
    old, following = lay(tmp_path, 200 * DAY), lay(tmp_path, -0.01 * DAY)
    renew(tmp_path)
    assert kids(tmp_path, ".key") == kids(tmp_path, ".pub") == [old, following]


def test_a_folder_that_can_not_be_written_fails_the_job(tmp_path):
    result = subprocess.run(
        [os.path.join(support.PROGRAMS, "jobs", "signing-keys")], capture_output=True, text=True,
        check=False, env={**support.settings(), "VENDAS_JWT_KEYS": str(tmp_path / "nowhere")})
    assert result.returncode != 0
    assert "could not be written" in result.stderr


def test_keys_are_renewed_while_all_programs_are_asked_and_nobody_is_refused(admin, anyone):
    old = tokens.header(admin.token)["kid"]
    token = admin.token
    start = tokens.now() + datetime.timedelta(seconds=8)
    kid = tokens.kid_from(start)
    paths = itertools.cycle(ROUTES)

    def ask():
        return once("GET", next(paths), token)

    def sign_in_and_ask():
        answer = once("POST", "/v1/sessions",
                      json={"email": admin.email, "password": admin.password})
        if answer.ok:
            answer = once("GET", next(paths), answer.json()["access_token"])
        return answer

    def sign_in():
        return tokens.header(once("POST", "/v1/sessions", json={
            "email": admin.email, "password": admin.password}).json()["access_token"])["kid"]

    with Load(ask, 3) as known, Load(sign_in_and_ask, 2) as fresh:
        tokens.lay_key(kid)
        assert {old, kid} <= published(anyone).keys()
        assert sign_in() == old
        eventually(lambda: tokens.now() > start)
        # A signer that last looked before the key was there looks again within a minute.
        eventually(lambda: sign_in() == kid, 70)
        fresh.more()
        known.more()
    assert known.failed() == [] and fresh.failed() == []
    assert once("GET", "/v1/users/me", token).status_code == 200
