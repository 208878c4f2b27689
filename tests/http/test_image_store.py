"""Pictures in a bucket of an S3 store that checks signatures, through the very programs, started with
other settings: what they put there, and what they do where it refuses or is away."""
import email
import hashlib
import json
import os
import shutil
import subprocess
import time

import pytest

import support
import swift
from pictures import let_time_pass, picture


@pytest.fixture(scope="module")
def store():
    reason = swift.missing()
    if reason:
        pytest.skip(reason)
    folder = os.path.join(support.VAR, "tmp", "swift")
    shutil.rmtree(folder, ignore_errors=True)
    running = swift.Swift(folder)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Shop:
    """The programs of pictures with this store."""

    def __init__(self, admin, setting, user=swift.USER, secret=swift.SECRET):
        self.admin = admin
        self.environment = {
            **support.settings(), "PATH": os.environ["PATH"], "VENDAS_IMAGE_STORE": setting,
            "VENDAS_S3_ACCESS_KEY": user, "VENDAS_S3_SECRET_KEY": secret}

    def call(self, method, path, body=b"", query=""):
        """The answer of the program itself, as CGI: status, headers, body."""
        done = subprocess.run(
            [support.programs()["products-images"]], input=body, capture_output=True, timeout=60,
            check=True, env={
                **self.environment, "REQUEST_METHOD": method, "PATH_INFO": path,
                "CONTENT_LENGTH": str(len(body)), "QUERY_STRING": query,
                "HTTP_AUTHORIZATION": f"Bearer {self.admin.token}", "HTTP_ACCEPT_LANGUAGE": "en"})
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        headers = email.message_from_bytes(head)
        return int(headers["Status"].split()[0]), headers, rest, done.stderr.decode()

    def upload(self, product, data):
        return self.call("POST", f"/v1/products/{product['id']}/images", data)

    def job(self):
        return subprocess.run([os.path.join(support.PROGRAMS, "jobs", "images")],
                              env=self.environment, capture_output=True, text=True, timeout=200,
                              check=False)

    def image(self, product):
        status, _, body, _ = self.call("GET", f"/v1/products/{product['id']}/images")
        assert status == 200
        return json.loads(body)["data"][0]


@pytest.fixture
def bucket(store):
    name = support.unique("fotos")
    assert store.ask("PUT", f"/{name}").status_code == 200
    return name


@pytest.fixture
def shop(admin, store, bucket):
    return Shop(admin, store.setting(bucket))


def again_now(data):
    """Lets the pause before a picture's next attempt be over."""
    support.rows("UPDATE products.pictures SET next_attempt_at = now() WHERE state = 'pending'"
                 f" AND sha256 = '{hashlib.sha256(data).hexdigest()}'")


def test_pictures_lie_in_the_bucket_and_are_collected_from_it(shop, store, bucket, make_product):
    data, product = picture(500, 400), make_product(stock=0)
    sha256 = hashlib.sha256(data).hexdigest()
    status, _, body, log = shop.upload(product, data)
    assert status == 201, (body, log)
    assert store.keys(bucket) == [f"pictures/originals/{sha256}"]
    job = shop.job()
    assert job.returncode == 0, job.stderr
    assert sorted(store.keys(bucket, "pictures/images/")) == sorted(
        f"pictures/images/{sha256}/{width}.{ending}"
        for width in (160, 320, 500) for ending in ("webp", "jpg"))
    image = shop.image(product)
    assert image["state"] == "ready"

    status, headers, body, _ = shop.call("GET", image["url"])
    assert (status, headers["Content-Type"], body[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
    assert headers["ETag"]
    link = image["original"].partition("/v1/")
    path, _, query = ("/v1/" + link[2]).partition("?")
    assert shop.call("GET", path, query=query)[2] == data
    assert shop.call("GET", image["url"].replace("/500.", "/501."))[0] == 404

    support.rows(f"DELETE FROM products.product_images WHERE id = '{image['id']}';"
                 f" SELECT products.refresh(ARRAY['{product['id']}'::uuid])")
    let_time_pass(sha256)
    assert shop.job().returncode == 0
    assert store.keys(bucket) == []


@pytest.mark.parametrize("user,secret,region", [
    (swift.USER, "wrong", swift.REGION), ("test:nobody", swift.SECRET, swift.REGION),
    (swift.USER, swift.SECRET, "sa-east-1")])
def test_wrong_keys_are_refused_and_nothing_is_kept(
        admin, anyone, store, bucket, product, user, secret, region):
    wrong = Shop(admin, store.setting(bucket, region), user, secret)
    status, headers, body, log = wrong.upload(product, picture())
    assert status == 503 and json.loads(body)["code"] == "store_unavailable"
    assert headers["Retry-After"]
    assert "the picture store refuses" in log and secret not in log
    assert store.keys(bucket) == []
    assert anyone.get(f"/v1/products/{product['id']}").json()["images"] == []
    assert support.rows("SELECT 1 FROM products.product_images"
                        f" WHERE product_id = '{product['id']}'") == []


def test_a_bucket_that_is_not_there_is_told_of(admin, store, product):
    status, _, _, log = Shop(admin, store.setting("naohaja")).upload(product, picture())
    assert status == 503 and "NoSuchBucket" in log


def test_nothing_is_lost_while_the_store_is_away(shop, store, bucket, make_product):
    """Uploads fail cleanly and go through when sent again; what was taken before waits."""
    waiting, late = picture(300, 200), picture(300, 200)
    one, other = make_product(stock=0), make_product(stock=0)
    assert shop.upload(one, waiting)[0] == 201
    store.stop()
    try:
        begin = time.monotonic()
        status, headers, body, log = shop.upload(other, late)
        assert status == 503 and json.loads(body)["code"] == "store_unavailable"
        assert headers["Retry-After"] and "the picture store does not answer" in log
        job = shop.job()
        assert job.returncode != 0
        assert time.monotonic() - begin < 60
        assert shop.image(one)["state"] == "pending"
        assert shop.job().returncode == 0  # put off: there is nothing to do yet
    finally:
        store.start()
    assert shop.upload(other, late)[0] == 201
    again_now(waiting)
    job = shop.job()
    assert job.returncode == 0, job.stderr
    for product, data in ((one, waiting), (other, late)):
        assert shop.image(product)["state"] == "ready"
        assert len(store.keys(bucket, f"pictures/images/{hashlib.sha256(data).hexdigest()}")) == 4


def test_a_job_that_the_store_leaves_in_the_midst_goes_on_later(shop, store, bucket, product):
    """What it has put there by then is put there again, and nothing besides."""
    data = picture(300, 200)
    sha256 = hashlib.sha256(data).hexdigest()
    assert shop.upload(product, data)[0] == 201
    unwritable = Shop(shop.admin, store.setting(bucket), swift.USER, "wrong")
    assert unwritable.job().returncode != 0
    assert shop.image(product)["state"] == "pending"
    again_now(data)
    assert shop.job().returncode == 0
    assert len(store.keys(bucket)) == 5
    assert all(sha256 in key for key in store.keys(bucket))
