"""Registering and confirming: an account begins with a letter, and no stranger learns who has one."""
import support
from support import assert_problem, letters, token_in


def registration(**fields):
    return {"name": "Ana Lima", "email": f"{support.unique('ana')}@example.com",
            "password": "correct horse battery", **fields}


def sent(answer):
    assert (answer.status_code, answer.json()) == (202, {"status": "confirmation_sent"})
    return answer


def confirm(token, password="correct horse battery"):
    return support.Client().put("/v1/email-confirmations", {"token": token, "password": password})


def sign_in(body):
    return support.Client().post("/v1/sessions", {
        "email": body["email"], "password": body["password"]})


def register(body):
    """An account, registered and confirmed; its owner."""
    sent(support.Client().post("/v1/users", body))
    token = token_in(letters(body["email"])[-1])
    assert confirm(token, body["password"]).status_code == 200
    return support.Client(body["email"], body["password"])


# Registering ---------------------------------------------------------------------------------

def test_a_registered_user_confirms_the_address_and_is_a_customer(anyone):
    body = registration()
    answer = sent(anyone.post("/v1/users", body))
    assert body["password"] not in answer.text
    assert_problem(sign_in(body), 401, "invalid_credentials")
    [letter] = letters(body["email"])
    assert confirm(token_in(letter)).json() == {"status": "confirmed"}
    user = support.Client(body["email"], body["password"]).get("/v1/users/me").json()
    assert (user["role"], user["name"], user["email"]) == ("customer", "Ana Lima", body["email"])
    assert "password" not in user


def test_a_user_gives_telephone_document_and_birth_date_in_any_form():
    user = register(registration(phone="(11) 98765-4321", document="111.444.777-35",
                                 birth_date="1990-05-17", language="en")).get("/v1/users/me").json()
    assert user["phone"] == "+5511987654321"
    assert (user["document"], user["document_verified"]) == ("11144477735", False)
    assert (user["birth_date"], user["language"]) == ("1990-05-17", "en")


def test_letters_come_in_the_language_that_was_asked_for(anyone):
    portuguese, english = registration(), registration(language="en")
    anyone.post("/v1/users", portuguese, headers={"Accept-Language": "pt-BR"})
    anyone.post("/v1/users", english, headers={"Accept-Language": "pt-BR"})
    subjects = [letters(body["email"])[0]["Subject"] for body in (portuguese, english)]
    assert subjects[0] != subjects[1]


def test_a_letter_confirms_once(anyone):
    body = registration()
    sent(anyone.post("/v1/users", body))
    token = token_in(letters(body["email"])[0])
    assert confirm(token).status_code == 200
    assert_problem(confirm(token), 422, "validation_failed", "/token")
    assert_problem(confirm("x" * 43), 422, "validation_failed", "/token")


def test_a_letter_is_of_no_use_after_its_time(anyone):
    body = registration()
    sent(anyone.post("/v1/users", body))
    token = token_in(letters(body["email"])[0])
    support.rows("UPDATE registry.registrations SET expires_at = now() - interval '1 second'"
                 f" WHERE email = '{body['email']}'")
    assert_problem(confirm(token), 422, "validation_failed", "/token")
    assert_problem(sign_in(body), 401, "invalid_credentials")


def test_no_token_is_kept_as_it_is(anyone):
    body = registration()
    sent(anyone.post("/v1/users", body))
    token = token_in(letters(body["email"])[0])
    kept = support.rows("SELECT r.*::text FROM registry.registrations r"
                        f" WHERE email = '{body['email']}'")
    assert token not in str(kept) and token.encode().hex() not in str(kept)


# Addresses that exist ------------------------------------------------------------------------

def test_registering_an_address_that_exists_is_answered_the_same_and_told_its_owner(anyone):
    body = registration()
    owner = register(body)
    new = registration()
    answers = [sent(anyone.post("/v1/users", changed)) for changed in (
        {**body, "email": body["email"].upper(), "password": "another good one"}, new)]
    headers = [{name: text for name, text in answer.headers.items()
                if name not in ("Date", "X-Request-Id")} for answer in answers]
    assert headers[0] == headers[1]
    told = letters(body["email"])[-1]
    assert token_in(told) is None
    assert owner.get("/v1/users/me").status_code == 200
    assert_problem(sign_in({**body, "password": "another good one"}), 401, "invalid_credentials")


def test_of_several_who_claim_an_address_the_letter_that_is_answered_decides(anyone):
    thief = registration(password="password of a thief")
    owner = {**thief, "password": "password of the owner"}
    sent(anyone.post("/v1/users", thief))
    sent(anyone.post("/v1/users", owner))
    first, second = letters(owner["email"])
    assert confirm(token_in(second), owner["password"]).status_code == 200
    assert sign_in(owner).status_code == 201
    assert_problem(confirm(token_in(first)), 422, "validation_failed", "/token")
    assert_problem(sign_in(thief), 401, "invalid_credentials")


def test_nobody_confirms_an_account_whose_password_a_stranger_chose(anyone):
    """The owner of the address follows the link of a letter that somebody else had sent."""
    body = registration(password="password of a thief")
    sent(anyone.post("/v1/users", body))
    token = token_in(letters(body["email"])[0])
    answer = anyone.put("/v1/email-confirmations", {"token": token})
    problem = assert_problem(answer, 422, "validation_failed", "/password")
    assert problem["errors"][0]["code"] == "required"
    problem = assert_problem(confirm(token, "password of the owner"), 422, "validation_failed",
                             "/password")
    assert problem["errors"][0]["code"] == "wrong_password"
    assert_problem(sign_in(body), 401, "invalid_credentials")
    assert confirm(token, body["password"]).status_code == 200


def test_two_letters_of_one_address_confirmed_at_once_make_one_account(anyone):
    body = registration()
    for _ in range(2):
        sent(anyone.post("/v1/users", body))
    tokens = [token_in(letter) for letter in letters(body["email"])]
    answers = support.at_once(*[lambda token=token: confirm(token) for token in tokens])
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert support.value("SELECT count(*) FROM registry.users"
                         f" WHERE email = '{body['email']}'") == "1"


def test_nobodys_mailbox_is_flooded(anyone):
    body = registration()
    for _ in range(6):
        sent(anyone.post("/v1/users", body))
    assert len(letters(body["email"])) == 3


def test_a_letter_is_sent_again_on_request_and_replaces_the_first(anyone):
    body = registration()
    sent(anyone.post("/v1/users", body))
    sent(anyone.post("/v1/email-confirmations", {"email": body["email"].upper()}))
    first, second = letters(body["email"])
    assert_problem(confirm(token_in(first)), 422, "validation_failed", "/token")
    assert confirm(token_in(second)).status_code == 200


def test_nobody_is_written_to_who_did_not_register(anyone):
    email = f"{support.unique()}@example.com"
    sent(anyone.post("/v1/email-confirmations", {"email": email}))
    assert letters(email) == []


# Passwords -----------------------------------------------------------------------------------

def refused_fields(answer):
    problem = assert_problem(answer, 422, "validation_failed")
    return {error["pointer"]: error["code"] for error in problem["errors"]}


def test_a_password_of_eight_characters_counts_them_as_people_do(anyone):
    assert refused_fields(anyone.post("/v1/users", registration(
        password="e\u0301e\u0301e\u0301e\u0301"))) == {"/password": "too_short"}


# Changing the address ------------------------------------------------------------------------

def test_a_new_address_is_confirmed_before_it_counts_and_the_old_one_is_told():
    body = registration()
    user = register(body)
    new = f"{support.unique('nova')}@example.com"
    before = len(letters(body["email"]))
    sent(user.put("/v1/users/me/email", {"email": new, "password": body["password"]}))
    assert user.get("/v1/users/me").json()["email"] == body["email"]
    assert len(letters(body["email"])) == before + 1
    assert confirm(token_in(letters(new)[0])).status_code == 200
    assert user.get("/v1/users/me").json()["email"] == new
    assert sign_in({**body, "email": new}).status_code == 201
    assert_problem(sign_in(body), 401, "invalid_credentials")


def test_an_address_is_not_changed_without_the_password(customer):
    answer = customer.put("/v1/users/me/email", {
        "email": f"{support.unique()}@example.com", "password": "wrong password"})
    assert refused_fields(answer) == {"/password": "wrong_password"}


def test_the_address_of_somebody_else_is_not_taken_and_not_told(customer):
    other = support.register()
    sent(customer.put("/v1/users/me/email", {"email": other.email, "password": customer.password}))
    assert all(token_in(letter) is None for letter in letters(other.email))
    assert customer.get("/v1/users/me").json()["email"] == customer.email


def test_nobody_changes_the_address_of_somebody_else(admin, customer):
    answer = admin.put(f"/v1/users/{customer.id}/email", {
        "email": "x@example.com", "password": "whatever it is"})
    assert_problem(answer, 404, "not_found")


# Documents -----------------------------------------------------------------------------------

def test_a_document_that_staff_has_seen_stays(admin):
    user = register(registration(document="52998224725"))
    me = user.get("/v1/users/me").json()
    path = f"/v1/users/{me['id']}/document-verification"
    assert_problem(user.put(path, {"document": "52998224725"}), 403, "forbidden")
    assert_problem(admin.put(path, {"document": "11144477735"}), 422, "document_differs", "/document")
    answer = admin.put(path, {"document": "529.982.247-25"})
    assert (answer.status_code, answer.json()["document_verified"]) == (200, True)
    for document in ("11144477735", None):
        assert_problem(user.patch("/v1/users/me", {"document": document}), 422, "read_only",
                       "/document")
    assert user.patch("/v1/users/me", {"document": "52998224725"}).status_code == 200
    other = register(registration(document="52998224725"))
    other_id = other.get("/v1/users/me").json()["id"]
    answer = admin.put(f"/v1/users/{other_id}/document-verification", {"document": "52998224725"})
    assert_problem(answer, 409, "already_exists", "/document")
    support.rows(f"UPDATE registry.users SET document_verified_at = NULL WHERE id = '{me['id']}'")


def test_staff_finds_a_user_by_document_or_telephone(admin):
    user = register(registration(document="12.ABC.345/01DE-35", phone="+55 21 97654-3210"))
    found = [admin.get("/v1/users", params=query).json()["data"] for query in (
        {"document": "12abc34501de35"}, {"phone": "(21) 97654-3210"})]
    me = user.get("/v1/users/me").json()
    assert me in found[0] and me in found[1]
    assert admin.get("/v1/users", params={"document": "00000000000191"}).json()["data"] == []


def test_a_dump_tells_no_document_telephone_or_birth_date():
    user = register(registration(document="39053344705", phone="+55 31 98888-7777",
                                 birth_date="1987-12-31"))
    row = str(support.rows(f"SELECT u.* FROM registry.users u WHERE email = '{user.email}'"))
    for text in ("39053344705", "5531988887777", "1987-12-31"):
        assert text not in row and text.encode().hex() not in row
