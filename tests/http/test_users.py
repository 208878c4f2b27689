"""Users: what is refused at the door, reading and changing oneself, and what only staff may do."""
import unicodedata

import pytest
import requests

import support
from support import assert_problem


def registration(**fields):
    return {"name": "Ana Lima", "email": f"{support.unique('ana')}@example.com",
            "password": "correct horse battery", **fields}


def refused_fields(answer):
    problem = assert_problem(answer, 422, "validation_failed")
    return {error["pointer"]: error["code"] for error in problem["errors"]}


# Registering ---------------------------------------------------------------------------------

@pytest.mark.parametrize("field, value, code", [
    ("name", "", "required"),
    ("name", "   ", "required"),
    ("name", "x" * 121, "too_long"),
    ("name", "Ana\nLima", "control_character"),
    ("name", "Ana\0Lima", "control_character"),
    ("name", "Ana\u202eamiL", "control_character"),
    ("name", "Ana <b>Lima</b>", "forbidden_character"),
    ("name", "http://loja.example", "forbidden_character"),
    ("name", "12", "letter_missing"),
    ("name", 7, "not_text"),
    ("name", None, "not_null"),
    ("name", ["Ana"], "not_text"),
    ("email", "ana", "not_email"),
    ("email", "ana@localhost", "not_email"),
    ("email", "ana@@example.com", "not_email"),
    ("email", "ana.@example.com", "not_email"),
    ("email", "ana lima@example.com", "not_email"),
    ("email", "ana@-example.com", "not_email"),
    ("email", "x" * 65 + "@example.com", "not_email"),
    ("email", True, "not_text"),
    ("password", "short12", "too_short"),
    ("password", "x" * 129, "too_long"),
    ("password", {}, "not_text"),
])
def test_a_faulty_field_is_named_by_its_pointer(anyone, field, value, code):
    answer = anyone.post("/v1/users", registration(**{field: value}))
    assert refused_fields(answer) == {f"/{field}": code}


def test_every_fault_is_told_at_once(anyone):
    answer = anyone.post("/v1/users", {"email": "nobody", "password": "short"})
    assert refused_fields(answer) == {
        "/name": "required", "/email": "not_email", "/password": "too_short"}


def test_unknown_fields_are_refused_by_name(anyone):
    answer = anyone.post("/v1/users", registration(role="admin", **{"a/b~c": 1}))
    assert refused_fields(answer) == {
        "/role": "unknown_field", "/a~1b~0c": "unknown_field"}


@pytest.mark.parametrize("password", [
    "{email}", "{EMAIL}", "{local}", "Carolina Prado", "caroliná-e-os-gatos", "x PRADO 77"])
def test_a_password_that_holds_the_name_or_address_is_refused(anyone, password):
    body = registration(name="Carolina Prado")
    email = body["email"]
    body["password"] = password.format(
        email=email, EMAIL=email.upper(), local=email.partition("@")[0])
    answer = anyone.post("/v1/users", body)
    assert refused_fields(answer) == {"/password": "password_holds_identity"}


@pytest.mark.parametrize("password", [
    "senha123", "Flamengo@81", "12345678", "1qaz2wsx", "iloveyou", "aaaaaaaa"])
def test_a_password_that_many_choose_is_refused(anyone, password):
    answer = anyone.post("/v1/users", registration(password=password))
    assert refused_fields(answer) == {"/password": "password_common"}


def test_a_password_may_hold_any_characters():
    user = support.register(password="não é só \t letras 🔑 \"'\\")
    assert user.get("/v1/users/me").status_code == 200


def test_a_password_fits_however_the_keyboard_composes_its_accents(anyone):
    user = support.register(password="cora\u00e7\u00e3o de le\u00e3o")
    for form in ("NFC", "NFD"):
        password = unicodedata.normalize(form, user.password)
        assert anyone.post("/v1/sessions", {
            "email": user.email, "password": password}).status_code == 201
        assert requests.get(f"{support.URL}/v1/sessions/current", timeout=30,
                            auth=(user.email.encode(), password.encode())).status_code == 200


def test_names_of_any_script_come_back_as_they_were_sent():
    name = "José \"Zé\" D'Ávila & Søn 李小龙 S/A"
    assert support.register(name=name).get("/v1/users/me").json()["name"] == name


# Oneself -------------------------------------------------------------------------------------

def test_me_is_the_user_of_the_token(customer):
    me = customer.get("/v1/users/me")
    assert me.status_code == 200
    assert me.json()["id"] == customer.id
    assert me.json() == customer.get(f"/v1/users/{customer.id}").json()


def test_ones_id_is_found_in_upper_case_too(customer):
    assert customer.get(f"/v1/users/{customer.id.upper()}").json()["id"] == customer.id


def test_a_user_who_has_not_changed_is_not_sent_again(customer):
    tag = customer.get("/v1/users/me").headers["ETag"]
    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = customer.get("/v1/users/me", headers={"If-None-Match": condition})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == tag
    customer.patch("/v1/users/me", {"name": "Ana Souza"})
    answer = customer.get("/v1/users/me", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.headers["ETag"] != tag


def test_a_name_is_changed_and_nothing_else(customer):
    before = customer.get("/v1/users/me").json()
    answer = customer.patch("/v1/users/me", {"name": "Ana de Souza"})
    assert answer.status_code == 200
    after = customer.get("/v1/users/me").json()
    assert answer.json() == after
    assert after.pop("updated_at") > before.pop("updated_at")
    assert after == {**before, "name": "Ana de Souza"}


@pytest.mark.parametrize("field, value", [
    ("email", "other@example.com"), ("role", "admin"), ("document_verified", True),
    ("id", "00000000-0000-7000-8000-000000000000"), ("created_at", "2020-01-01T00:00:00Z"),
    ("updated_at", "2020-01-01T00:00:00Z")])
def test_what_is_changed_elsewhere_is_refused_by_name(customer, field, value):
    before = customer.get("/v1/users/me").json()
    answer = customer.patch("/v1/users/me", {"name": "Ana", field: value})
    assert refused_fields(answer) == {f"/{field}": "read_only"}
    assert customer.get("/v1/users/me").json() == before


def test_a_name_can_be_neither_emptied_nor_null(customer):
    assert refused_fields(customer.patch("/v1/users/me", {"name": " "})) == {"/name": "required"}
    assert refused_fields(customer.patch("/v1/users/me", {"name": None})) == {"/name": "not_null"}
    assert refused_fields(customer.patch("/v1/users/me", {"nome": "x"})) == {
        "/nome": "unknown_field"}


def test_a_change_of_what_somebody_changed_meanwhile_is_refused(customer):
    tag = customer.get("/v1/users/me").headers["ETag"]
    first = customer.patch("/v1/users/me", {"name": "First"}, headers={"If-Match": tag})
    assert first.status_code == 200
    late = customer.patch("/v1/users/me", {"name": "Second"}, headers={"If-Match": tag})
    assert_problem(late, 412, "lost_update")
    assert customer.get("/v1/users/me").json()["name"] == "First"
    now = customer.patch("/v1/users/me", {"name": "Second"},
                         headers={"If-Match": first.headers["ETag"]})
    assert now.status_code == 200


def test_of_two_changes_at_once_one_is_a_lost_update(customer):
    tag = customer.get("/v1/users/me").headers["ETag"]
    answers = support.at_once(*[
        lambda name=name: support.Client().request(
            "PATCH", "/v1/users/me", json={"name": name},
            headers={"If-Match": tag, "Authorization": f"Bearer {customer.token}"})
        for name in ("One", "Two", "Three")])
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    won = next(answer for answer in answers if answer.status_code == 200)
    assert customer.get("/v1/users/me").json() == won.json()


@pytest.mark.parametrize("condition", ["1", '"abc"', '"0"', '""', '"1x"', '"99999999999"', "W/"])
def test_a_condition_that_is_no_version_of_ours_matches_nothing(customer, condition):
    answer = customer.patch("/v1/users/me", {"name": "X"}, headers={"If-Match": condition})
    assert_problem(answer, 412, "lost_update")


def test_if_match_any_changes_whatever_there_is(customer):
    assert customer.patch("/v1/users/me", {"name": "X"},
                          headers={"If-Match": "*"}).status_code == 200


# Others --------------------------------------------------------------------------------------

def test_other_people_do_not_exist_for_strangers(customer):
    other = support.register()
    assert_problem(customer.get(f"/v1/users/{other.id}"), 404, "not_found")
    assert_problem(customer.patch(f"/v1/users/{other.id}", {"name": "X"}), 404, "not_found")
    assert other.get("/v1/users/me").json()["name"] == "Ana Lima"


def test_support_reads_others_but_does_not_change_them(make_user, customer):
    helper = make_user("support")
    assert helper.get(f"/v1/users/{customer.id}").json()["id"] == customer.id
    assert_problem(helper.patch(f"/v1/users/{customer.id}", {"name": "X"}), 404, "not_found")


def test_an_admin_changes_others(admin, customer):
    assert admin.patch(f"/v1/users/{customer.id}", {"name": "Ana Nova"}).status_code == 200
    assert customer.get("/v1/users/me").json()["name"] == "Ana Nova"


@pytest.mark.parametrize("wanted", ["00000000-0000-7000-8000-000000000000", "you", "me2", "%20"])
def test_ids_of_nobody_are_not_found(admin, wanted):
    assert_problem(admin.get(f"/v1/users/{wanted}"), 404, "not_found")


def test_only_those_with_the_permission_see_the_list(anyone, customer, make_user):
    assert_problem(anyone.get("/v1/users"), 401, "unauthorized")
    assert_problem(customer.get("/v1/users"), 403, "forbidden")
    assert make_user("support").get("/v1/users").status_code == 200


def test_users_are_found_by_name_and_address_without_accents_and_case(admin):
    mark = support.unique("Ângela")
    user = support.register(name=f"{mark} Conceição")
    for q in (mark, mark.lower().replace("â", "a"), mark.upper(), user.email, "CONCEICAO"):
        found = [item["id"] for item in admin.get(
            "/v1/users", params={"q": q, "limit": 100}).json()["data"]]
        assert user.id in found, q
    assert admin.get("/v1/users", params={"q": support.unique("none")}).json() == {
        "data": [], "next_cursor": None}


def test_the_pages_of_a_search_hold_each_user_once_the_newest_first(admin):
    mark = support.unique("pagina")
    made = [support.register(name=f"{mark} {i}").id for i in range(5)]
    seen, cursor = [], None
    while cursor or not seen:
        page = admin.get("/v1/users", params={"q": mark, "limit": 2, "cursor": cursor}).json()
        seen += [item["id"] for item in page["data"]]
        cursor = page["next_cursor"]
    assert seen == made[::-1]


def test_a_percent_sign_is_searched_for_as_it_is(admin, customer):
    assert admin.get("/v1/users", params={"q": "ana%example"}).json()["data"] == []


# How a refusal looks -------------------------------------------------------------------------

def test_without_a_token_the_answer_says_how_to_sign_in(anyone):
    answer = anyone.get("/v1/users/me")
    assert_problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="vendas"'


@pytest.mark.parametrize("header", ["Bearer x", "Bearer ", "Bearer", "bearer a.b.c", "Token x"])
def test_a_token_that_is_none_is_called_invalid(anyone, header):
    answer = anyone.get("/v1/users/me", headers={"Authorization": header})
    assert_problem(answer, 401, "invalid_token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="vendas", error="invalid_token"'


def test_a_missing_permission_is_no_question_of_signing_in(customer):
    answer = customer.get("/v1/users")
    assert_problem(answer, 403, "forbidden")
    assert "WWW-Authenticate" not in answer.headers
