"""The command ./vendas: clear words and exit statuses, with an instance and without one."""
import fcntl
import os
import subprocess
import uuid

import pytest

import support

VENDAS = os.path.join(support.ROOT, "vendas")


def run(*arguments, var=None, **options):
    """./vendas in this instance or, with var, in a folder of its own; the finished process."""
    environment = {**os.environ, "VENDAS_VAR": str(var or support.VAR)}
    options.setdefault("input", "")
    return subprocess.run([VENDAS, *arguments], capture_output=True, text=True, timeout=120,
                          check=False, env=environment, **options)


def verbs():
    """{verb: the line that help shows of it}."""
    found = {}
    folder = os.path.join(support.ROOT, "tools")
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            with open(path, encoding="utf-8") as file:
                found.update({name: line[3:].strip() for line in file if line.startswith("#: ")})
    return found


# Without an instance -------------------------------------------------------------------------

@pytest.mark.parametrize("arguments", [[], ["help"], ["-h"], ["--help"], ["--var", "x"]])
def test_help_names_every_verb(tmp_path, arguments):
    result = run(*arguments, var=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert {"up", "down", "status", "test", "bench", "migrate", "job", "psql", "logs"} <= set(
        verbs())
    for line in verbs().values():
        assert line in result.stdout


@pytest.mark.parametrize("verb", [
    "start", "UP", "lib.sh", "../vendas", "up;ls", "/bin/ls", "-x", "--", "", "local.mk"])
def test_an_unknown_verb_is_named_and_help_given(tmp_path, verb):
    result = run(verb, var=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f'vendas: there is no verb "{verb}"\nusage: ./vendas VERB')


@pytest.mark.parametrize("arguments", [
    ["status"], ["down"], ["down", "--remove"], ["logs"], ["psql"], ["job", "expire"], ["job"]])
def test_a_verb_that_needs_an_instance_says_that_there_is_none(tmp_path, arguments):
    result = run(*arguments, var=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (f"vendas: there is no instance in {tmp_path}: "
                             "start one with ./vendas up\n")
    assert os.listdir(tmp_path) == []


def test_the_folder_may_be_named_before_or_after_the_verb(tmp_path):
    where = str(tmp_path / "there")
    for arguments in (["--var", where, "status"], ["status", "--var", where],
                      [f"--var={where}", "status"], ["status", f"--var={where}"]):
        assert f"there is no instance in {where}:" in run(*arguments, var=tmp_path).stderr
    result = run("status", "--var")
    assert (result.returncode, result.stderr[:13]) == (2, "usage: ./vend")


def test_a_folder_named_from_elsewhere_is_meant_from_there(tmp_path):
    result = run("status", "--var", "here", cwd=tmp_path)
    assert f"there is no instance in {tmp_path}/here:" in result.stderr


@pytest.mark.parametrize("arguments, words", [
    (["up", "--port"], "--port needs a number from 1 to 65535"),
    (["up", "--port", "http"], '--port needs a number from 1 to 65535, not "http"'),
    (["up", "--port=80x"], '--port needs a number from 1 to 65535, not "80x"'),
    (["up", "--port=0"], '--port needs a number from 1 to 65535, not "0"'),
    (["up", "--port=99999"], '--port needs a number from 1 to 65535, not "99999"'),
    (["up", "--port="], '--port needs a number from 1 to 65535, not ""'),
    (["up", "--fast"], 'up: there is no option "--fast"'),
    (["test", "--shards"], '--shards needs a number from 1 to 99, not ""'),
    (["test", "--shards", "two"], '--shards needs a number from 1 to 99, not "two"'),
    (["test", "--sanitize", "--shards", "0"], '--shards needs a number from 1 to 99, not "0"'),
    (["down", "--now"], 'down: there is no option "--now"'),
    (["migrate", "now"], "usage: ./vendas migrate [--database-url URL]")])
def test_wrong_options_are_told_before_anything_is_done(tmp_path, arguments, words):
    result = run(*arguments, var=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"vendas: {words}\n"
    assert os.listdir(tmp_path) == []


def test_one_command_at_a_time_changes_an_instance(tmp_path):
    (tmp_path / "instance").write_text("PORT=1\nSHOP_PORT=2\nLIMITS=off\n")
    with open(tmp_path / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = run("down", var=tmp_path)
    assert result.returncode == 1
    assert result.stderr == (f"vendas: another ./vendas is changing {tmp_path}; "
                             "try again when it is done\n")


# With one ------------------------------------------------------------------------------------

def test_status_tells_what_runs_and_fails_where_something_does_not():
    result = run("status")
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert (lines["instance"], lines["address"]) == (support.VAR, support.URL)
    assert (lines["postgresql"], lines["nginx"]) == ("up", "up")
    busy = ("products-products", "sales-gateway_events", "sales-orders", "sales-payments")
    for name in support.programs():
        assert lines[name] == ("4 workers" if name in busy else "2 workers")
    assert result.returncode == (1 if "down" in lines.values() else 0)


@pytest.mark.parametrize("name", ["nonsense", "", "../health", "EXPIRE", "expire;ls"])
def test_an_unknown_job_is_answered_with_those_that_there_are(name):
    result = run("job", name)
    assert (result.returncode, result.stdout) == (2, "")
    first, *names = result.stderr.splitlines()
    assert first == "usage: ./vendas job NAME; there are:"
    assert names == sorted(os.listdir(os.path.join(support.PROGRAMS, "jobs")))


def test_a_job_that_already_runs_is_not_run_beside_itself():
    with open(os.path.join(support.VAR, "run", "job-expire.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = run("job", "expire")
    assert (result.returncode, result.stderr) == (
        1, "vendas: the job expire is already running\n")
    assert run("job", "expire").returncode == 0


def test_the_operator_makes_an_account_and_gives_it_another_password():
    email = f"{support.unique('gerente')}@example.com"
    for password in ("first password", "other password"):
        result = run("job", "account", email, "manager", "Gil Gerente", input=f"{password}\n")
        assert result.returncode == 0, result.stderr
        assert support.Client(email, password).get("/v1/users/me").json()["role"] == "manager"
    answer = support.Client().post("/v1/sessions", {"email": email, "password": "first password"})
    support.assert_problem(answer, 401, "invalid_credentials")


def test_another_password_ends_the_sessions_that_the_first_one_began():
    email = f"{support.unique('gerente')}@example.com"
    anyone = support.Client()
    run("job", "account", email, "manager", "Gil Gerente", input="first password\n")
    session = anyone.post("/v1/sessions", {"email": email, "password": "first password"}).json()
    run("job", "account", email, "manager", "Gil Gerente", input="other password\n")
    answer = anyone.post("/v1/sessions/refresh", {"refresh_token": session["refresh_token"]})
    support.assert_problem(answer, 401, "invalid_refresh_token")


def test_a_password_is_taken_whole_or_not_at_all():
    email = f"{support.unique('gerente')}@example.com"
    longest = "🔑🚪" * 64
    assert run("job", "account", email, "manager", "Gil", input=longest + "\n").returncode == 0
    answer = support.Client().post("/v1/sessions", {"email": email, "password": longest})
    assert answer.status_code == 201, answer.text
    assert run("job", "account", email, "manager", "Gil", input=longest + "x\n").returncode != 0


@pytest.mark.parametrize("email, role, password", [
    ("nobody", "manager", "long enough"), ("a@example.com", "manager", "tiny7"),
    ("a@example.com", "emperor", "long enough"), ("a@example.com", "manager", ""),
    ("a@example.com", "manager", "senha123")])
def test_an_account_that_is_not_sound_is_not_made(email, role, password):
    result = run("job", "account", email.replace("a@", f"{uuid.uuid4().hex}@"), role, "A",
                 input=f"{password}\n")
    assert result.returncode != 0
    assert result.stderr
    assert password == "" or password not in result.stderr


def test_psql_is_in_the_instances_database():
    result = run("psql", "-X", "-A", "-t", "-c", "SELECT current_user, current_database()")
    assert (result.returncode, result.stdout) == (0, "vendas|vendas\n")


def test_migrating_once_more_changes_nothing():
    before = support.rows("SELECT * FROM meta.migrations ORDER BY name")
    assert [row[0] for row in before] == sorted(
        name for name in os.listdir(os.path.join(support.ROOT, "sql")) if name[:4].isdigit())
    result = run("migrate")
    assert (result.returncode, result.stdout) == (0, "remark: 0 applied\n")
    assert support.rows("SELECT * FROM meta.migrations ORDER BY name") == before


def test_logs_are_shown_by_name():
    result = run("logs", "registry-users")
    assert result.returncode == 0
    assert result.stdout.startswith('{"time":')
    result = run("logs", "nonsense")
    assert result.returncode == 1
    assert result.stderr.startswith('vendas: there is no log "nonsense"; there are:')
