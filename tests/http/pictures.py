"""What the tests of pictures share: a file, its way to a product, and what is seen of it there."""
import hashlib
import io
import uuid

from PIL import Image

import support

TRANSPARENT = (255, 255, 255, 0)


def picture(width=800, height=600, kind="PNG", mode="RGB", **options):
    """A picture's file; no two are the same."""
    image = Image.effect_mandelbrot((width, height), (-2, -1.2, 0.8, 1.2), 50).convert(mode)
    image.paste((200, 30, 30) if mode == "RGB" else TRANSPARENT, (0, 0, width // 2, height // 2))
    for at, byte in enumerate(uuid.uuid4().bytes):
        image.putpixel((width - 1 - at % width, height - 1), (byte,) * len(image.getbands()))
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def upload(client, product, data, **query):
    """The answer to uploading a file."""
    return client.request("POST", f"/v1/products/{product['id']}/images", data=data, params=query,
                          headers={"Content-Type": "application/octet-stream"})


def stored(client, product, image):
    """An image of a product as staff sees it."""
    answer = client.get(f"/v1/products/{product['id']}/images/{image['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def added(client, product, data, **query):
    """A picture, uploaded and made ready, as staff sees it."""
    answer = upload(client, product, data, **query)
    assert answer.status_code == 201, answer.text
    job = support.run_job("images")
    assert job.returncode == 0, job.stderr
    return stored(client, product, answer.json())


def shown(client, product):
    """The images that buyers see."""
    return client.get(f"/v1/products/{product['id']}").json()["images"]


def fetch(path):
    """What is at the address of a picture, as Pillow reads it."""
    answer = support.Client().get(path)
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content))


def fill(product, data):
    """As many images of one uploaded picture as a product may have."""
    support.rows("INSERT INTO products.product_images (product_id, picture, position)"
                 f" SELECT '{product['id']}', '{hashlib.sha256(data).hexdigest()}', n"
                 "   FROM generate_series(1, 49) AS n;"
                 f" SELECT products.refresh(ARRAY['{product['id']}'::uuid])")


def let_time_pass(sha256, days=8):
    support.rows(f"UPDATE products.pictures SET unused_since = now() - interval '{days} days'"
                 f" WHERE sha256 = '{sha256}' AND unused_since IS NOT NULL")
