"""Mail: what is in the outbox reaches its reader, whatever the mail server does meanwhile."""
import email
import email.policy
import os
import subprocess
import time

import pytest

import mailing
import support
from mailing import Server, deliver, let_time_pass, post_letter, post_letters, waiting

FROM = support.settings()["VENDAS_MAIL_FROM"]


@pytest.fixture(autouse=True)
def empty_outbox():
    """What other tests have left in it has gone before."""
    support.rows("UPDATE registry.outbox SET next_attempt_at = now()")
    support.vendas("job", "deliver")
    assert support.rows("SELECT id FROM registry.outbox") == []


@pytest.fixture
def server():
    with Server() as running:
        yield running


def text(message):
    return message.get_content().replace("\r\n", "\n")


def only(server, address):
    """The one message that an address has got, parsed."""
    [message] = server.received[address]
    return email.message_from_bytes(message, policy=email.policy.default)


# Delivery -------------------------------------------------------------------------------------

def test_a_letter_arrives_as_it_was_written(server):
    letter, to = post_letter(subject="Vendas: confirme o seu e-mail, João",
                             body="Olá!\n\nAbra este link:\n\n.http://x/#confirm=abc\n")
    status, log = deliver(server.url)
    assert status == 0, log
    message = only(server, to)
    assert message["Subject"] == "Vendas: confirme o seu e-mail, João"
    assert text(message) == "Olá!\n\nAbra este link:\n\n.http://x/#confirm=abc\n"
    assert (message["To"], message["Auto-Submitted"]) == (to, "auto-generated")
    [sender] = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Vendas", FROM)
    assert message["Message-ID"] == f"<{letter}@{FROM.split('@')[1]}>"
    assert abs(message["Date"].datetime.timestamp() - time.time()) < 60
    assert message.defects == []
    assert [(command, address) for command, address, _ in server.seen] == [
        ("MAIL", FROM), ("RCPT", to)]
    assert waiting(letter) is None


def test_a_long_subject_with_accents_comes_back_whole(server):
    subject = "Vendas: " + "atenção à confirmação do endereço eletrônico ✉️ " * 5 + "fim"
    _, to = post_letter(subject=subject)
    deliver(server.url)
    assert only(server, to)["Subject"] == subject


def test_nothing_in_a_letter_becomes_a_header_or_a_command(server):
    _, to = post_letter(subject="x\r\nBcc: eva@example.com\r\n\r\ny",
                        body="a\n.\nMAIL FROM:<x@x.x>\n")
    other, _ = post_letter(to="ana@example.com>\r\nRCPT TO:<eva@example.com")
    deliver(server.url)
    assert {address for _, address, _ in server.seen} == {FROM, to}
    message = only(server, to)
    assert message["Bcc"] is None
    assert text(message) == "a\n.\nMAIL FROM:<x@x.x>\n"
    assert waiting(other) is None


def test_one_run_sends_all_that_wait(server):
    addresses = [to for _, to in post_letters(20)]
    status, log = deliver(server.url)
    assert status == 0
    assert sorted(server.received) == sorted(addresses)
    assert log[-1]["sent"] == "20"


def test_a_run_with_nothing_to_send_says_nothing(server):
    assert deliver(server.url) == (0, [])
    assert server.seen == []


def test_letters_become_files_where_there_is_no_server(tmp_path):
    tmp_path.chmod(0o777)
    letter, to = post_letter()
    assert deliver(f"file://{tmp_path}")[0] == 0
    assert os.listdir(tmp_path) == [f"{letter}.eml"]
    message = email.message_from_bytes((tmp_path / f"{letter}.eml").read_bytes())
    assert message["To"] == to


# What the server does -------------------------------------------------------------------------

def test_while_the_server_is_away_letters_are_kept_and_sent_later():
    port = mailing.free_port()
    letters = post_letters(3)
    for run in range(1, 4):
        status, log = deliver(f"smtp://127.0.0.1:{port}")
        assert (status, log[0]["message"]) == (1, "letter not sent")
        tried = [waiting(letter) for letter, _ in letters if waiting(letter)[0]]
        assert len(tried) == run  # each run tries one, so that it ends soon
        for _, error, _ in tried:  # in libcurl's words, which differ a little
            assert error.endswith("t connect to server")
    for letter, _ in letters:
        let_time_pass(letter)
    with Server(port=port) as server:
        assert deliver(server.url)[0] == 0
        for letter, to in letters:
            assert waiting(letter) is None
            only(server, to)


@pytest.mark.parametrize("answer", ["451 Greylisted, come back later", "452 Mailbox full"])
def test_a_letter_that_is_put_off_is_sent_when_the_server_takes_it(server, answer):
    put_off, to = post_letter()
    _, other = post_letter()
    server.answers[to] = answer
    assert deliver(server.url)[0] == 0
    attempts, error, seconds = waiting(put_off)
    assert (attempts, error) == (1, f"RCPT {answer[:3]}")
    assert 0 < seconds <= 15
    only(server, other)
    assert deliver(server.url) == (0, [])  # it is not due yet
    del server.answers[to]
    let_time_pass(put_off)
    assert deliver(server.url)[0] == 0
    only(server, to)
    assert waiting(put_off) is None


def test_an_address_that_is_refused_for_good_is_not_tried_again(server):
    refused, to = post_letter()
    _, other = post_letter()
    server.answers[to] = "550 No such user here"
    status, log = deliver(server.url)
    assert status == 0
    assert waiting(refused) is None
    only(server, other)
    [told] = [line for line in log if line["message"] == "letter refused"]
    assert (told["letter"], told["reason"]) == (refused, "RCPT 550")


@pytest.mark.parametrize("answer", ["554 Looks like spam", "451 Try later"])
def test_a_text_that_is_not_taken_is_sent_again_later(server, answer):
    letter, to = post_letter()

    async def refuse():
        return answer
    server.at_data = refuse
    deliver(server.url)
    assert waiting(letter)[:2] == (1, f"DATA {answer[:3]}")
    server.at_data = None
    let_time_pass(letter)
    deliver(server.url)
    only(server, to)


def test_a_server_that_takes_its_leave_ends_the_run(server):
    for _, to in post_letters(2):
        server.answers[to] = "421 Closing"
    status, _ = deliver(server.url)
    assert status == 1
    assert len([command for command, _, _ in server.seen if command == "RCPT"]) == 1
    assert support.value("SELECT sum(attempts) FROM registry.outbox") == "1"


def test_the_longer_it_fails_the_longer_it_waits(server):
    letter, to = post_letter(hours=100)
    server.answers[to] = "451 Later"
    waits = []
    for _ in range(10):
        deliver(server.url)
        waits.append(waiting(letter)[2])
        let_time_pass(letter)
    for attempt, seconds in enumerate(waits):
        longest = 15 * 2 ** min(attempt, 6)
        assert longest / 2 - 5 < seconds <= longest
    assert len({round(seconds, 3) for seconds in waits}) == 10


def test_a_letter_that_is_too_old_is_given_up(server):
    letter, to = post_letter()
    support.rows("UPDATE registry.outbox SET created_at = now() - interval '2 hours',"
                 f" expires_at = now() - interval '1 second' WHERE id = '{letter}'")
    status, log = deliver(server.url)
    assert (status, log[-1]["too_old"]) == (0, "1")
    assert (server.received[to], waiting(letter)) == ([], None)


# Jobs that are killed, and jobs side by side --------------------------------------------------

def test_a_letter_of_a_killed_job_is_sent_again_as_the_same_message(server):
    pause = server.at_data = mailing.Pause()
    letter, to = post_letter()
    job = mailing.start(server.url)
    deadline = time.monotonic() + 20
    while not pause.reached:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    job.kill()
    job.communicate()
    server.at_data = None
    assert deliver(server.url) == (0, [])  # it may still be under way
    pause.let_go()
    attempts, _, seconds = waiting(letter)
    assert attempts == 1 and 100 < seconds <= 120
    let_time_pass(letter)
    assert deliver(server.url)[0] == 0
    assert waiting(letter) is None
    assert {email.message_from_bytes(message)["Message-ID"] for message in server.received[to]} == {
        f"<{letter}@{FROM.split('@')[1]}>"}


def test_jobs_side_by_side_send_one_copy_of_each(server):
    addresses = [to for _, to in post_letters(30)]
    for status, _ in support.at_once(*[lambda: deliver(server.url)] * 3):
        assert status == 0
    assert {to: len(messages) for to, messages in server.received.items()} == dict.fromkeys(
        addresses, 1)


def test_a_job_that_was_too_slow_does_not_put_off_what_another_has():
    letter, _ = post_letter()
    for _ in range(2):
        assert support.value("SELECT count(*) FROM registry.claim_letter(120)") == "1"
        let_time_pass(letter)
    support.rows(f"SELECT registry.retry_letter('{letter}', 1, 'late')")
    assert waiting(letter)[:2] == (2, "")
    support.rows(f"SELECT registry.retry_letter('{letter}', 2, 'mine')")
    assert waiting(letter)[:2] == (2, "mine")


# TLS and passwords ----------------------------------------------------------------------------

def strange(**options):
    return Server(host=mailing.STRANGE_HOST, **options)


def accounts(*pairs):
    """Options of a server that lets in who has one of these names and passwords."""
    def check(_server, _session, _envelope, _mechanism, data):
        return mailing.smtp.AuthResult(
            success=(data.login.decode(), data.password.decode()) in pairs, handled=False)
    return {"authenticator": check, "auth_required": True}


def test_another_host_gets_nothing_without_tls():
    letter, _ = post_letter()
    with strange() as server:
        status, log = deliver(server.url, VENDAS_MAIL_USER="loja", VENDAS_MAIL_PASSWORD="hush")
        assert (status, log[0]["reason"]) == (1, "Requested SSL level failed")
        assert server.seen == []
    assert waiting(letter)[:2] == (1, "Requested SSL level failed")


def test_another_host_needs_a_certificate_that_is_its_own(tmp_path):
    letter, _ = post_letter()
    context, trusted = mailing.certificate(tmp_path, "192.0.2.1")
    with strange(tls=context) as server:
        for settings in ({}, {"VENDAS_MAIL_CA": trusted}):
            let_time_pass(letter)
            assert deliver(server.url, **settings)[0] == 1
        assert server.seen == []
    assert waiting(letter)[1].startswith("SSL peer certificate")


def test_another_host_is_signed_in_to_and_served_over_tls(tmp_path):
    letter, to = post_letter()
    context, trusted = mailing.certificate(tmp_path, mailing.STRANGE_HOST)
    with strange(tls=context, **accounts(("loja", "open sesame"))) as server:
        settings = {"VENDAS_MAIL_CA": trusted, "VENDAS_MAIL_USER": "loja"}
        status, log = deliver(server.url, VENDAS_MAIL_PASSWORD="wrong", **settings)
        assert (status, log[0]["reason"]) == (1, "SMTP 535")
        assert "wrong" not in str(log)
        let_time_pass(letter)
        assert deliver(server.url, VENDAS_MAIL_PASSWORD="open sesame", **settings)[0] == 0
        assert server.seen == [("MAIL", FROM, True), ("RCPT", to, True)]
        only(server, to)


@pytest.mark.parametrize("url", [
    "smtp://", "http://127.0.0.1", "127.0.0.1:25", "file://x", "smtp://user:hush@local host"])
def test_a_url_that_is_none_stops_the_job_with_a_word(url):
    result = subprocess.run([mailing.DELIVER], capture_output=True, text=True, check=False,
                            env={**support.settings(), "VENDAS_MAIL_URL": url})
    assert result.returncode != 0
    assert result.stderr == "VENDAS_MAIL_URL: is none of smtp://, smtps:// and file:///FOLDER\n"


# What is kept, and shown ----------------------------------------------------------------------

def test_a_dump_of_the_outbox_shows_neither_address_nor_token():
    port = mailing.free_port()
    letter, to = post_letter(body="http://127.0.0.1/account/#reset=very-secret-token\n")
    deliver(f"smtp://127.0.0.1:{port}")
    dump = subprocess.run(["pg_dump", "--data-only", "--table=registry.outbox",
                           os.environ["VENDAS_DATABASE_URL"]], capture_output=True, text=True,
                          check=True).stdout
    assert letter in dump
    for secret in (to, to.split("@")[0], "very-secret-token"):
        assert secret not in dump
        assert secret.encode().hex() not in dump


def test_the_log_shows_neither_address_nor_text(server):
    addresses = [post_letter(body="very secret")[1] for _ in range(3)]
    server.answers = {addresses[0]: f"550 <{addresses[0]}> is nobody",
                      addresses[1]: f"450 <{addresses[1]}> is busy"}
    log = str(deliver(server.url)[1])
    assert "letter refused" in log and "letter not sent" in log
    for secret in (*addresses, "very secret", "nobody", "busy"):
        assert secret not in log
    errors = [row[0] for row in support.rows("SELECT last_error FROM registry.outbox")]
    assert errors == ["RCPT 450"]


def test_a_letter_goes_with_its_user():
    user = support.register()
    letter, _ = post_letter(user=user.id)
    support.rows(f"DELETE FROM registry.users WHERE id = '{user.id}'")
    assert waiting(letter) is None


def test_the_last_letters_can_be_read_on_the_command_line():
    for subject in ("Primeira carta: atenção", "Segunda carta, com um assunto que é mais "
                    "longo do que uma linha de correio eletrônico"):
        post_letter(to="leitora@example.com", subject=subject, body=f"Olá!\n\n{subject}\n")
        time.sleep(0.01)
        support.vendas("job", "deliver")
    shown = support.vendas("mail", "2")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("To: leitora@example.com\n") == 2
    assert "Subject: Primeira carta: atenção\n\nOlá!\n\nPrimeira carta: atenção\n" in shown.stdout
    assert "longo do que uma linha de correio eletrônico\n\nOlá!" in shown.stdout
    assert support.vendas("mail", "x").returncode == 1


def test_a_letter_that_is_waited_for_is_found_with_its_token():
    _, to = post_letter(body="Abra:\n\nhttp://127.0.0.1/account/#confirm=aB-_9\n\nOK?\n")
    [letter] = support.letters(to)
    assert support.token_in(letter) == "aB-_9"
    assert support.letters("nobody@example.com") == []
