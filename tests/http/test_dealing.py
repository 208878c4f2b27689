"""Runs of pytest at once deal the files out (dealing.py): each test runs once, whole files at a time."""
import os
import signal
import subprocess
import sys
import time

import pytest

from test_failures import eventually

CONFTEST = """
import os, pathlib, sys, time
import pytest
sys.path.insert(0, "{here}")
pytest_plugins = ["dealing"]
SEEN = pathlib.Path("seen-" + os.environ["RUN"])

def see(what):
    with SEEN.open("a") as file:
        file.write(what + "\\n")

@pytest.fixture(scope="session", autouse=True)
def together():
    see("begins")
    while len(list(pathlib.Path().glob("seen-*"))) < int(os.environ["RUNS"]):
        time.sleep(0.01)
    yield
    see("ends")

@pytest.fixture(scope="module")
def opened(request):
    see("open " + request.module.__name__)
    yield
    see("close " + request.module.__name__)
"""
TWO_TESTS = """
import conftest

def test_first(opened):
    conftest.see("test 1")

def test_second(opened):
    conftest.see("test 2")
"""


@pytest.fixture
def deal(tmp_path):
    """deal(files, runs, *arguments): that many runs, begun, on these files {name: text}."""
    started = []

    def begin(files, runs, *arguments):
        for folder in ("dealt", "files"):
            (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / "files" / "conftest.py").write_text(CONFTEST.format(here=os.path.dirname(__file__)))
        for name, text in files.items():
            (tmp_path / "files" / f"test_{name}.py").write_text(text)
        begun = [subprocess.Popen(
            ["sh", "-c", f'exec "$@" 3>told-{run} >log-{run}', "sh", sys.executable, "-m", "pytest",
             "-p", "no:cacheprovider", "files", "--deal", "dealt", *arguments],
            cwd=tmp_path, env={**os.environ, "RUN": str(run), "RUNS": str(runs)})
            for run in range(runs)]
        started.extend(begun)
        return begun
    yield begin
    for run in started:
        run.kill()
        run.wait()


def seen(tmp_path, run):
    return (tmp_path / f"seen-{run}").read_text().splitlines()


def test_each_file_is_run_by_one_and_leaves_nothing_open(tmp_path, deal):
    names = [f"test_{n}" for n in range(7)]
    runs = deal({name[5:]: TWO_TESTS for name in names}, 2)
    assert [run.wait(60) for run in runs] == [0, 0]
    opened = []
    for run in range(2):
        first, *lines, last = seen(tmp_path, run)
        assert (first, last) == ("begins", "ends")
        assert len(lines) >= 4, "the other one did everything"
        for at in range(0, len(lines), 4):
            name = lines[at].removeprefix("open ")
            assert lines[at:at + 4] == [f"open {name}", "test 1", "test 2", f"close {name}"]
            opened.append(name)
        told = (tmp_path / f"told-{run}").read_text().splitlines()
        assert [line.split()[0] for line in told] == [
            line.removeprefix("open ") for line in lines if line.startswith("open ")]
    assert sorted(opened) == names


def test_the_largest_file_comes_first(tmp_path, deal):
    files = {"a": TWO_TESTS, "b": TWO_TESTS + "# long\n" * 9, "c": TWO_TESTS + "# longer\n" * 9}
    assert deal(files, 1)[0].wait(60) == 0
    assert [line for line in seen(tmp_path, 0) if line.startswith("open")] == [
        "open test_c", "open test_b", "open test_a"]


def test_a_failure_is_told_by_the_run_that_has_it(tmp_path, deal):
    files = {"sound": TWO_TESTS, "other": TWO_TESTS, "broken": TWO_TESTS + "    assert False\n"}
    runs = deal(files, 2)
    assert sorted(run.wait(60) for run in runs) == [0, 1]
    told = "".join((tmp_path / f"told-{run}").read_text() for run in range(2))
    assert [line.split()[0] for line in told.splitlines() if "1 FAILED" in line] == ["test_broken"]


def test_who_gets_nothing_of_what_was_asked_for_ends_well(tmp_path, deal):
    files = {name: TWO_TESTS for name in "abc"}
    assert deal(files, 1, "-k", "test_b and first")[0].wait(60) == 0
    assert seen(tmp_path, 0) == ["begins", "open test_b", "test 1", "close test_b", "ends"]
    (tmp_path / "seen-0").unlink()
    assert deal(files, 1, "-k", "test_b")[0].wait(60) == 0
    assert not (tmp_path / "seen-0").exists()


def test_a_run_that_is_asked_to_end_closes_what_it_has_opened(tmp_path, deal):
    run, = deal({"long": TWO_TESTS + "    import time; time.sleep(60)\n"}, 1)
    eventually(lambda: (tmp_path / "seen-0").exists() and "test 2" in seen(tmp_path, 0))
    began = time.monotonic()
    run.send_signal(signal.SIGTERM)
    assert run.wait(30) == 2
    assert time.monotonic() - began < 30
    assert seen(tmp_path, 0)[-2:] == ["close test_long", "ends"]
