"""Who is sent report pages by mail: subscribing oneself and others, and the link that ends it."""
import hashlib
import hmac
import json
import os
import uuid

import pytest

import support
from support import assert_problem, ok

PATH = "/v1/report-subscriptions"


@pytest.fixture
def manager(make_user):
    """One of the staff who may read reports, and change no users."""
    return make_user("manager")


def subscribe(client, page="daily", **fields):
    return ok(client.post(PATH, {"page": page, **fields}), 201)


def at(subscription):
    return f"{PATH}/{subscription['id']}"


def ids(client, **query):
    return [row["id"] for row in ok(client.get(PATH, params=query))["data"]]


def link(subscription):
    """The link of its letters, as lib/sales/report_mail makes it: a path and its query."""
    with open(os.path.join(support.settings()["VENDAS_DATA_KEYS"], "lookup.key"),
              encoding="ascii") as file:
        key = bytes.fromhex(file.read().strip())
    what = f"sales.report_subscriptions.unsubscribe:{subscription['id']}"
    digest = hmac.new(key, what.encode(), hashlib.sha256).hexdigest()
    return f"{at(subscription)}/unsubscribe?signature={digest}"


# One's own ------------------------------------------------------------------------------------

def test_who_reads_reports_subscribes_and_ends_it(manager):
    answer = manager.post(PATH, {"page": "weekly", "language": "en"})
    made = ok(answer, 201)
    assert answer.headers["Location"] == at(made)
    assert (made["user_id"], made["page"], made["language"], made["mailed_at"]) == (
        manager.id, "weekly", "en", None)
    assert ok(manager.get(at(made))) == made
    assert ids(manager) == [made["id"]]
    assert manager.delete(at(made)).status_code == 204
    assert_problem(manager.get(at(made)), 404, "not_found")
    assert ids(manager) == []


def test_without_a_language_it_is_the_users_own(manager):
    assert subscribe(manager)["language"] == "pt-BR"
    ok(manager.patch("/v1/users/me", {"language": "en"}))
    assert subscribe(manager, "monthly")["language"] == "en"


def test_a_page_is_subscribed_to_once(manager):
    subscribe(manager)
    assert_problem(manager.post(PATH, {"page": "daily"}), 409, "already_exists", "/page")
    assert len(ids(manager)) == 1


def test_the_language_changes_and_nothing_else(manager):
    made = subscribe(manager)
    etag = manager.get(at(made)).headers["ETag"]
    changed = ok(manager.patch(at(made), {"language": "en"}, headers={"If-Match": etag}))
    assert changed == {**made, "language": "en", "updated_at": changed["updated_at"]}
    assert_problem(manager.patch(at(made), {"language": "pt-BR"}, headers={"If-Match": etag}),
                   412, "lost_update")
    for name, value in (("page", "weekly"), ("user_id", manager.id)):
        assert_problem(manager.patch(at(made), {name: value}), 422, pointer=f"/{name}")


@pytest.mark.parametrize("body, pointer", [
    ({}, "/page"), ({"page": "yearly"}, "/page"), ({"page": "daily", "language": "fr"}, "/language"),
    ({"page": "daily", "user_id": "x"}, "/user_id"), ({"page": "daily", "email": "a@b.c"}, "/email")])
def test_what_is_no_subscription_is_refused(manager, body, pointer):
    assert_problem(manager.post(PATH, body), 422, "validation_failed", pointer)


# Others' --------------------------------------------------------------------------------------

def test_what_is_another_ones_is_not_found(manager, make_user):
    other = make_user("manager")
    theirs = subscribe(other)
    for answer in (manager.get(at(theirs)), manager.patch(at(theirs), {"language": "en"}),
                   manager.delete(at(theirs))):
        assert_problem(answer, 404, "not_found")
    assert ids(manager) == ids(manager, user_id=other.id) == []
    assert_problem(manager.post(PATH, {"page": "weekly", "user_id": other.id}), 403, "forbidden")
    assert ok(other.get(at(theirs))) == theirs


def audited(user):
    return [(row[0], row[1]) for row in support.rows(
        "SELECT action, actor FROM registry.audit WHERE action LIKE 'report_subscription.%'"
        f" AND subject = '{user.id}' ORDER BY at, id")]


def test_who_changes_users_subscribes_others_and_that_is_written_down(admin, manager):
    theirs = subscribe(admin, user_id=manager.id)
    assert ids(admin, user_id=manager.id) == ids(manager) == [theirs["id"]]
    ok(admin.patch(at(theirs), {"language": "en"}))
    assert ok(manager.get(at(theirs)))["language"] == "en"
    assert admin.delete(at(theirs)).status_code == 204
    assert ids(manager) == []
    assert audited(manager) == [(f"report_subscription.{act}", admin.id)
                                for act in ("created", "changed", "deleted")]


def test_what_one_does_to_ones_own_is_nobody_elses_business(admin):
    mine = subscribe(admin, "monthly")
    assert admin.delete(at(mine)).status_code == 204
    assert audited(admin) == []


def test_only_users_who_may_read_reports_are_subscribed(admin, make_user, make_account):
    for user in (make_user("customer").id, make_user("stock").id, str(uuid.uuid4())):
        assert_problem(admin.post(PATH, {"page": "daily", "user_id": user}), 422, "not_a_reader",
                       "/user_id")
    account = make_account("reports:read")
    assert_problem(account.post(PATH, {"page": "daily"}), 422, "not_a_reader", "/user_id")


def test_a_list_goes_on_where_a_page_of_it_ended(admin, make_user):
    made = [subscribe(admin, user_id=make_user("manager").id)["id"] for _ in range(3)]
    first = ok(admin.get(PATH, params={"limit": 2}))
    rest = ok(admin.get(PATH, params={"limit": 1, "cursor": first["next_cursor"]}))
    assert [row["id"] for row in first["data"] + rest["data"]] == made[::-1]


# The link of a letter -------------------------------------------------------------------------

def test_looking_at_the_link_changes_nothing(anyone, manager):
    made = subscribe(manager)
    for method in ("GET", "HEAD"):
        answer = anyone.request(method, link(made))
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
    assert '<form method="post">' in anyone.get(link(made)).text
    assert ids(manager) == [made["id"]]


@pytest.mark.parametrize("options", [
    {"data": {"List-Unsubscribe": "One-Click"}},
    {"files": {"List-Unsubscribe": (None, "One-Click")}},
    {}], ids=["form", "multipart", "button"])
def test_one_click_ends_it_without_signing_in(anyone, manager, options):
    made, kept = subscribe(manager), subscribe(manager, "weekly")
    for _ in range(2):  # as often as it is asked to
        answer = anyone.request("POST", link(made), **options)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers and "<form" not in answer.text
    assert ids(manager) == [kept["id"]]


def test_a_link_that_is_not_ours_ends_nothing(anyone, manager):
    made, other = subscribe(manager), subscribe(manager, "weekly")
    path, good = link(made).split("?signature=")
    borrowed = link(other).split("=")[1]
    assert_problem(anyone.post(path), 422, pointer="signature")
    for bad in (borrowed, good[:-1], good + "0", good.upper(), "x"):
        for method in ("GET", "POST"):
            assert_problem(anyone.request(method, path, params={"signature": bad}), 403,
                           "invalid_link")
    assert_problem(anyone.request("POST", link({"id": "x"})), 404, "not_found")
    assert len(ids(manager)) == 2


def test_nothing_else_can_be_done_with_a_link(anyone, manager):
    made = subscribe(manager)
    query = link(made).split("?")[1]
    for method in ("GET", "PATCH", "DELETE"):
        assert_problem(anyone.request(method, f"{at(made)}?{query}", json={"language": "en"}), 401)
    assert_problem(anyone.get(f"{PATH}?{query}"), 401)
    for method in ("PUT", "PATCH", "DELETE"):
        assert anyone.request(method, link(made)).status_code == 405
    assert ok(manager.get(at(made))) == made


def test_the_page_of_a_link_is_in_the_readers_language(anyone, manager):
    page = link(subscribe(manager))
    assert "<button>Unsubscribe</button>" in anyone.get(page).text
    answer = anyone.get(page, headers={"Accept-Language": "pt-BR"})
    assert "<button>Cancelar a assinatura</button>" in answer.text


# Privacy --------------------------------------------------------------------------------------

def test_subscriptions_are_exported_and_erased_with_their_user(admin, manager):
    made = subscribe(manager)
    everything = ok(manager.get("/v1/users/me/export"))
    assert everything["sales"]["report_subscriptions"] == [made]
    assert manager.delete("/v1/users/me", json={"password": manager.password}).status_code == 204
    assert_problem(admin.get(at(made)), 404, "not_found")
    assert_problem(admin.post(PATH, {"page": "daily", "user_id": manager.id}), 422, "not_a_reader")


# When a period is over ------------------------------------------------------------------------

@pytest.mark.parametrize("page, moment, hour, period", [
    ("daily", "2026-11-30 06:59-03", 7, ("2026-11-28", "2026-11-29")),
    ("daily", "2026-11-30 07:00-03", 7, ("2026-11-29", "2026-11-30")),
    ("daily", "2026-11-30 02:59Z", 0, ("2026-11-28", "2026-11-29")),
    ("daily", "2026-11-30 03:00Z", 0, ("2026-11-29", "2026-11-30")),
    ("weekly", "2026-11-30 06:59-03", 7, ("2026-11-16", "2026-11-23")),
    ("weekly", "2026-11-30 07:00-03", 7, ("2026-11-23", "2026-11-30")),
    ("weekly", "2026-12-06 23:59-03", 7, ("2026-11-23", "2026-11-30")),
    ("monthly", "2026-12-01 06:59-03", 7, ("2026-10-01", "2026-11-01")),
    ("monthly", "2026-12-01 07:00-03", 7, ("2026-11-01", "2026-12-01")),
    ("monthly", "2026-03-01 23:00-03", 23, ("2026-02-01", "2026-03-01")),
    # Midnight was skipped when daylight-saving time began, and came twice when it ended.
    ("daily", "2018-11-04 03:00Z", 0, ("2018-11-03", "2018-11-04")),
    ("daily", "2018-11-04 08:59Z", 7, ("2018-11-02", "2018-11-03")),
    ("daily", "2018-11-04 09:00Z", 7, ("2018-11-03", "2018-11-04")),
    ("daily", "2018-02-18 02:30Z", 0, ("2018-02-16", "2018-02-17")),
    ("daily", "2018-02-18 03:00Z", 0, ("2018-02-17", "2018-02-18")),
])
def test_a_period_is_over_at_the_shops_hour(page, moment, hour, period):
    assert tuple(support.rows(
        f"SELECT * FROM sales.report_period('{page}', '{moment}', 'America/Sao_Paulo', {hour})"
    )[0]) == period


def test_vendasctl_subscribes_shows_and_ends(make_account, manager):
    from test_vendasctl import run
    credentials = make_account("reports:read", "users:read", "users:write").credentials
    shell = {"VENDASCTL_URL": support.URL, "VENDASCTL_CLIENT_ID": credentials["client_id"],
             "VENDASCTL_CLIENT_SECRET": credentials["client_secret"], "LC_ALL": "C.UTF-8"}

    def ctl(*arguments):
        done = run("reports", *arguments, **shell)
        return done.returncode, done.stdout + done.stderr
    status, made = ctl("subscribe", "weekly", manager.email.upper(), "--language", "en")
    assert (status, made.strip()) == (0, ids(manager)[0])
    status, table = ctl("subscriptions", "--user", manager.id)
    assert status == 0 and table.splitlines()[1].split() == [manager.id, "weekly", "en"]
    status, text = ctl("subscriptions", "--user", manager.email, "--json")
    assert [row["page"] for row in json.loads(text)["data"]] == ["weekly"]
    assert ctl("unsubscribe", "daily", manager.email)[0] == 1
    assert ctl("unsubscribe", "weekly", manager.email) == (0, "")
    assert ids(manager) == []
    assert ctl("subscribe", "weekly", "nobody@example.com")[0] == 1
    assert ctl("subscribe", "yearly", manager.id)[0] == 1
