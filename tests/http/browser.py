"""A browser (Chromium) for the tests of pages. Their modules import its fixtures."""
import shutil

import pytest

import support

webdriver = pytest.importorskip("selenium.webdriver", reason="python3-selenium is not installed")
By = pytest.importorskip("selenium.webdriver.common.by").By
Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys
Wait = pytest.importorskip("selenium.webdriver.support.ui").WebDriverWait

# The browser talks to this instance alone.
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync")
SECONDS = 20


class Page:
    """A page in the browser; what is asked of it waits until it is so."""

    def __init__(self, driver):
        self.driver = driver

    def open(self, path):
        self.driver.get(support.URL + path)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def until(self, condition, what):
        return Wait(self.driver, SECONDS).until(lambda _: condition(), f"{what}: never")

    def texts(self, selector):
        """What is to be read, of all at one moment: the page may be changing."""
        return self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText)", selector)

    def attributes(self, selector, name):
        return self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map("
            "e => e.getAttribute(arguments[1]))", selector, name)

    def cards(self):
        return self.texts(".card:not(.coming)")

    def search(self, text):
        box = self.one("input[name=q]")
        box.send_keys(Keys.CONTROL, "a")
        box.send_keys(text)

    def choose(self, name, value):
        self.one(f"select[name={name}] option[value='{value}']").click()


@pytest.fixture(scope="module")
def driver():
    for program in ("chromium", "chromedriver"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.chrome.service.Service(shutil.which("chromedriver"))
    driver = webdriver.Chrome(service=service, options=options)
    yield driver
    driver.quit()


@pytest.fixture
def page(driver):
    """The browser, whose console has to stay empty."""
    page = Page(driver)
    driver.get("about:blank")
    driver.get_log("browser")
    yield page
    assert driver.get_log("browser") == []
