"""What the tests of mail share: letters as a program writes them, a mail server, and the job."""
import asyncio
import collections
import datetime
import ipaddress
import json
import os
import socket
import ssl
import subprocess
import time
import uuid

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import support

controller = pytest.importorskip("aiosmtpd.controller", reason="python3-aiosmtpd is not installed")
smtp = pytest.importorskip("aiosmtpd.smtp")

DELIVER = os.path.join(support.PROGRAMS, "jobs", "deliver")

# A host that is this one without being named as such: to the job it is a stranger.
STRANGE_HOST = "0.0.0.0"


# Letters --------------------------------------------------------------------------------------

def sealed(column, row, text):
    """A value as lib/seal.h says it is sealed: for a bytea literal."""
    folder = support.settings()["VENDAS_DATA_KEYS"]
    number = max(int(name[:-4]) for name in os.listdir(folder) if name[:-4].isdigit())
    with open(os.path.join(folder, f"{number}.key"), encoding="ascii") as file:
        key = bytes.fromhex(file.read().strip())
    nonce = os.urandom(12)
    text = AESGCM(key).encrypt(nonce, text.encode(), f"{column}:{row}".encode())
    return "\\x" + (number.to_bytes(4, "big") + nonce + text).hex()


def uuid7():
    """An id as lib/uuid makes them, ordered by time."""
    digits = f"{time.time_ns() // 1000000:012x}7{uuid.uuid4().hex[13:]}"
    return str(uuid.UUID(digits))


def posting(to=None, subject="Olá", body="Tudo bem?\n", user=None, hours=1):
    """A letter to put into the outbox, as a program does: its (id, address), and the call."""
    letter, to = uuid7(), to or f"{support.unique('ana')}@example.com"
    payload = sealed("registry.outbox.payload", letter, json.dumps({
        "to": to, "subject": subject, "body": body}))
    owner = f"'{user}'" if user else "NULL"
    return (letter, to), (
        f"registry.post_letter('{letter}', 'confirm_email', '{payload}', {owner},"
        f" now() + interval '{hours} hours')")


def post_letter(*arguments, **fields):
    """Puts a letter into the outbox. Its (id, address)."""
    letter, call = posting(*arguments, **fields)
    support.rows(f"SELECT {call}")
    return letter


def post_letters(count):
    """So many at once, each to somebody else: their (id, address)."""
    letters, calls = zip(*[posting() for _ in range(count)])
    support.rows(f"SELECT {', '.join(calls)}")
    return letters


def waiting(letter):
    """What the outbox says of a letter: (attempts, last_error, seconds to wait), or None."""
    found = support.rows(
        "SELECT attempts, last_error, extract(epoch FROM next_attempt_at - now())"
        f" FROM registry.outbox WHERE id = '{letter}'")
    return (int(found[0][0]), found[0][1], float(found[0][2])) if found else None


def let_time_pass(letter):
    """So that the letter's next attempt is due."""
    support.rows(f"UPDATE registry.outbox SET next_attempt_at = now() WHERE id = '{letter}'")


# The job --------------------------------------------------------------------------------------

def start(url, **settings):
    """The job by itself, without the lock of ./vendas."""
    return subprocess.Popen(
        [DELIVER], env={**support.settings(), "VENDAS_MAIL_URL": url, **settings},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def deliver(url, **settings):
    """A run of the job: (exit status, the lines of its log as dictionaries)."""
    process = start(url, **settings)
    _, log = process.communicate(timeout=120)
    return process.returncode, [json.loads(line) for line in log.splitlines()]


# The server -----------------------------------------------------------------------------------

def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A mail server. received: {address: [message as bytes]}; seen: all that it was told, as
    (command, argument, whether over TLS). answers: {address: what RCPT is answered with};
    at_data: a function that is awaited when a message has come, before it is taken, and may
    answer for it."""

    def __init__(self, host="127.0.0.1", port=None, tls=None, **options):
        self.received, self.seen = collections.defaultdict(list), []
        self.answers, self.at_data = {}, None
        self.port = port or free_port()
        self.url = f"smtp://{host}:{self.port}"
        self.controller = controller.Controller(
            self, hostname=host, port=self.port, tls_context=tls, **options)
        self.controller.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.controller.stop()

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.seen.append(("MAIL", address, session.ssl is not None))
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.seen.append(("RCPT", address, session.ssl is not None))
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        answer = await self.at_data() if self.at_data else None
        if answer is None:
            for address in envelope.rcpt_tos:
                self.received[address].append(envelope.content)
        return answer or "250 OK"


class Pause:
    """For at_data: holds a message back until it is let go."""

    def __init__(self):
        self.reached, self.loop, self.event = False, None, None

    async def __call__(self):
        self.loop, self.event, self.reached = asyncio.get_running_loop(), asyncio.Event(), True
        await self.event.wait()

    def let_go(self):
        self.loop.call_soon_threadsafe(self.event.set)


def certificate(folder, address):
    """A server's TLS context with a certificate for an address, and the file to trust it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.datetime.utcnow()
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName(
                [x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256()))
    pem, private = folder / "mail.pem", folder / "mail.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    folder.chmod(0o755)
    return context, str(pem)
