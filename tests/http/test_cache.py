"""nginx's micro-cache: what everybody may read of the catalogue is kept while many ask for it, and
nobody is told what has not held for a second."""
import concurrent.futures
import threading
import time
import urllib.parse

import pytest
import requests

import support
from support import product_body


def ask_often(client, path, times=60, **options):
    """The answers to so many requests in a row."""
    return [client.get(path, **options) for _ in range(times)]


def caches(answers):
    return [answer.headers["X-Cache"] for answer in answers]


@pytest.fixture
def shelf(make_product, admin):
    """A product of which there is plenty, in a category of its own and with an attribute. No other
    test asks for its paths."""
    category = admin.post("/v1/categories", {"name": support.unique("Louça")}).json()
    name = support.unique("volume")
    assert admin.put(f"/v1/attributes/{name}", {"label": "Volume", "type": "number"}).ok
    product = make_product(stock=1000, name=f"Caneca {support.unique('z').replace('-', '')}",
                           category_ids=[category["id"]], attributes={name: 300})
    return {"product": product, "paths": [
        f"/v1/products/{product['id']}", f"/v1/products/{product['slug']}",
        f"/v1/products?category={category['slug']}",
        "/v1/products/suggest?" + urllib.parse.urlencode({"q": product["name"].split()[1]}),
        f"/v1/categories?mine={name}", f"/v1/categories/{category['id']}",
        f"/v1/attributes?mine={name}", f"/v1/attributes/{name}"]}


def test_what_many_ask_for_is_kept_for_a_moment(anyone, shelf):
    for path in shelf["paths"]:
        found = ask_often(anyone, path)
        assert set(caches(found)) <= {"MISS", "EXPIRED", "HIT"}
        assert "HIT" in caches(found), path
        assert caches(found)[:9] == ["MISS"] * 9  # a quiet shop is always live
        assert len({answer.content for answer in found}) == 1


def test_whoever_has_the_present_answer_is_told_so_by_program_and_cache_alike(anyone, shelf):
    for path in shelf["paths"]:
        tag = anyone.get(path).headers["ETag"]
        fresh = anyone.get(path, headers={"If-None-Match": tag})
        assert (fresh.status_code, fresh.headers["X-Cache"]) == (304, "MISS"), path
        for _ in range(5):  # what expires in between stays so until somebody has no copy
            ask_often(anyone, path)
            kept = ask_often(anyone, path, headers={"If-None-Match": tag})
            if "HIT" in caches(kept):
                break
        assert {(answer.status_code, answer.content) for answer in kept} == {(304, b"")}
        assert {answer.headers["ETag"] for answer in kept} == {tag}
        assert "HIT" in caches(kept), path
        other = ask_often(anyone, path, headers={"If-None-Match": '"0123456789abcdef"'})
        assert {answer.status_code for answer in other} == {200}


def test_a_list_that_has_changed_is_sent_again(anyone, admin, shelf):
    product, listed = shelf["product"], shelf["paths"][2]
    tag = {"If-None-Match": anyone.get(listed).headers["ETag"]}
    assert anyone.get(listed, headers=tag).status_code == 304
    admin.patch(f"/v1/products/{product['id']}", {"price": 990})
    answer = anyone.get(listed, headers=tag)
    assert answer.json()["data"][0]["price"] == 990
    assert answer.headers["ETag"] != tag["If-None-Match"]


def test_nobody_with_a_token_fills_the_cache_or_is_answered_from_it(anyone, admin, customer, shelf):
    for path in shelf["paths"]:
        for caller in (admin, customer):
            assert set(caches(ask_often(caller, path, 30))) == {"BYPASS"}, path
        assert anyone.get(path).headers["X-Cache"] == "MISS"
        assert "HIT" in caches(ask_often(anyone, path))
        assert admin.get(path).headers["X-Cache"] == "BYPASS"
    page = shelf["paths"][0]
    assert "cost" in admin.get(page).json()
    assert all("cost" not in answer.json() for answer in ask_often(anyone, page))


def test_a_token_that_is_none_is_not_answered_from_the_cache(anyone, shelf):
    path = shelf["paths"][0]
    assert "HIT" in caches(ask_often(anyone, path))
    answer = anyone.get(path, headers={"Authorization": "Bearer none"})
    assert answer.headers["X-Cache"] == "BYPASS"


def test_refusals_are_not_kept(anyone, admin):
    slug = support.unique("caneca")
    for path in (f"/v1/products/{slug}", "/v1/products?sort=none", "/v1/products/suggest",
                 f"/v1/categories/{slug}", f"/v1/attributes/{slug}"):
        answers = ask_often(anyone, path, 30)
        assert {answer.ok for answer in answers} == {False}
        assert set(caches(answers)) == {"MISS"}
    assert admin.post("/v1/products", product_body(slug=slug)).status_code == 201
    assert anyone.get(f"/v1/products/{slug}").status_code == 200


def test_each_path_and_query_is_kept_by_itself(anyone, shelf):
    page, listed = shelf["paths"][0], shelf["paths"][2]
    name = shelf["product"]["name"]
    assert "HIT" in caches(ask_often(anyone, listed))
    for query, found in (("&min_price=1", [name]), ("&min_price=5000", []),
                         ("&limit=1&in_stock=false", [])):
        answers = ask_often(anyone, listed + query)
        assert "HIT" in caches(answers)
        assert {str([p["name"] for p in a.json()["data"]]) for a in answers} == {str(found)}
    # What only looks the same once it is decoded is another path.
    assert anyone.get(listed.replace("?", "%3F")).status_code == 404
    heads = [anyone.request("HEAD", page) for _ in range(60)]
    assert "HIT" in caches(heads)
    assert {answer.content for answer in heads} == {b""}
    assert anyone.get(page).json()["name"] == name


# Freshness -----------------------------------------------------------------------------------

def price_in(document):
    for part in ("data", "products"):
        document = document[part][0] if part in document else document
    return document["price"]


def ask_without_pause(path, until, seen):
    """Asks until told not to; seen gets when each request began, its price and X-Cache."""
    with requests.Session() as http:
        while not until.is_set():
            began = time.monotonic()
            answer = http.get(support.URL + path, timeout=10)
            seen.append((began, price_in(answer.json()), answer.headers["X-Cache"]))


def test_a_changed_price_is_seen_within_a_second_by_who_asks_without_pause(admin, shelf):
    product, paths = shelf["product"], shelf["paths"][:4]
    stop, seen = threading.Event(), {path: [] for path in paths}
    changed = []
    with concurrent.futures.ThreadPoolExecutor(2 * len(paths)) as pool:
        asking = [pool.submit(ask_without_pause, path, stop, seen[path])
                  for path in paths for _ in range(2)]
        try:
            for price in (1000, 1100, 1200):
                # Soon after a second has begun, as what is kept then is kept for longest.
                time.sleep(1.15 - time.time() % 1)
                answer = admin.patch(f"/v1/products/{product['id']}", {"price": price})
                changed.append((time.monotonic(), price))
                assert answer.status_code == 200
                time.sleep(1.5)
        finally:
            stop.set()
        for future in asking:
            future.result()
    for path, answers in seen.items():
        assert "HIT" in [cache for _, _, cache in answers], path
        for (moment, price), (end, _) in zip(changed, changed[1:] + [(answers[-1][0] + 1, 0)]):
            late = [(round(began - moment, 3), told, cache) for began, told, cache in answers
                    if moment + 1 <= began < end - 0.1]
            assert late and {told for _, told, _ in late} == {price}, (path, late[:5])
