"""The collector on sites that change, misbehave or go away: nothing is lost by it."""
import signal
import threading

import pytest

import collecting
import support
from collecting import product


@pytest.fixture
def site():
    site = collecting.Site()
    yield site
    site.stop()


@pytest.fixture
def source(site):
    """A source whose site sells two products, not yet collected."""
    site.sell({"bule": product("Bule de lata", "49.90", sku="A1"),
               "tacho": product("Tacho de cobre", "329.00", sku="A2")})
    return collecting.make_source([site.url + "/"])


@pytest.fixture
def collected(admin, source):
    """The same, collected once."""
    assert collecting.collect(source) == 0
    assert len(collecting.taken(admin, source)) == 2
    return source


def last_run(admin, source):
    return collecting.runs(admin, source)[0]


def assert_failed(admin, source, reason):
    run = last_run(admin, source)
    assert (run["status"], run["reason"]) == ("failed", reason)
    counts = run["counts"]
    assert counts["created"] == counts["updated"] == counts["unchanged"] == 0


# Sites that change ---------------------------------------------------------------------------

def test_changed_price_is_taken_over_and_the_rest_left(admin, site, collected):
    site.pages["/p/bule"] = product("Bule de lata", "54.90", sku="A1")
    assert collecting.collect(collected) == 0
    counts = last_run(admin, collected)["counts"]
    assert (counts["updated"], counts["unchanged"], counts["created"]) == (1, 1, 0)
    assert collecting.taken(admin, collected)["Bule de lata"]["price"] == 5490


@pytest.mark.parametrize("page, outcome", [
    ((404, {}, "not here"), ("error", "HTTP 404")),
    ((500, {"Retry-After": "99"}, "broken"), ("error", "HTTP 500")),
    ("", ("refused", "no_product")),
    ("<html><body>Em manutenção</body></html>", ("refused", "no_product")),
    (product("Bule de lata", None, sku="A1"), ("refused", "no_price")),
    (product("Bule de lata", "0.00", sku="A1"), ("refused", "implausible_price")),
    (product("", "49.90", sku="A1"), ("refused", "no_name")),
], ids=["gone", "broken", "empty", "closed", "without price", "price zero", "without name"])
def test_page_that_lost_its_product_overwrites_nothing(admin, site, collected, page, outcome):
    before = collecting.taken(admin, collected)
    site.pages["/p/bule"] = page
    assert collecting.collect(collected) == 0
    run = last_run(admin, collected)
    assert run["status"] == "succeeded"
    assert collecting.outcomes(admin, run)["/p/bule"] == outcome
    assert collecting.outcomes(admin, run)["/p/tacho"] == ("product", None)
    assert collecting.taken(admin, collected) == before


@pytest.mark.parametrize("make", [
    lambda name: product(name, "0"),
    lambda name: product(name, None),
    lambda name: product("", "49.90"),
    lambda name: product(name, "99999999999.00"),
    lambda name: "<html><body>Prove que você é humano</body></html>",
    lambda name: "",
    lambda name: (404, {}, "moved"),
], ids=["price zero", "no price", "no name", "absurd price", "captcha", "empty", "gone"])
def test_run_fails_where_no_page_tells_anything_plausible(admin, site, collected, make):
    before = collecting.taken(admin, collected)
    site.sell({"bule": make("Bule de lata"), "tacho": make("Tacho de cobre")})
    assert collecting.collect(collected) == 1
    assert_failed(admin, collected, "no_products")
    assert collecting.taken(admin, collected) == before


def test_run_fails_where_the_list_is_empty(admin, site, collected):
    before = collecting.taken(admin, collected)
    site.pages["/"] = "<html><body>Nenhum produto</body></html>"
    assert collecting.collect(collected) == 1
    assert_failed(admin, collected, "no_products")
    assert collecting.taken(admin, collected) == before


def test_failed_run_of_one_source_does_not_harm_another(admin, site, source):
    with_nothing = collecting.make_source([site.url + "/empty"])
    result = support.vendas("job", "collect")
    assert result.returncode == 1
    assert_failed(admin, with_nothing, "no_products")
    assert last_run(admin, source)["counts"]["created"] == 2


def test_inactive_source_is_not_visited(admin, site, source):
    support.rows(f"UPDATE catalog.sources SET active = false WHERE name = '{source}'")
    assert collecting.collect(source) == 0
    assert site.asked == []
    assert collecting.runs(admin, source) == []


# Manners -------------------------------------------------------------------------------------

def test_every_request_names_the_collector_and_whom_to_write_to(site, source):
    assert collecting.collect(source, VENDAS_COLLECTOR_CONTACT="dona@loja.example") == 0
    agents = {headers["User-Agent"] for _, _, headers in site.asked}
    assert agents == {"VendasCollector/1.0 (+mailto:dona@loja.example)"}
    assert site.paths()[0] == "/robots.txt"


def test_source_can_be_forbidden_by_name(admin, site, source):
    site.pages["/robots.txt"] = "User-agent: VendasCollector\nDisallow: /\n"
    assert collecting.collect(source) == 1
    assert_failed(admin, source, "forbidden_by_robots")
    assert site.paths() == ["/robots.txt"]


@pytest.mark.parametrize("answer", [
    (503, {"Retry-After": "120"}, ""), (429, {"Retry-After": "120"}, "")], ids=["503", "429"])
def test_nothing_is_asked_for_where_robots_txt_cannot_be_had(admin, site, source, answer):
    site.pages["/robots.txt"] = answer
    assert collecting.collect(source) == 1
    assert_failed(admin, source, "no_answer")
    assert collecting.outcomes(admin, last_run(admin, source)) == {
        "/robots.txt": ("error", f"HTTP {answer[0]}")}
    assert site.paths() == ["/robots.txt"]


def test_crawl_delay_is_kept(site, source):
    site.pages["/robots.txt"] = "User-agent: *\nCrawl-delay: 0.4\n"
    assert collecting.collect(source) == 0
    times = [at for _, at, _ in site.asked]
    assert len(times) == 4
    assert min(later - sooner for sooner, later in zip(times[1:], times[2:])) >= 0.4


def test_site_that_is_asked_too_much_is_asked_again_when_it_says(admin, site, source):
    answers = [(429, {"Retry-After": "2"}, ""), product("Bule de lata", "49.90", sku="A1")]
    site.pages["/p/bule"] = lambda: answers.pop(0)
    assert collecting.collect(source) == 0
    first, second = site.times("/p/bule")
    assert second - first >= 2
    assert last_run(admin, source)["counts"]["created"] == 2


def test_site_that_wants_to_be_left_alone_for_long_is(admin, site, source):
    site.pages["/p/bule"] = (429, {"Retry-After": "3600"}, "")
    assert collecting.collect(source) == 0
    assert site.paths().count("/p/bule") == 1
    assert collecting.outcomes(admin, last_run(admin, source))["/p/bule"] == ("error", "HTTP 429")


def test_no_more_pages_are_asked_for_than_the_source_allows(admin, site):
    site.sell({f"n{i}": product(support.unique("Item")) for i in range(9)})
    source = collecting.make_source([site.url + "/"], max_pages=4)
    assert collecting.collect(source) == 0
    assert last_run(admin, source)["counts"]["pages"] == 4
    assert len([path for path in site.paths() if path != "/robots.txt"]) == 4


# Where it goes -------------------------------------------------------------------------------

def test_redirect_is_followed_within_the_site(admin, site, source):
    site.pages["/p/bule"] = (301, {"Location": "/p/bule-novo"}, "")
    site.pages["/p/bule-novo"] = product("Bule de lata", "49.90", sku="A1")
    assert collecting.collect(source) == 0
    assert collecting.outcomes(admin, last_run(admin, source))["/p/bule-novo"][0] == "product"


def test_redirect_to_another_host_is_not_followed(admin, site, source):
    other = collecting.Site({"/p/bule": product("Bule alheio")})
    site.pages["/p/bule"] = (302, {"Location": other.url + "/p/bule"}, "")
    assert collecting.collect(source) == 0
    other.stop()
    assert other.asked == []
    assert collecting.outcomes(admin, last_run(admin, source))["/p/bule"] == ("error", "HTTP 302")


def test_redirect_to_a_forbidden_page_is_not_followed(site, source):
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /interno/\n"
    site.pages["/p/bule"] = (302, {"Location": "/interno/bule"}, "")
    site.pages["/interno/bule"] = product("Bule secreto")
    assert collecting.collect(source) == 0
    assert "/p/bule" in site.paths()
    assert "/interno/bule" not in site.paths()


def test_endless_redirect_is_given_up(admin, site, source):
    site.pages["/p/bule"] = (302, {"Location": "/p/bule"}, "")
    assert collecting.collect(source) == 0
    assert last_run(admin, source)["counts"]["errors"] == 1
    assert site.paths().count("/p/bule") == 6


def test_links_to_other_hosts_are_left(site, source):
    other = collecting.Site({"/p/x": product("Alheio")})
    site.pages["/"] = collecting.links([other.url + "/p/x", "/p/bule"])
    assert collecting.collect(source) == 0
    other.stop()
    assert other.asked == []
    assert site.paths() == ["/robots.txt", "/", "/p/bule"]


def test_private_address_is_refused_unless_the_operator_allows_it(admin, site, source):
    support.rows("UPDATE catalog.sources SET private_addresses = false"
                 f" WHERE name = '{source}'")
    connections = []
    site.server.verify_request = lambda request, client: connections.append(client) or True
    assert collecting.collect(source) == 1
    assert_failed(admin, source, "no_answer")
    assert collecting.outcomes(admin, last_run(admin, source)) == {
        "/robots.txt": ("error", "private address")}
    assert connections == []


@pytest.mark.parametrize("host", [
    "0.0.0.0", "127.1", "0x7f000001", "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.31.0.1",
    "192.168.0.1", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[fe80::1]",
    "[fd00::1]", "[2002:7f00:1::1]", "[2001:0:7f00:1::1]"])
def test_private_addresses_are_known_in_every_form(admin, host):
    source = collecting.make_source([f"http://{host}/"], private=False)
    assert collecting.collect(source) == 1
    assert collecting.outcomes(admin, last_run(admin, source)) == {
        "/robots.txt": ("error", "private address")}


def test_start_pages_on_another_host_than_the_first_are_not_asked_for(admin, site):
    site.sell({"bule": product("Bule de lata", "49.90", sku="A1")})
    other = collecting.Site({"/more": collecting.links(["/p/x"])})
    source = collecting.make_source([site.url + "/", other.url + "/more"])
    assert collecting.collect(source) == 0
    other.stop()
    assert other.asked == []
    assert collecting.outcomes(admin, last_run(admin, source))["/more"] == (
        "forbidden", "other_host")


def test_start_page_is_forbidden_however_its_address_is_written(site):
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /café\n"
    for path in ("/café", "/caf%c3%a9", "/caf%C3%A9"):
        assert collecting.collect(collecting.make_source([site.url + path])) == 1
    assert set(site.paths()) == {"/robots.txt"}


def test_sites_are_asked_directly_whatever_proxy_the_environment_names(site):
    site.sell({"bule": product("Bule de lata", "49.90", sku="A1")})
    source = collecting.make_source([site.url.replace("127.0.0.1", "localhost") + "/"])
    assert collecting.collect(source, http_proxy="http://127.0.0.1:9",
                              no_proxy="127.0.0.1") == 0
    assert "/p/bule" in site.paths()


# Breaks --------------------------------------------------------------------------------------

def test_site_that_goes_away_in_the_middle_is_given_up(admin, site):
    site.sell({f"n{i}": product(support.unique("Item"), sku=f"N{i}") for i in range(30)})

    def last():
        site.server.socket.close()
        return product("Item derradeiro")
    site.pages["/p/n3"] = last
    source = collecting.make_source([site.url + "/"])
    assert collecting.collect(source) == 1
    assert_failed(admin, source, "no_answer")
    assert last_run(admin, source)["counts"]["errors"] == 5
    assert collecting.taken(admin, source) == {}


@pytest.mark.parametrize("setting", [
    {"VENDAS_COLLECTOR_CLIENT_SECRET": "wrong"}, {"VENDAS_API_URL": "http://127.0.0.1:9"}],
    ids=["not signed in", "not answered"])
def test_run_fails_without_the_api_and_the_next_one_makes_up_for_it(admin, source, setting):
    assert collecting.collect(source, **setting) == 1
    assert_failed(admin, source, "api_unavailable")
    assert last_run(admin, source)["counts"]["found"] == 2
    assert collecting.collect(source) == 0
    assert last_run(admin, source)["counts"]["created"] == 2


def test_long_descriptions_are_fed_in_batches_that_the_api_takes(admin, site):
    text = "Feito à mão. " * 750
    site.sell({f"n{i}": product(support.unique("Item"), sku=f"L{i}", description=text)
               for i in range(120)})
    source = collecting.make_source([site.url + "/"])
    assert collecting.collect(source) == 0
    assert last_run(admin, source)["counts"]["created"] == 120


@pytest.fixture
def held(site, source):
    """A run that is under way: its first product page answers when the event is set."""
    reached, go_on = threading.Event(), threading.Event()

    def page():
        reached.set()
        go_on.wait(60)
        return product("Bule de lata", "49.90", sku="A1")
    site.pages["/p/bule"] = page
    process = collecting.start(source)
    assert reached.wait(30)
    yield process, go_on
    go_on.set()
    process.kill()
    process.wait()


def test_second_collector_leaves_the_work_to_the_first(admin, source, held):
    process, go_on = held
    second = collecting.start(source)
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 0
    assert "another collector is at work" in said
    go_on.set()
    process.communicate(timeout=60)
    assert process.returncode == 0
    run, = collecting.runs(admin, source)
    assert run["counts"]["created"] == 2


def test_killed_run_is_told_from_one_that_ended(admin, site, source, held):
    process, go_on = held
    process.send_signal(signal.SIGKILL)
    process.wait()
    go_on.set()
    site.pages["/p/bule"] = product("Bule de lata", "49.90", sku="A1")
    assert collecting.collect(source) == 0
    newest, killed = collecting.runs(admin, source)
    assert (killed["status"], killed["reason"]) == ("failed", "interrupted")
    assert newest["counts"]["created"] == 2
