"""The account page, where the links of letters lead, in a browser (Chromium)."""
import re

import pytest

import browser
import support

Keys = browser.Keys
driver, page = browser.driver, browser.page

CALLS = """return performance.getEntriesByType("resource").map(e => new URL(e.name))
               .filter(u => u.pathname.startsWith("/v1/")).map(u => u.pathname)"""


def speak(driver, language):
    """As a browser does whose user reads that language."""
    driver.execute_cdp_cmd("Emulation.setUserAgentOverride", {
        "userAgent": "Mozilla/5.0 Chrome", "acceptLanguage": language})


@pytest.fixture(autouse=True)
def portuguese(driver):
    speak(driver, "pt-BR")


def follow(page, link):
    """Opens a link, as a letter or a path below /account/ has it."""
    page.driver.get("about:blank")
    page.open(link if link.startswith("/") else f"/account/{link}")
    page.until(lambda: page.one("#panel").is_displayed(), "the panel")


def link_in(letter):
    """The path of the link in a letter, which has to be one of this instance."""
    link = re.search(r"^(http\S+#\S+)", letter.get_content(), re.MULTILINE).group(1)
    assert link.startswith(support.URL + "/account/#")
    return link[len(support.URL):]


def until_title(page, title):
    page.until(lambda: page.one("#title").text == title, title)


def focused(page):
    return page.driver.switch_to.active_element.get_attribute("id")


# The page by itself ---------------------------------------------------------------------------

@pytest.mark.parametrize("kind, title", [
    ("confirm", "Confirme o seu e-mail"), ("email", "Confirme o seu novo e-mail"),
    ("reset", "Escolha uma nova senha")])
def test_a_token_leaves_the_address_bar_at_once_and_nothing_happens_by_itself(page, kind, title):
    follow(page, f"#{kind}=very-secret")
    until_title(page, title)
    assert page.driver.current_url == f"{support.URL}/account/"
    assert page.driver.execute_script(CALLS) == []
    assert "very-secret" not in page.driver.page_source


@pytest.mark.parametrize("fragment", ["", "#", "#confirm", "#confirm=", "#nothing=x", "#toString=x"])
def test_without_a_token_the_page_helps_who_forgot_the_password(page, fragment):
    follow(page, fragment or "/account/")
    until_title(page, "Esqueceu a senha?")
    assert focused(page) == "email"


def test_another_link_in_the_same_tab_is_followed(page):
    follow(page, "#confirm=one")
    page.open("/account/#reset=two")
    until_title(page, "Escolha uma nova senha")
    assert page.driver.current_url == f"{support.URL}/account/"


def test_the_page_may_load_and_call_nothing_but_ours(anyone):
    for path in ("/account/", "/account/index.html", "/account/account.js"):
        answer = anyone.get(path)
        assert answer.status_code == 200
        policy = dict(part.split(" ", 1) for part in
                      answer.headers["Content-Security-Policy"].split("; "))
        assert policy.pop("default-src") == "'none'"
        assert set(policy.values()) <= {"'self'", "'none'"}
        assert {"base-uri", "form-action", "frame-ancestors"} <= policy.keys()
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("language, title", [
    ("en-GB,pt;q=0.5", "Choose a new password"), ("pt-PT", "Escolha uma nova senha"),
    ("fr,en;q=0.8", "Choose a new password"), ("fr", "Escolha uma nova senha")])
def test_the_page_speaks_its_reader_s_language(page, driver, language, title):
    speak(driver, language)
    follow(page, "#reset=x")
    until_title(page, title)


def test_the_language_can_be_changed_and_what_was_typed_stays(page):
    follow(page, "#reset=x")
    page.one("#password").send_keys("uma frase")
    page.one("#language").click()
    until_title(page, "Choose a new password")
    assert page.one("html").get_attribute("lang") == "en"
    assert page.one("#password").get_attribute("value") == "uma frase"
    page.one("#language").click()
    until_title(page, "Escolha uma nova senha")


def test_a_password_can_be_looked_at(page):
    follow(page, "#reset=x")
    field, button = page.one("#password"), page.one("#show")
    field.send_keys("uma frase")
    assert (field.get_attribute("type"), button.text) == ("password", "Mostrar")
    button.click()
    assert (field.get_attribute("type"), button.text) == ("text", "Ocultar")
    assert focused(page) == "password"
    button.click()
    assert field.get_attribute("type") == "password"


def test_every_field_and_button_has_a_name(page):
    for fragment, names in (("#reset=x", {"Nova senha"}), ("#confirm=x", {"Senha"}),
                            ("#forgot", {"E-mail"})):
        follow(page, fragment)
        shown = [field for field in page.all("input") if field.is_displayed()]
        assert {field.accessible_name for field in shown} == names
        for button in page.all("button"):
            assert button.accessible_name or not button.is_displayed()


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("fragment", ["#confirm=x", "#reset=x", "#forgot"])
def test_nothing_sticks_out_at_the_side(page, driver, width, fragment):
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500})
    follow(page, fragment)
    assert driver.execute_script("return document.documentElement.scrollWidth") == width
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_shop_that_does_not_answer_can_be_asked_again(page, driver):
    follow(page, "#reset=x")
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/v1/*"]})
    page.one("#password").send_keys("uma frase bem longa", Keys.ENTER)
    page.until(lambda: "não respondeu" in page.one("#fault").text, "the fault")
    driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    driver.get_log("browser")  # the browser itself tells of the blocked request
    assert page.one("#action").is_enabled()
    assert page.one("#password").get_attribute("value") == "uma frase bem longa"


# With the API ---------------------------------------------------------------------------------

PASSWORD = "uma frase que ninguém adivinha"


def enters(email, password=PASSWORD):
    answer = support.Client().post("/v1/sessions", {"email": email, "password": password})
    return answer.status_code == 201


def ask(path, email, **fields):
    answer = support.Client().post(path, {"email": email, **fields},
                                   headers={"Accept-Language": "pt-BR"})
    assert answer.status_code == 202, answer.text


@pytest.fixture
def registered():
    """The address of a registration that waits for its confirmation."""
    email = f"{support.unique('rita')}@example.com"
    ask("/v1/users", email, name="Rita Lima", password=PASSWORD)
    return email


def refused(driver):
    """The browser itself tells of answers that refuse: of these and nothing else."""
    told = [entry["message"] for entry in driver.get_log("browser")]
    return told and all("422" in message for message in told)


def test_a_new_account_works_once_its_letter_s_link_was_confirmed(page, driver, registered):
    [letter] = support.letters(registered)
    assert not enters(registered)
    follow(page, link_in(letter))
    assert not enters(registered)
    field = page.driver.switch_to.active_element
    assert (field.accessible_name, field.get_attribute("autocomplete")) == (
        "Senha", "current-password")
    field.send_keys("uma senha de outra pessoa", Keys.ENTER)
    page.until(lambda: "errada" in page.one("#fault").text, "what is wrong")
    assert refused(driver)
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(PASSWORD, Keys.ENTER)
    until_title(page, "E-mail confirmado")
    assert focused(page) == "title"
    assert enters(registered)


def test_a_link_that_was_used_says_so_and_another_can_be_had(page, driver, registered):
    [letter] = support.letters(registered)
    ask("/v1/email-confirmations", registered)  # its token takes the first one's place
    follow(page, link_in(letter))
    page.one("#password").send_keys(PASSWORD, Keys.ENTER)
    until_title(page, "Este link não vale mais")
    assert refused(driver)
    page.one("#again").click()
    until_title(page, "Receber outro link")
    page.one("#email").send_keys(registered, Keys.ENTER)
    until_title(page, "Veja o seu e-mail")
    assert len(support.letters(registered)) == 3
    follow(page, link_in(support.letters(registered)[-1]))
    page.one("#password").send_keys(PASSWORD, Keys.ENTER)
    until_title(page, "E-mail confirmado")


def test_a_forgotten_password_is_changed_by_keyboard_alone(page, driver):
    user = support.register()
    follow(page, "/account/")
    page.driver.switch_to.active_element.send_keys(user.email, Keys.ENTER)
    until_title(page, "Veja o seu e-mail")
    [letter] = support.letters(user.email)
    follow(page, link_in(letter))
    page.driver.switch_to.active_element.send_keys("short", Keys.ENTER)
    page.until(lambda: "no mínimo 8" in page.one("#fault").text, "what is wrong")
    assert refused(driver)
    field = page.driver.switch_to.active_element
    assert (field.get_attribute("id"), field.get_attribute("aria-invalid")) == ("password", "true")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(PASSWORD, Keys.ENTER)
    until_title(page, "Senha trocada")
    assert enters(user.email) and not enters(user.email, user.password)


def test_a_new_address_is_confirmed_by_its_letter(page):
    user, new = support.register(), f"{support.unique('nova')}@example.com"
    answer = user.put("/v1/users/me/email", {"email": new, "password": user.password},
                      headers={"Accept-Language": "pt-BR"})
    assert answer.status_code == 202, answer.text
    [letter] = support.letters(new)
    follow(page, link_in(letter))
    until_title(page, "Confirme o seu novo e-mail")
    page.one("#action").click()
    until_title(page, "E-mail trocado")
    assert enters(new, user.password)
