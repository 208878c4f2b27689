"""Import and export: the catalogue as a file, there and back, and every bad row named."""
import csv
import io
import zipfile

import openpyxl
import pytest

import support
from support import assert_problem

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def run_job():
    done = support.run_job("transfer")
    assert done.returncode == 0, done.stdout + done.stderr


def send(client, content, dry_run=False, media=CSV):
    query = "?dry_run=true" if dry_run else ""
    return client.request("POST", f"/v1/imports{query}", data=content,
                          headers={"Content-Type": media})


def take_in(client, content, **options):
    """What became of an import."""
    answer = send(client, content, **options)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/v1/imports/{answer.json()['id']}"
    run_job()
    return client.get(answer.headers["Location"]).json()


def table(*rows):
    return "\r\n".join(";".join(row) for row in rows).encode() + b"\r\n"


def counts(created=0, updated=0, unchanged=0, rejected=0):
    return {"created": created, "updated": updated, "unchanged": unchanged, "rejected": rejected}


def written(client, format="csv", **filters):
    """The bytes of an export."""
    answer = client.post("/v1/exports", {"format": format, **filters})
    assert answer.status_code == 202, answer.text
    run_job()
    export = client.get(answer.headers["Location"]).json()
    assert (export["state"], export["errors"]) == ("done", []), export
    answer = client.request("GET", export["file"])
    assert answer.status_code == 200
    return answer.content


def read(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


@pytest.fixture
def category(admin):
    answer = admin.post("/v1/categories", {"name": support.unique("Cozinha")})
    assert answer.status_code == 201
    return answer.json()


@pytest.fixture
def catalogue(admin, make_product, category):
    """One product of each type, with all that products can have, in a category of their own."""
    common = {"category_ids": [category["id"]], "price": 123456}
    odd = make_product(**common, name=support.unique("=2+3"), brand="'Ação", ncm="85166000",
                       gtin=support.gtin13(), cost=1, promotional_price=99, width_mm=10,
                       sell_ahead={"pieces": 50, "days": 0},
                       promotion_starts_at="2026-01-31T12:00:00.000Z", seo_title="-",
                       description='Linha "um";\n\n- dois\t', seo_description="@seo",
                       attributes={"cor": "azul|verde", "peso > kg": 1.5, "bivolt": True, "vazio": ""})
    shirt = make_product(stock=0, **common, type="variations", options=["tamanho", "cor"], variants=[
        {"sku": support.unique("C1"), "options": {"tamanho": "M", "cor": "azul"}, "price": 5},
        {"sku": support.unique("C2"), "options": {"tamanho": "G", "cor": "azul"}, "gtin": support.gtin13(),
         "cost": 7, "weight_g": 9, "sell_ahead": {"pieces": 1, "date": "2199-12-05"}}])
    bundle = make_product(stock=0, **common, type="bundle", parts=[
        {"variant_id": shirt["variants"][1]["id"], "quantity": 2},
        {"variant_id": odd["variants"][0]["id"], "quantity": 1}])
    ebook = make_product(stock=0, **common, type="digital", status="draft")
    return [odd, shirt, bundle, ebook]


# There and back -------------------------------------------------------------------------------

@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_an_export_taken_in_again_changes_nothing(admin, catalogue, category, format):
    content = written(admin, format, category=category["slug"])
    before = [admin.get(f"/v1/products/{p['id']}").json() for p in catalogue]
    report = take_in(admin, content, media=XLSX if format == "xlsx" else CSV)
    assert (report["state"], report["errors"]) == ("done", [])
    assert report["format"] == format
    assert report["counts"] == counts(unchanged=4)
    assert [admin.get(f"/v1/products/{p['id']}").json() for p in catalogue] == before


def put_aside(catalogue):
    """As if the shop had never had these products: nothing leads to them any more."""
    ids = ", ".join(f"'{product['id']}'" for product in catalogue)
    support.rows(f"""
        UPDATE products.variants SET gtin = NULL, sku = 'X' || right(id::text, 12) WHERE product_id IN ({ids});
        UPDATE products.products SET slug = 'x' || right(id::text, 12) WHERE id IN ({ids});
        DELETE FROM products.old_slugs WHERE product_id IN ({ids});
        DELETE FROM products.product_categories WHERE product_id IN ({ids});
        SELECT products.refresh(ARRAY[{ids}]::uuid[])""")


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_an_export_taken_into_an_empty_shop_is_exported_as_the_same_file(
        admin, catalogue, category, format):
    content = written(admin, format, category=category["slug"])
    plain = written(admin, category=category["slug"])
    put_aside(catalogue)
    report = take_in(admin, content, media=XLSX if format == "xlsx" else CSV)
    assert (report["counts"], report["errors"]) == (counts(created=4), [])
    assert written(admin, category=category["slug"]) == plain


def test_a_dry_run_tells_what_would_be_and_changes_nothing(admin, category):
    sku, kit = support.unique("D"), support.unique("K")
    content = table(
        ["slug", "sku", "type", "name", "price", "parts", "categories"],
        [sku.lower(), sku, "simple", "Copo", "10,00", "", support.unique("Nova")],
        [kit.lower(), kit, "bundle", "Kit", "18,00", f"{sku}*2", ""],
        ["", "NAO-HA", "", "", "5,00", "", ""])
    tried = take_in(admin, content, dry_run=True)
    assert tried["dry_run"] is True
    assert tried["counts"] == counts(created=2, rejected=1)
    assert admin.get(f"/v1/products/{sku.lower()}").status_code == 404
    done = take_in(admin, content)
    assert done["counts"] == tried["counts"]
    assert [(e["line"], e["column"], e["code"]) for e in done["errors"]] == [(4, "sku", "unknown_sku")]
    bundle = admin.get(f"/v1/products/{kit.lower()}").json()
    assert [(part["sku"], part["quantity"]) for part in bundle["parts"]] == [(sku, 2)]


# What a cell says -----------------------------------------------------------------------------

def test_an_empty_cell_leaves_a_field_and_a_hyphen_empties_it(admin, make_product):
    product = make_product(brand="Aço", ncm="85166000", attributes={"cor": "azul", "aro": "13"})
    report = take_in(admin, table(["sku", "brand", "ncm", "attr:cor"],
                                  [product["variants"][0]["sku"], "", "-", "-"]))
    assert report["counts"] == counts(updated=1)
    now = admin.get(f"/v1/products/{product['id']}").json()
    assert (now["brand"], now["ncm"], now["attributes"]) == ("Aço", None, {"aro": "13"})


@pytest.mark.parametrize("text, amount", [
    ("1.234,56", 123456), ("R$ 10", 1000), ("1234.5", 123450), ("1.234", 123400), ("0,07", 7)])
def test_amounts_are_read_as_people_write_them(admin, product, text, amount):
    take_in(admin, table(["sku", "price"], [product["variants"][0]["sku"], text]))
    assert admin.get(f"/v1/products/{product['id']}").json()["price"] == amount


@pytest.mark.parametrize("encoding, separator", [
    ("utf-8", ","), ("utf-8-sig", ";"), ("cp1252", ";"), ("cp1252", "\t")])
def test_files_are_read_as_spreadsheets_save_them(admin, encoding, separator):
    slug = support.unique("cafe")
    name = "Café à moda “São João”"
    rows = [["slug", "name", "price"], [slug, name, "9"]]
    content = "\r\n".join(separator.join(row) for row in rows).encode(encoding)
    assert take_in(admin, content)["counts"] == counts(created=1)
    assert admin.get(f"/v1/products/{slug}").json()["name"] == name


def test_a_workbook_that_another_program_wrote_is_read(admin):
    slug = support.unique("planilha")
    book = openpyxl.Workbook()
    book.active.append(["slug", "sku", "name", "price", "weight_g", "boolean:bivolt"])
    book.active.append([slug, 7891234, "Café", 1234.56, 300, True])
    content = io.BytesIO()
    book.save(content)
    report = take_in(admin, content.getvalue(), media=XLSX)
    assert (report["counts"], report["errors"]) == (counts(created=1), [])
    product = admin.get(f"/v1/products/{slug}").json()
    assert (product["price"], product["weight_g"], product["variants"][0]["sku"],
            product["attributes"]) == (123456, 300, "7891234", {"bivolt": True})


def test_no_cell_of_an_export_is_a_formula(admin, catalogue, category):
    for row in read(written(admin, category=category["slug"])):
        assert not [cell for cell in row.values() if cell and cell[0] in "=+-@\t\r"]


def test_variants_are_rows_of_their_product(admin, make_product):
    slug, sku = support.unique("camisa"), support.unique("V")
    content = table(
        ["slug", "sku", "type", "name", "price", "option:tamanho", "option:cor", "variant_price"],
        [slug, f"{sku}-1", "variations", "Camisa", "50", "M", "azul", ""],
        [slug, f"{sku}-2", "", "", "", "G", "azul", "55,00"])
    assert take_in(admin, content)["counts"] == counts(created=1)
    product = admin.get(f"/v1/products/{slug}").json()
    assert [(v["sku"], v["price"], v["options"]) for v in product["variants"]] == [
        (f"{sku}-1", 5000, {"tamanho": "M", "cor": "azul"}),
        (f"{sku}-2", 5500, {"tamanho": "G", "cor": "azul"})]
    assert [option["name"] for option in product["options"]] == ["tamanho", "cor"]


def test_what_people_imported_no_collection_changes(admin, product):
    take_in(admin, table(["sku", "name"], [product["variants"][0]["sku"], "Nome escolhido"]))
    now = admin.get(f"/v1/products/{product['id']}").json()
    assert now["locked_fields"] == ["name"]


def test_a_file_says_how_variants_are_sold_ahead(admin, make_product):
    product = make_product(type="variations", stock=0, options=["cor"], variants=[
        {"sku": support.unique(cor), "options": {"cor": cor}} for cor in ("A", "B", "C")])
    first, second, third = (v["sku"] for v in product["variants"])
    for cells, then in [
            (["50|10", "7 | 2199-12-05", ""],
             [{"pieces": 50, "days": 10}, {"pieces": 7, "date": "2199-12-05"}, None]),
            (["-", "", "1|0"],
             [None, {"pieces": 7, "date": "2199-12-05"}, {"pieces": 1, "days": 0}])]:
        report = take_in(admin, table(["slug", "sku", "sell_ahead"], *(
            [product["slug"], sku, cell] for sku, cell in zip((first, second, third), cells))))
        assert (report["counts"], report["errors"]) == (counts(updated=1), [])
        now = admin.get(f"/v1/products/{product['id']}").json()
        assert [(now["sell_ahead"] or {}).get(v["id"]) for v in now["variants"]] == then


@pytest.mark.parametrize("cell, code", [
    ("50", "not_ahead"), ("50|", "not_ahead"), ("|10", "not_ahead"), ("-5|10", "not_ahead"),
    ("50|-1", "not_date"), ("50|tomorrow", "not_date"), ("50|2026-02-30", "not_date"),
    ("0|10", "too_small"), ("1000001|10", "too_large"), ("50|366", "too_large"),
    ("9999999999|1", "not_ahead")])
def test_how_many_and_until_when_is_said_of_what_is_sold_ahead(admin, product, cell, code):
    report = take_in(admin, table(["sku", "sell_ahead"], [product["variants"][0]["sku"], cell]))
    assert [(e["column"], e["code"]) for e in report["errors"]] == [("sell_ahead", code)]


@pytest.mark.parametrize("kind", ["digital", "bundle"])
def test_what_has_no_stock_of_its_own_is_not_sold_ahead(admin, make_product, kind):
    part = {"parts": [{"variant_id": make_product()["variants"][0]["id"], "quantity": 1}]}
    product = make_product(stock=0, type=kind, **(part if kind == "bundle" else {}))
    report = take_in(admin, table(["sku", "sell_ahead"], [product["variants"][0]["sku"], "5|1"]))
    assert [(e["column"], e["code"]) for e in report["errors"]] == [("sell_ahead", "not_for_type")]
    answer = admin.patch(f"/v1/products/{product['id']}/variants/{product['variants'][0]['id']}",
                         {"sell_ahead": {"pieces": 5, "days": 1}})
    assert_problem(answer, 422, "not_for_type", "/sell_ahead")


# What is wrong --------------------------------------------------------------------------------

def test_every_bad_cell_is_in_the_report_in_the_readers_language(admin):
    report = take_in(admin, table(
        ["slug", "name", "price", "gtin", "weight_g"],
        [support.unique("bom"), "Bom", "1,00", "", ""],
        [support.unique("ruim"), "Ruim", "caro", "123", "leve"],
        [support.unique("sem"), "", "1", "", ""]))
    assert report["counts"] == counts(created=1, rejected=2)
    assert {(e["line"], e["column"], e["code"]) for e in report["errors"]} == {
        (3, "price", "not_money"), (3, "gtin", "not_gtin"), (3, "weight_g", "not_integer"),
        (4, "name", "required")}
    for language, word in (("pt-BR", "linha"), ("en", "line")):
        answer = admin.request("GET", report["report"], headers={"Accept-Language": language})
        rows = read(answer.content)
        assert len(rows) == 4 and word in rows[0]


@pytest.mark.parametrize("header, code, column", [
    (["slug", "nome"], "unknown_column", "nome"), (["slug", "slug"], "column_twice", "slug"),
    (["price"], "key_column_missing", None)])
def test_a_wrong_header_fails_the_whole_file(admin, header, code, column):
    report = take_in(admin, table(header, ["x"] * len(header)))
    assert report["state"] == "failed"
    assert [(e["line"], e["column"], e["code"]) for e in report["errors"]] == [(1, column, code)]


@pytest.mark.parametrize("language, detail", [
    ("pt-BR", "Esta coluna não existe."), ("en", "There is no such column.")])
def test_a_failed_import_says_why_in_the_list_and_by_its_id(admin, language, detail):
    failed = take_in(admin, table(["slug", "preço"], ["x", "1"]))
    done = take_in(admin, table(["slug", "name", "price"], [support.unique("ok"), "Ok", "1"]))
    def ask(path):
        return admin.request("GET", path, headers={"Accept-Language": language}).json()
    why = {"code": "unknown_column", "detail": detail, "column": "preço"}
    assert ask(f"/v1/imports/{failed['id']}")["failure"] == why
    listed = {i["id"]: i for i in ask("/v1/imports?limit=100")["data"]}
    assert (listed[failed["id"]]["state"], listed[failed["id"]]["failure"]) == ("failed", why)
    assert listed[done["id"]]["failure"] is None


def many(prefix, first, count):
    return [[f"{prefix}-{n}", f"{prefix}-{n}".upper(), f"Item {n}", "1"]
            for n in range(first, first + count)]


def test_a_dry_run_finds_a_sku_twice_however_far_apart(admin):
    """More rows lie between the two than are taken in at once; the run that counts says the same."""
    prefix = support.unique("longe")
    rows = many(prefix, 0, 300)
    rows.append([f"{prefix}-outro", f"{prefix}-3".upper(), "Outro", "1"])
    content = table(["slug", "sku", "name", "price"], *rows)
    tried = take_in(admin, content, dry_run=True)
    done = take_in(admin, content)
    for report in tried, done:
        assert report["counts"] == counts(created=300, rejected=1)
        assert [(e["line"], e["column"], e["code"]) for e in report["errors"]] == [
            (302, "sku", "already_exists")]


def test_a_dry_run_knows_a_product_again_however_far_apart(admin):
    prefix = support.unique("denovo")
    rows = many(prefix, 0, 300) + [[f"{prefix}-3", f"{prefix}-3".upper(), "Item 3 b", "1"],
                                   ["", f"{prefix}-5".upper(), "Item 5 b", "1"]]
    content = table(["slug", "sku", "name", "price"], *rows)
    for report in take_in(admin, content, dry_run=True), take_in(admin, content):
        assert (report["counts"], report["errors"]) == (counts(created=300, updated=2), [])


def test_what_a_dry_run_refuses_takes_no_sku(admin):
    prefix = support.unique("recusa")
    rows = many(prefix, 0, 300)
    rows[3][3] = ""  # a new product needs a price
    rows.append([f"{prefix}-outro", f"{prefix}-3".upper(), "Outro", "1"])
    content = table(["slug", "sku", "name", "price"], *rows)
    for report in take_in(admin, content, dry_run=True), take_in(admin, content):
        assert report["counts"] == counts(created=300, rejected=1)


def test_an_attribute_is_taken_as_the_type_it_is_defined_to_have(admin):
    litres, oven, free = (support.unique(name) for name in ("litros", "forno", "livre"))
    for name, kind in ((litres, "number"), (oven, "boolean")):
        answer = admin.put(f"/v1/attributes/{name}", {"label": name, "type": kind})
        assert answer.status_code == 201, answer.text
    slug = support.unique("tipado")
    header = ["slug", "name", "price", f"attr:{litres}", f"attr:{oven}", f"attr:{free}"]
    report = take_in(admin, table(header, [slug, "Tipado", "1", "1,5", "verdadeiro", "2"]))
    assert (report["counts"], report["errors"]) == (counts(created=1), [])
    attributes = admin.get(f"/v1/products/{slug}").json()["attributes"]
    assert attributes == {litres: 1.5, oven: True, free: "2"}
    report = take_in(admin, table(header, [slug, "Tipado", "1", "muito", "sim", "2"]))
    assert {(e["line"], e["column"], e["code"]) for e in report["errors"]} == {
        (2, f"attr:{litres}", "not_number"), (2, f"attr:{oven}", "not_boolean")}
    row = next(row for row in read(written(admin)) if row["slug"] == slug)
    assert (row[f"number:{litres}"], row[f"boolean:{oven}"]) == ("1,5", "true")
    again = [[name for name in row if row[name]], [row[name] for name in row if row[name]]]
    assert take_in(admin, table(*again))["counts"] == counts(unchanged=1)


def test_what_is_no_table_is_refused(admin):
    assert_problem(send(admin, b"\x89PNG\r\n\x1a\n\0\0"), 415, "not_a_sheet")
    assert_problem(send(admin, b"{}", media="application/json"), 415)
    assert_problem(send(admin, b""), 400, "body_required")


def test_a_zip_bomb_is_refused(admin):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook>" + "<a/>" * (8 << 20) + "</workbook>")
    report = take_in(admin, content.getvalue(), media=XLSX)
    assert report["state"] == "failed"
    assert [e["code"] for e in report["errors"]] == ["sheet_too_large"]


# Its life -------------------------------------------------------------------------------------

def test_a_canceled_import_is_not_done(admin):
    slug = support.unique("nunca")
    answer = send(admin, table(["slug", "name", "price"], [slug, "Nunca", "1"]))
    path = answer.headers["Location"]
    assert admin.delete(path).status_code == 204
    run_job()
    assert admin.get(path).json()["state"] == "canceled"
    assert admin.get(f"/v1/products/{slug}").status_code == 404
    assert_problem(admin.delete(path), 409, "transfer_ended")


def test_an_import_whose_job_was_killed_goes_on_where_it_stood(admin):
    stem = support.unique("longo")
    rows = [[f"{stem}-{i}", f"Longo {i}", "1"] for i in range(250)]
    answer = send(admin, table(["slug", "name", "price"], *rows))
    path = answer.headers["Location"]
    # As a job leaves it that was killed after its first chunk: a hundred products are there.
    first = support.rows("SELECT products.create_product(jsonb_build_object('slug', '%s-' || i, 'name', "
                         "'Outro', 'price', 1, 'currency', 'BRL')) FROM generate_series(0, 99) AS i" % stem)
    assert len(first) == 100
    support.rows("UPDATE products.transfers SET state = 'running', attempt = 1, done = 101, created = 100,"
                 " leased_until = now() - interval '1 second' WHERE id = '%s' RETURNING id"
                 % answer.json()["id"])
    run_job()
    report = admin.get(path).json()
    assert (report["state"], report["progress"]) == ("done", {"done": 251, "total": 251})
    assert report["counts"] == counts(created=250)
    assert admin.get(f"/v1/products/{stem}-0").json()["name"] == "Outro"


def test_lists_have_the_newest_first(admin):
    ids = [admin.post("/v1/exports", {"format": "csv"}).json()["id"] for _ in range(3)]
    page = admin.get("/v1/exports?limit=2").json()
    assert [export["id"] for export in page["data"]] == ids[:0:-1]
    rest = admin.get(f"/v1/exports?limit=2&cursor={page['next_cursor']}").json()
    assert rest["data"][0]["id"] == ids[0]
    for id in ids:
        assert admin.delete(f"/v1/exports/{id}").status_code == 204


def test_files_are_for_those_who_write_products(admin, customer, anyone):
    export = admin.post("/v1/exports", {"format": "csv"})
    path = export.headers["Location"] + "/file"
    assert_problem(admin.get(path), 404)
    run_job()
    assert_problem(anyone.get(path), 401)
    assert_problem(customer.get(path), 403)
    assert anyone.get(f"/internal/transfers/{export.json()['id']}").status_code == 404
