"""The collector on the demo's site: the layouts that shops have, and their faults."""
import os
import time

import pytest

import collecting
import support

SOURCE = "Empório Três Pontes"

FORBIDDEN = {"/reservado/cesta-de-natal-funcionarios.html", "/reservado/tabela-de-atacado.html"}


@pytest.fixture(scope="module")
def known(admin):
    """A product of the shop's own that the site sells as well."""
    body = {"name": "Cafeteira italiana 6 xícaras", "price": 9990, "currency": "BRL",
            "gtin": "7891037000025"}
    answer = admin.post("/v1/products", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def run(admin, known):
    """The first run over the demo's site."""
    collecting.make_source(
        [f"{support.SHOP_URL}/produtos/", f"{support.SHOP_URL}/sitemap.xml"], SOURCE,
        product_url_pattern="/(produto|reservado)/[a-z0-9-]+[.]html$")
    result = support.vendas("job", "collect", SOURCE)
    assert result.returncode == 0, result.stdout + result.stderr
    return collecting.runs(admin, SOURCE)[0]


@pytest.fixture(scope="module")
def products(admin, run):
    return collecting.taken(admin, SOURCE)


def test_run_is_recorded_with_its_counts(run):
    assert run["status"] == "succeeded"
    assert run["source"] == SOURCE
    assert run["finished_at"] >= run["started_at"]
    assert run["counts"] == {
        "pages": 49, "found": 41, "refused": 4, "forbidden": 2, "errors": 0, "created": 40,
        "updated": 0, "unchanged": 0, "duplicate": 1, "rejected": 0}


@pytest.mark.parametrize("name, price, gtin", [
    ("Rapadura com gengibre 300 g", 1290, "7899321000119"),            # a product with an offer
    ("Geleia de cambuci 250 g", 2490, "7899321000096"),                # within a graph
    ("Queijo meia cura 700 g", 5490, "7899321000140"),                 # the lowest of two offers
    ("Gamela oval de madeira", 13900, None),                           # a group of variants
    ("Panela de pedra-sabão 4 litros", 123456, "7899321000256"),       # "R$ 1.234,56"
    ("Geleia de pimenta 250 g", 2290, "7899321000102"),                # a comma too many
    ("Pimenta biquinho em conserva 200 g", 1690, "7899321000195"),     # in a CDATA section
    ("Pilão de cozinha com socador", 8990, "7899321000348"),           # in a comment, entities
    ("Sabonete de barbatimão 100 g", 1590, "7899321000393"),           # ISO-8859-1
    ("Mel de abelha jataí 150 g", 4590, "7899321000133"),              # only in the sitemap
])
def test_product_is_read_from_each_layout(products, name, price, gtin):
    product = products[name]
    assert (product["price"], product["currency"], product["gtin"]) == (price, "BRL", gtin)
    assert product["status"] == "active"
    assert product["brand"]


def test_description_is_cleaned_of_markup_and_control_characters(products):
    assert products["Pilão de cozinha com socador"]["description"] == \
        "Alho, pimenta & sal: tudo o que se soca cabe aqui"
    assert products["Pimenta biquinho em conserva 200 g"]["description"] == \
        "Não arde: só o perfume. Vai bem do feijão à pizza."


@pytest.mark.parametrize("name, path", [
    ("Rapadura com gengibre 300 g", ["Mercearia", "Doces e geleias"]),      # the product's own
    ("Geleia de cambuci 250 g", ["Mercearia", "Doces e geleias"]),          # the breadcrumbs'
    ("Pilão de cozinha com socador", ["Casa e cozinha", "Utensílios"]),     # split by a slash
])
def test_category_is_made_of_the_path_on_the_page(products, name, path):
    rows = support.rows(f"""
        SELECT above.name, c.name FROM products.product_categories pc
          JOIN products.categories c ON c.id = pc.category_id
          JOIN products.categories above ON above.id = c.parent_id
         WHERE pc.product_id = '{products[name]["id"]}'""")
    assert rows == [path]


def test_images_are_made_absolute(products):
    images = [image["url"] for image in products["Prato raso de cerâmica azul 27 cm"]["images"]]
    assert images == [f"{support.SHOP_URL}/imagens/caneca.svg",
                      f"{support.SHOP_URL}/imagens/panela.svg"]


def test_attributes_are_taken(products):
    assert products["Panela de barro 3 litros"]["attributes"] == {
        "Capacidade": "3 litros", "Material": "barro"}


def test_product_that_the_shop_has_already_is_linked_by_gtin_and_not_changed(admin, run, known):
    same = admin.get(f"/v1/products/{known['id']}").json()
    assert (same["name"], same["price"]) == (known["name"], known["price"])
    assert support.rows("SELECT owner FROM products.ingested"
                        f" WHERE product_id = '{known['id']}'") == [["f"]]


@pytest.mark.parametrize("page, reason", [
    ("/produto/compota-de-figo-700g.html", "invalid_json"),
    ("/produto/licor-de-jenipapo-500ml.html", "no_price"),
    ("/produto/bau-de-cedro.html", "implausible_price"),
    ("/produto/como-curar-panela-de-barro.html", "no_product"),
])
def test_broken_page_is_refused_with_its_reason(admin, run, page, reason):
    assert collecting.outcomes(admin, run)[page] == ("refused", reason)


def shop_log():
    with open(os.path.join(support.VAR, "log", "shop.log"), encoding="utf-8") as log:
        return log.read()


def test_forbidden_pages_are_never_asked_for(admin, run):
    pages = collecting.outcomes(admin, run)
    assert {path for path, (outcome, _) in pages.items() if outcome == "forbidden"} == FORBIDDEN
    # nginx writes its log with a delay: when the last page is there, those before are as well
    deadline = time.monotonic() + 30
    while "como-curar-panela" not in shop_log() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert "como-curar-panela" in shop_log()
    assert "/robots.txt" in shop_log()
    assert "/reservado/" not in shop_log()


def test_collected_products_are_found_by_the_search(anyone, run):
    found = anyone.get("/v1/products?q=jabuticaba+OR+cambuci").json()["data"]
    assert "Geleia de cambuci 250 g" in [product["name"] for product in found]


def test_second_run_finds_all_unchanged(admin, run):
    before = support.value("SELECT sum(version) FROM products.products")
    assert collecting.collect(SOURCE) == 0
    counts = collecting.runs(admin, SOURCE)[0]["counts"]
    assert (counts["found"], counts["unchanged"]) == (41, 41)
    assert counts["created"] == counts["updated"] == counts["duplicate"] == 0
    assert support.value("SELECT sum(version) FROM products.products") == before
