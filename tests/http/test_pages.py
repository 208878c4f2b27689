"""The pages, as somebody sees and uses them in a browser (Chromium)."""
import datetime

import pytest

import browser
import contract
import pictures
import support
from support import word

By, Keys = browser.By, browser.Keys
driver, page = browser.driver, browser.page

PAGE_SIZE = 24


def test_typing_finds_a_product_and_shows_its_price_in_reais(page, make_product):
    name = word()
    make_product(name=word())  # or the shop would have one card to begin with
    make_product(stock=3, name=f"Caneca {name}", brand="Ágata", price=123456,
                 promotional_price=98760)
    page.open("/")
    page.search(name[:-1])  # what somebody has typed so far
    page.until(lambda: len(page.cards()) == 1 and name in page.cards()[0], "the one card")
    text = page.cards()[0].replace("\xa0", " ")
    assert "R$ 987,60" in text and "R$ 1.234,56" in text and "−20%" in text
    assert "Últimas 3 unidades" in text
    assert "q=" in page.driver.current_url


def test_what_is_sold_out_says_so_and_can_be_left_out(page, make_product):
    name = word()
    make_product(stock=0, name=f"Caneca {name}")
    page.open(f"/?q={name}")
    page.until(lambda: len(page.cards()) == 1 and "Esgotado" in page.cards()[0], "sold out")
    page.one("input[name=in_stock]").click()
    page.until(lambda: "Nada encontrado" in page.one("#notice").text, "nothing in stock")


MONTHS = "jan fev mar abr mai jun jul ago set out nov dez".split()


@pytest.mark.parametrize("kind, days, words", [
    ("date", 20, "Pré-venda chega em {0.day} de {1}."),
    ("date", 400, "Pré-venda chega em {0.day} de {1}. de {0.year}"),
    ("days", 20, "Sob encomenda chega até {0.day} de {1}.")])
def test_what_is_sold_before_it_is_there_says_when_it_comes(page, make_product, kind, days, words):
    name, day = word(), datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days)
    ahead = {"pieces": 5, kind: days if kind == "days" else day.date().isoformat()}
    make_product(stock=0, name=f"Caneca {name}", sell_ahead=ahead)
    page.open(f"/?q={name}")
    page.until(lambda: len(page.cards()) == 1, "the card")
    assert words.format(day, MONTHS[day.month - 1]) in " ".join(page.cards()[0].split())


def test_a_product_is_shown_with_its_picture_in_a_place_of_its_own(page, admin, make_product):
    name = word()
    product = make_product(stock=3, name=f"Caneca {name}")
    pictures.added(admin, product, pictures.picture(), alt="Caneca azul na mesa")
    make_product(stock=3, name=f"Caneca {name} sem foto")
    page.open(f"/?q={name}&sort=name")
    page.until(lambda: len(page.cards()) == 2, "both")
    with_picture, without = page.all(".card img")
    page.until(lambda: int(with_picture.get_property("naturalWidth")) > 0, "the picture")
    assert with_picture.get_attribute("alt") == "Caneca azul na mesa"
    assert with_picture.get_property("currentSrc").endswith(".webp")
    heights = {picture.size["height"] for picture in page.all(".card picture")}
    assert len(heights) == 1 and heights.pop() > 100
    assert "none" in without.find_element(By.XPATH, "..").get_attribute("class")


def test_a_misspelt_search_says_what_it_looked_for(page, make_product):
    name = word()
    make_product(stock=3, name=f"Caneca {name}")
    assert support.run_job("relist").returncode == 0
    page.open(f"/?q={name[:6] + name[7:]}")
    page.until(lambda: f"Resultados para “{name}”" in page.one("#status").text, "what was meant")
    assert len(page.cards()) == 1


def test_what_is_digital_is_never_sold_out_and_what_is_chosen_is_named(page, make_product):
    name = word()
    make_product(stock=0, name=f"Livro {name}", type="digital",
                 description="Um **livro**, para [ler](https://a.example/).\n\n- com isto")
    make_product(stock=0, name=f"Camisa {name}", type="variations", options=["cor"], variants=[
        {"options": {"cor": "azul"}}, {"options": {"cor": "verde"}}])
    page.open(f"/?q={name}&sort=name")
    page.until(lambda: len(page.cards()) == 2, "both")
    shirt, book = page.cards()
    assert "cor: azul, verde" in shirt
    assert "Chega por e-mail" in book and "Um livro, para ler." in book and "isto" not in book


def test_load_more_goes_on_where_the_page_ends(page, make_product):
    name = word()
    for i in range(PAGE_SIZE + 2):
        make_product(stock=0, name=f"Caneca {name} {i:02d}", price=1000 + i)
    page.open(f"/?q={name}&sort=price")
    page.until(lambda: len(page.cards()) == PAGE_SIZE, "the first page")
    page.one("#more").click()
    page.until(lambda: len(page.cards()) == PAGE_SIZE + 2, "the second page")
    assert page.texts(".card h3") == [f"Caneca {name} {i:02d}" for i in range(PAGE_SIZE + 2)]
    assert not page.one("#more").is_displayed()
    focused = page.driver.switch_to.active_element.text
    assert f"{name} {PAGE_SIZE}" in focused  # a keyboard goes on there too


def test_category_and_order_narrow_the_list(page, admin, make_product):
    name = word()
    category = admin.post("/v1/categories", {"name": name.title(), "slug": name}).json()
    for price in (2000, 1000):
        make_product(name=f"Caneca {name} {price}", price=price, category_ids=[category["id"]])
    make_product(name=f"Caneca {name} à parte")
    page.open("/")
    page.search(name)
    page.until(lambda: len(page.cards()) == 3, "all three")
    page.choose("category", name)
    page.until(lambda: len(page.cards()) == 2, "those in the category")
    page.choose("sort", "price")
    page.until(lambda: [t[-4:] for t in page.texts(".card h3")] == ["1000", "2000"], "by price")
    page.driver.refresh()  # the address keeps what was asked for
    page.until(lambda: len(page.cards()) == 2, "the same again")
    assert page.one("select[name=category]").get_attribute("value") == name


def test_a_search_without_result_can_be_cleared(page, product):
    page.open("/")
    page.search("xyzzyx")
    page.until(lambda: "Nada encontrado para “xyzzyx”." in page.one("#notice").text, "the notice")
    page.one("#notice button").click()
    page.until(lambda: any(product["name"] in text for text in page.cards()), "products again")
    assert page.driver.switch_to.active_element.get_attribute("name") == "q"


def test_a_search_that_fails_says_so_and_can_be_repeated(page, driver, product):
    page.open("/")
    page.until(page.cards, "products")
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/v1/products*"]})
    page.search(product["name"])
    page.until(lambda: "Não foi possível" in page.one("#notice").text, "the error")
    driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    driver.get_log("browser")  # the browser itself tells of the blocked request
    page.one("#notice button").click()
    page.until(lambda: any(product["name"] in text for text in page.cards()), "the product")


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_sticks_out_at_the_side(page, driver, make_product, width):
    name = word()
    make_product(name=f"{name}{'longo' * 20} {name}", price=100000000000)
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500})
    page.open(f"/?q={name}")
    page.until(lambda: len(page.cards()) == 1, "the card")
    assert driver.execute_script("return document.documentElement.scrollWidth"
                                 " - document.documentElement.clientWidth") == 0
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_every_field_has_a_label_and_every_link_leads_somewhere(page, anyone):
    page.open("/")
    for field in page.all("input, select"):
        assert field.accessible_name, field.get_attribute("outerHTML")
    links = {link for link in page.attributes("a", "href") if not link.startswith("#")}
    assert {"/", "/reports/", "/docs/", "/openapi.yaml", "/README.pt-BR.md"} <= links
    for link in links:
        assert anyone.get(link).status_code == (401 if link == "/reports/" else 200), link


def test_contract_can_be_browsed(page):
    page.open("/docs/#placeOrder")
    page.until(lambda: page.one("main").get_attribute("aria-busy") is None, "rendered")
    names = sorted(operation.id for operation in contract.OPERATIONS)
    assert sorted(page.attributes("article", "id")) == names
    assert sorted(page.attributes("#contents a", "href")) == [f"#{name}" for name in names]
    article = page.one("#placeOrder")
    assert "POST /v1/orders" in article.text and "signed in" in article.text
    article.find_element(By.XPATH, ".//summary[text()='Parameters']").click()
    assert "Idempotency-Key required string in the header" in " ".join(article.text.split())
    article.find_element(By.XPATH, ".//summary[text()='Body']").click()
    assert "shipping_address" in article.text


def test_page_reads_the_contract_as_a_whole_yaml_reader_does(page):
    page.open("/docs/")
    page.until(lambda: page.one("main").get_attribute("aria-busy") is None, "rendered")
    read = page.driver.execute_async_script("""
        const done = arguments[arguments.length - 1];
        Promise.all([import("/docs/yaml.js"), fetch("/openapi.yaml").then(a => a.text())])
            .then(([yaml, text]) => done(yaml.parse(text)), error => done(String(error)));
    """)
    assert read == contract.RAW
