"""Pictures of products: uploading, what the job makes of them, and how they are shown."""
import hashlib
import io
import os
import subprocess
import urllib.parse

import pytest
from PIL import Image

import support
from pictures import added, fetch, fill, let_time_pass, picture, shown, stored, upload

WIDTHS = (160, 320, 640, 960, 1280, 1920)


# What is made of pictures ----------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_is_shown_in_several_widths_as_webp_and_jpeg(admin, anyone, product, kind):
    answer = upload(admin, product, picture(2000, 1000, kind), alt="Caneca azul")
    assert answer.status_code == 201, answer.text
    waiting = answer.json()
    assert waiting["state"] == "pending" and waiting["url"] is None
    assert shown(anyone, product) == []

    assert support.run_job("images").returncode == 0
    image, = shown(anyone, product)
    assert image["id"] == waiting["id"] and image["alt"] == "Caneca azul"
    assert [size["width"] for size in image["sizes"]] == list(WIDTHS)
    assert image["url"] == image["sizes"][-1]["jpg"]
    for size in image["sizes"]:
        for ending, name in (("webp", "WEBP"), ("jpg", "JPEG")):
            made = fetch(size[ending])
            assert (made.format, made.size) == (name, (size["width"], size["width"] // 2))
    seen = stored(admin, product, image)
    assert (seen["state"], seen["kind"], seen["width"], seen["height"]) == (
        "ready", kind.lower(), 1920, 960)


def test_avif_is_read(admin, product):
    data = subprocess.run(["/usr/bin/python3", "-c", AVIF], capture_output=True, check=False)
    if data.returncode:
        pytest.skip("nothing here writes AVIF")
    assert added(admin, product, data.stdout)["kind"] == "avif"


AVIF = """
import ctypes, sys
gd = ctypes.CDLL("libgd.so.3")
gd.gdImageCreateTrueColor.restype = ctypes.c_void_p
gd.gdImageAvifPtr.restype = ctypes.c_void_p
gd.gdImageFilledRectangle.argtypes = [ctypes.c_void_p] + [ctypes.c_int] * 5
gd.gdImageAvifPtr.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
image = gd.gdImageCreateTrueColor(320, 200)
gd.gdImageFilledRectangle(image, 20, 20, 200, 100, 0xCC2200)
size = ctypes.c_int()
data = gd.gdImageAvifPtr(image, ctypes.byref(size))
if not data:
    sys.exit(1)
sys.stdout.buffer.write(ctypes.string_at(data, size.value))
"""


def test_nothing_is_enlarged(admin, product):
    image = added(admin, product, picture(500, 300))
    assert [size["width"] for size in image["sizes"]] == [160, 320, 500]
    tiny = added(admin, product, picture(3, 900))
    assert [size["width"] for size in tiny["sizes"]] == [3]


@pytest.mark.parametrize("held,corner", [(1, (0, 0)), (2, (1, 0)), (3, (1, 1)), (4, (0, 1)),
                                         (5, (0, 0)), (6, (1, 0)), (7, (1, 1)), (8, (0, 1))])
@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_picture_stands_upright_and_what_the_camera_wrote_is_gone(
        admin, product, kind, held, corner):
    """The red corner is the upper left one of what the sensor saw."""
    exif = Image.Exif()
    exif[0x0112] = held
    exif[0x010E] = "where I live"
    image = added(admin, product, picture(640, 320, kind, exif=exif))
    made = fetch(image["url"])
    assert made.size == ((640, 320) if held < 5 else (320, 640))
    assert not made.getexif() and b"where I live" not in support.Client().get(
        image["sizes"][-1]["webp"]).content
    colours = made.convert("RGB")
    x, y = (made.width * (1 + 2 * corner[0]) // 4, made.height * (1 + 2 * corner[1]) // 4)
    red, green, blue = colours.getpixel((x, y))
    assert red > 150 and green < 90 and blue < 90, (held, (red, green, blue))


def test_what_is_transparent_stays_so_in_webp_and_is_white_in_jpeg(admin, product):
    image = added(admin, product, picture(400, 400, mode="RGBA"))
    largest = image["sizes"][-1]
    assert fetch(largest["webp"]).convert("RGBA").getpixel((50, 50))[3] < 10
    assert min(fetch(largest["jpg"]).convert("RGB").getpixel((50, 50))) > 245


def test_renditions_cost_few_bytes(admin, product):
    """2 bits a pixel in JPEG and 1.33 in WebP, which the quality gives way to."""
    noise = Image.effect_noise((1600, 1200), 40).convert("RGB")
    file = io.BytesIO()
    noise.save(file, "JPEG", quality=98)
    image = added(admin, product, file.getvalue())
    plain = added(admin, product, picture(1600, 1200, "JPEG", quality=98))
    sizes = {size["width"]: size for size in image["sizes"]}
    length = {ending: len(support.Client().get(sizes[640][ending]).content)
              for ending in ("webp", "jpg")}
    assert length["jpg"] < 640 * 480 and length["webp"] < 640 * 480
    for ending, share in (("webp", 6), ("jpg", 4)):
        one = [size for size in plain["sizes"] if size["width"] == 640][0][ending]
        assert len(support.Client().get(one).content) <= 640 * 480 / share


# How they are served ---------------------------------------------------------------------------

def test_renditions_are_kept_for_a_year_and_never_change(admin, anyone, product):
    url = added(admin, product, picture())["url"]
    answer = anyone.get(url)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Cache" not in answer.headers  # no program was asked: nginx has the file
    tag = answer.headers["ETag"]
    assert anyone.get(url, headers={"If-None-Match": tag}).status_code == 304
    webp = anyone.get(url.replace(".jpg", ".webp"))
    assert webp.headers["Content-Type"] == "image/webp"
    missing = anyone.get(url.replace("/800.", "/801."))
    support.assert_problem(missing, 404, "not_found")
    assert "immutable" not in missing.headers.get("Cache-Control", "")


def test_an_original_is_seen_through_a_signed_link_alone(admin, anyone, product):
    data = picture()
    image = added(admin, product, data)
    link = image["original"].removeprefix(support.settings()["VENDAS_PUBLIC_URL"])
    answer = anyone.get(link)
    assert answer.status_code == 200 and answer.content == data
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"] == "attachment"
    path, _, query = link.partition("?")
    fields = dict(urllib.parse.parse_qsl(query))
    for wrong in ({"expires": int(fields["expires"]) + 1}, {"signature": "0" * 64},
                  {"expires": 1}):
        support.assert_problem(anyone.get(path, params={**fields, **wrong}), 403, "invalid_link")
    other = path.replace(hashlib.sha256(data).hexdigest(), "0" * 64)
    support.assert_problem(anyone.get(other, params=fields), 403, "invalid_link")
    support.assert_problem(anyone.get(path), 422, pointer="signature")
    assert anyone.get(f"/originals/{hashlib.sha256(data).hexdigest()}").status_code == 404


def test_buyers_see_neither_links_nor_pictures_that_wait(admin, anyone, product):
    upload(admin, product, picture())
    text = anyone.get(f"/v1/products/{product['id']}").text
    assert "original" not in text and shown(anyone, product) == []
    support.assert_problem(anyone.get(f"/v1/products/{product['id']}/images"), 401)
    support.run_job("images")


# Seeing to them --------------------------------------------------------------------------------

def test_the_same_bytes_are_one_picture(admin, make_product):
    data, one, other = picture(), make_product(), make_product()
    first = upload(admin, one, data)
    again = upload(admin, one, data)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    upload(admin, other, data)
    sha256 = hashlib.sha256(data).hexdigest()
    assert support.value(
        f"SELECT count(*) FROM products.product_images WHERE picture = '{sha256}'") == "2"
    support.run_job("images")
    assert shown(admin, one)[0]["url"] == shown(admin, other)[0]["url"]


def test_two_who_upload_the_same_at_once_are_both_right(admin, make_product):
    data, products = picture(), [make_product() for _ in range(4)]
    admin.token  # signed in before the threads begin
    answers = support.at_once(*[lambda p=p: upload(admin, p, data) for p in products])
    assert [answer.status_code for answer in answers] == [201] * 4
    assert support.run_job("images").returncode == 0
    assert all(len(shown(admin, one)) == 1 for one in products)


def test_images_have_an_order_a_description_and_a_variant(admin, anyone, make_product):
    shirt = make_product(stock=0, type="variations", options=["cor"], variants=[
        {"options": {"cor": "azul"}}, {"options": {"cor": "verde"}}])
    blue, green = [variant["id"] for variant in shirt["variants"]]
    first = upload(admin, shirt, picture(), variant_id=blue).json()
    second = upload(admin, shirt, picture(), alt="Verde").json()
    support.run_job("images")
    assert [image["id"] for image in shown(anyone, shirt)] == [first["id"], second["id"]]
    path = f"/v1/products/{shirt['id']}/images"
    answer = admin.patch(f"{path}/{second['id']}", {"position": 0, "variant_id": green})
    assert answer.status_code == 200, answer.text
    admin.patch(f"{path}/{first['id']}", {"position": 1, "alt": "Azul", "variant_id": None})
    assert [(i["id"], i["alt"], i["variant_id"]) for i in shown(anyone, shirt)] == [
        (second["id"], "Verde", green), (first["id"], "Azul", None)]
    listed = admin.get(path).json()["data"]
    assert [image["id"] for image in listed] == [second["id"], first["id"]]

    stranger = make_product()["variants"][0]["id"]
    support.assert_problem(admin.patch(f"{path}/{first['id']}", {"variant_id": stranger}), 422,
                           pointer="/variant_id")
    support.assert_problem(upload(admin, shirt, picture(), variant_id=stranger), 422,
                           pointer="/variant_id")
    assert admin.delete(f"{path}/{first['id']}").status_code == 204
    assert [image["id"] for image in shown(anyone, shirt)] == [second["id"]]
    assert admin.get(f"{path}/{first['id']}").status_code == 404
    other = make_product()
    assert admin.delete(f"/v1/products/{other['id']}/images/{second['id']}").status_code == 404


def test_an_image_changes_its_products_version(admin, product):
    path = f"/v1/products/{product['id']}"
    before = admin.get(path).headers["ETag"]
    upload(admin, product, picture())
    answer = admin.patch(path, {"name": "Outra"}, headers={"If-Match": before})
    support.assert_problem(answer, 412)
    support.run_job("images")


def test_images_that_were_collected_come_after_a_products_own(admin, anyone, product):
    address = "https://loja.example/1.jpg"
    support.rows(f"UPDATE products.products SET images = '[{{\"url\": \"{address}\"}}]'"
                 f" WHERE id = '{product['id']}';"
                 f" SELECT products.refresh(ARRAY['{product['id']}'::uuid])")
    own = added(admin, product, picture())
    images = shown(anyone, product)
    assert [image["id"] for image in images] == [own["id"], None]
    assert images[1]["url"] == address and images[1]["sizes"] == []


def test_a_product_has_at_most_fifty_images(admin, product):
    upload(admin, product, data := picture())
    fill(product, data)
    support.assert_problem(upload(admin, product, picture()), 409, "too_many_images")
    support.run_job("images")


def test_what_was_done_to_images_is_audited(admin, product):
    image = upload(admin, product, picture()).json()
    path = f"/v1/products/{product['id']}/images/{image['id']}"
    admin.patch(path, {"alt": "De lado"})
    admin.delete(path)
    assert [row[0] for row in support.rows(
        f"SELECT action FROM registry.audit WHERE subject = '{image['id']}' ORDER BY id")] == [
            "image.added", "image.changed", "image.deleted"]


# Going -----------------------------------------------------------------------------------------

def files(sha256):
    """What lies in the store of a picture."""
    root = support.settings()["VENDAS_IMAGE_STORE"].removeprefix("file://")
    found = [name for name in os.listdir(f"{root}/originals") if name == sha256]
    folder = f"{root}/images/{sha256}"
    return found + (os.listdir(folder) if os.path.isdir(folder) else [])


def test_a_picture_that_no_product_has_is_collected_after_a_while(admin, make_product):
    data = picture()
    sha256 = hashlib.sha256(data).hexdigest()
    one, other = make_product(stock=0), make_product(stock=0)
    image = added(admin, one, data)
    upload(admin, other, data)
    assert admin.delete(f"/v1/products/{one['id']}/images/{image['id']}").status_code == 204
    let_time_pass(sha256)
    support.run_job("images")
    assert len(files(sha256)) == 1 + 2 * len(image["sizes"])
    assert admin.delete(f"/v1/products/{other['id']}").status_code == 204
    support.run_job("images")
    assert len(files(sha256)) == 1 + 2 * len(image["sizes"])
    let_time_pass(sha256)
    support.run_job("images")
    assert files(sha256) == []
    assert support.rows(f"SELECT 1 FROM products.pictures WHERE sha256 = '{sha256}'") == []


def test_a_picture_that_comes_back_in_time_stays(admin, make_product):
    data, one = picture(), make_product(stock=0)
    sha256 = hashlib.sha256(data).hexdigest()
    image = added(admin, one, data)
    admin.delete(f"/v1/products/{one['id']}/images/{image['id']}")
    let_time_pass(sha256)
    again = upload(admin, one, data)
    assert again.json()["state"] == "ready"
    support.run_job("images")
    assert len(files(sha256)) == 1 + 2 * len(image["sizes"])


def test_what_an_upload_left_that_did_not_end_is_collected(admin, product):
    """A program that was killed between putting the bytes and adding the image."""
    data = picture()
    sha256 = hashlib.sha256(data).hexdigest()
    root = support.settings()["VENDAS_IMAGE_STORE"].removeprefix("file://")
    upload(admin, product, picture())
    support.value(f"SELECT products.begin_picture('{product['id']}', NULL, '{sha256}', 'png', 9, 8, 8)")
    path = f"{root}/originals/{sha256}"
    with open(path, "wb") as file:
        file.write(data)
    let_time_pass(sha256)
    support.run_job("images")
    assert files(sha256) == []


def test_a_picture_whose_file_is_lost_is_refused_until_it_is_sent_again(admin, product):
    data = picture()
    sha256 = hashlib.sha256(data).hexdigest()
    image = upload(admin, product, data).json()
    root = support.settings()["VENDAS_IMAGE_STORE"].removeprefix("file://")
    os.unlink(f"{root}/originals/{sha256}")
    support.run_job("images")
    assert stored(admin, product, image)["reason"] == "picture_lost"
    assert upload(admin, product, data).status_code == 200
    support.run_job("images")
    assert stored(admin, product, image)["state"] == "ready"


def test_two_jobs_make_a_picture_once(admin, product):
    """Whoever comes to it while another has it passes it over."""
    image = upload(admin, product, picture()).json()
    sha256 = support.value(
        f"SELECT picture FROM products.product_images WHERE id = '{image['id']}'")
    with support.open_transaction(
            f"SELECT FROM products.pictures WHERE sha256 = '{sha256}' FOR UPDATE"):
        assert support.run_job("images").returncode == 0
        assert stored(admin, product, image)["state"] == "pending"
    assert support.run_job("images").returncode == 0
    assert stored(admin, product, image)["state"] == "ready"
