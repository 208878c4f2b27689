"""What the black-box tests share: clients, the database behind them, and how a refusal looks."""
import contextlib
import email
import email.policy
import functools
import os
import random
import re
import subprocess
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import requests

import contract

URL = os.environ["VENDAS_URL"]
SHOP_URL = os.environ["VENDAS_SHOP_URL"]
VAR = os.environ["VENDAS_VAR"]
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
PROGRAMS = os.path.join(VAR, "app", "libexec", "vendas")

ADDRESS = {
    "recipient": "Ana Lima", "postal_code": "01310-100", "street": "Avenida Paulista",
    "number": "1000", "district": "Bela Vista", "city": "São Paulo", "state": "SP",
}

# Access tokens live 15 minutes; a client signs in again well before that.
TOKEN_SECONDS = 600


class Client:
    """The API as one user sees it, or as a stranger does (no e-mail). Whatever a test asks, the
    answer has to keep the contract."""

    def __init__(self, email=None, password=None, user_id=None):
        self.email, self.password, self.id = email, password, user_id
        self.anonymous = email is None
        self.http = requests.Session()
        self.http.headers["Accept-Language"] = "en"
        self.signed_in_at = None

    @property
    def token(self):
        if self.signed_in_at is None or time.monotonic() - self.signed_in_at > TOKEN_SECONDS:
            answer = self.sign_in()
            assert answer.ok, answer.text
            self.signed_in_at = time.monotonic()
            self.access_token = answer.json()["access_token"]
        return self.access_token

    def sign_in(self):
        """The answer to signing in."""
        return self.http.post(f"{URL}/v1/sessions", timeout=30, json={
            "email": self.email, "password": self.password})

    def request(self, method, path, **options):
        headers = dict(options.pop("headers", {}))
        if not self.anonymous and "Authorization" not in headers:
            headers["Authorization"] = f"Bearer {self.token}"
        options.setdefault("timeout", 30)
        options.setdefault("allow_redirects", False)
        answer = self.http.request(method, URL + path, headers=headers, **options)
        contract.check_answer(answer)
        return answer

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, key=None, **options):
        """key: the Idempotency-Key; True for a new one."""
        if key is not None:
            options.setdefault("headers", {})["Idempotency-Key"] = (
                str(uuid.uuid4()) if key is True else key)
        return self.request("POST", path, json=body, **options)

    def patch(self, path, body, **options):
        return self.request("PATCH", path, json=body, **options)

    def put(self, path, body, **options):
        return self.request("PUT", path, json=body, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)


class ServiceAccount(Client):
    """The API as a program sees it that has a service account, as its secret was given."""

    def __init__(self, credentials):
        super().__init__(user_id=credentials["client_id"])
        self.credentials, self.anonymous = credentials, False

    def sign_in(self, **fields):
        return Client().post("/v1/tokens", {**self.credentials, **fields})


def unique(prefix="x"):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def word():
    """A word that nobody has used before, of letters alone: only such are corrected."""
    return "zu" + uuid.uuid4().hex[:10].translate(str.maketrans("0123456789", "ghijklmnop"))


def at_once(*calls):
    """What the calls return, each made in a thread of its own at the same moment."""
    start = threading.Barrier(len(calls))

    def run(call):
        start.wait()
        return call()
    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def priced(items):
    """Lines of a quote or an order without what they say of stock, which are other things."""
    return [{name: value for name, value in line.items() if name not in ("available", "ahead")}
            for line in items]


def product_body(**fields):
    """A new product, with the fields that it must have."""
    return {"name": unique("Caneca"), "price": 1990, "currency": "BRL", **fields}


def ids(answer):
    """The ids of a page of a list."""
    assert answer.status_code == 200, answer.text
    return [product["id"] for product in answer.json()["data"]]


def found(client, **query):
    """The ids of the products that a query finds, on its first page."""
    return ids(client.get("/v1/products", params=query))


def tree(client):
    """All categories as they are at this moment: by a query of its own, which nginx has not kept."""
    return client.get("/v1/categories", params={"now": unique()}).json()["data"]


def gtin13():
    """A GTIN-13 that no other test has; prefix 2 is the one shops may use as they like."""
    digits = "2" + "".join(random.choices("0123456789", k=11))
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits))
    return digits + str(-total % 10)


def new_cpf():
    """A CPF that no other test has: the last two digits are check digits modulo 11."""
    digits = random.choices(range(10), k=9)
    for length in (9, 10):
        total = sum(d * w for d, w in zip(digits, range(length + 1, 1, -1)))
        digits.append(total * 10 % 11 % 10)
    return "".join(map(str, digits))


def register(name="Ana Lima", role="customer", password="correct horse battery"):
    """A new user, confirmed, as the operator makes them; signed in when first needed."""
    address = f"{unique('ana')}@example.com"
    job = subprocess.run([os.path.join(PROGRAMS, "jobs", "account"), address, role, name],
                         input=password + "\n", env=settings(), capture_output=True, text=True,
                         timeout=30, check=True)
    return Client(address, password, job.stdout.strip())


def rows(sql):
    """What a statement gives in the database, as its owner: a list of lists of texts."""
    result = subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", "-F", "\x1f", "-v", "ON_ERROR_STOP=1",
         os.environ["VENDAS_DATABASE_URL"], "-c", sql],
        capture_output=True, text=True, check=False, env={**os.environ, "PGOPTIONS": ""})
    assert result.returncode == 0, result.stderr
    return [line.split("\x1f") for line in result.stdout.splitlines()]


def value(sql):
    """The one value that a statement gives."""
    return rows(sql)[0][0]


@contextlib.contextmanager
def open_transaction(sql):
    """A transaction of the database's owner that has run sql, holds its locks meanwhile, and is
    committed in the end."""
    with subprocess.Popen(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
             os.environ["VENDAS_DATABASE_URL"]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as psql:
        psql.stdin.write(f"BEGIN;\n{sql};\n\\echo held\n")
        psql.stdin.flush()
        while (line := psql.stdout.readline().strip()) != "held":
            assert psql.poll() is None, line
        yield
        psql.stdin.write("COMMIT;\n")


def wait_for_locks(count=1):
    """Until so many statements in the database wait for a lock."""
    deadline = time.monotonic() + 10
    while int(value("SELECT count(*) FROM pg_locks WHERE NOT granted")) < count:
        assert time.monotonic() < deadline, "nobody waits for a lock"
        time.sleep(0.02)


def vendas(*arguments, text=""):
    """./vendas in this instance, with text on its standard input; the finished process."""
    return subprocess.run([os.path.join(ROOT, "vendas"), *arguments], capture_output=True,
                          input=text, text=True, timeout=300, check=False)


def run_job(name, *arguments):
    """Runs a job, once the one that the timer may have begun has ended; the finished process."""
    deadline = time.monotonic() + 120
    while "already running" in (job := vendas("job", name, *arguments)).stderr:
        assert time.monotonic() < deadline, f"{name} does not end"
        time.sleep(0.1)
    return job


@contextlib.contextmanager
def untaxed(state):
    """Without the rates that a shop has from the beginning for sales to a state."""
    own = f"state = '{state}' AND origins IS NULL AND source IS NOT NULL"
    ids = ", ".join(f"'{row[0]}'" for row in rows(
        f"SELECT id FROM sales.tax_rules WHERE {own} AND valid_to IS NULL"))
    rows(f"UPDATE sales.tax_rules SET valid_to = valid_from + 1 WHERE id IN ({ids})")
    try:
        yield
    finally:
        rows(f"UPDATE sales.tax_rules SET valid_to = NULL WHERE id IN ({ids})")


def letters(to):
    """The letters that an address has got so far, oldest first, as email.message.EmailMessage."""
    run_job("deliver")
    folder = os.path.join(VAR, "mail")
    found = []
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            text = file.read()
        if f"\r\nto: {to}\r\n".lower().encode() in text.lower():
            found.append(email.message_from_bytes(text, policy=email.policy.default))
    return found


def token_in(letter):
    """The token of a letter's link; None where it has none."""
    link = re.search(r"/account/#\w+=(\S+)", letter.get_content())
    return link and link.group(1)


def expire_now(order):
    """Lets the time of a pending order be over, and has the job see it."""
    rows(f"UPDATE sales.orders SET expires_at = now() - interval '1 second'"
         f" WHERE id = '{order['id']}'")
    job = run_job("expire")
    assert job.returncode == 0, job.stderr


def programs():
    """{"SERVICE-PROGRAM": path} of the endpoint programs; some have a second name, by which they
    only read."""
    return {f"{service}-{name}": os.path.join(PROGRAMS, service, name)
            for service in sorted(os.listdir(PROGRAMS)) if service != "jobs"
            for name in sorted(os.listdir(os.path.join(PROGRAMS, service)))}


@functools.cache
def tables():
    """The programs' own route tables: lists of (method, path, permission)."""
    return [[tuple(line.split("\t")) for line in subprocess.run(
        [path, "--routes"], capture_output=True, text=True, check=True).stdout.splitlines()]
        for name, path in programs().items() if not name.endswith(".reads")]


def methods_of(path):
    """What may be asked of a path. Several routes of a program may fit it; where those of several
    programs do, it is led to the one that names it without a parameter."""
    every = tables()
    named = [table for table in every if any(pattern == path for _, pattern, _ in table)]
    methods = {method for table in named or every for method, pattern, _ in table
               if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", re.escape(pattern).replace(
                   r"\{", "{").replace(r"\}", "}")), path)}
    return methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())


def routes():
    """(method, path, permission) of every route, as the programs' own tables say it."""
    return [route for table in tables() for route in table]


@functools.cache
def settings():
    """The settings of this instance's programs, as a dictionary of environment variables."""
    script = "set -a; . \"$1\"; env -0"
    result = subprocess.run(["env", "-i", "sh", "-c", script, "sh", f"{VAR}/vendas.env"],
                            capture_output=True, text=True, check=True)
    pairs = (item.split("=", 1) for item in result.stdout.split("\0") if item)
    return {name: text for name, text in pairs if name.startswith("VENDAS_")}


def ok(answer, status=200):
    """The answer's document, if it has one."""
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def assert_problem(answer, status, code=None, pointer=None):
    """answer refuses as RFC 9457 has it, with this status, code and field."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    assert {"type", "title", "detail", "instance", "code", "errors"} <= problem.keys()
    if code is not None:
        assert problem["code"] == code, problem
    if pointer is not None:
        assert pointer in [error["pointer"] for error in problem["errors"]], problem
    return problem
