"""docs/security.md is true in what a program can see: what it names exists, and it answers each
requirement once."""
import collections
import os
import re

import pytest

import support

# OWASP ASVS 4.0.3, levels 1 and 2: how many requirements each section of the chapters has, and those
# of them that were deleted or are of level 3 alone.
SECTIONS = {
    "2.1": 12, "2.2": 7, "2.3": 3, "2.4": 5, "2.5": 7, "2.6": 3, "2.7": 6, "2.8": 7, "2.9": 3,
    "2.10": 4, "3.1": 1, "3.2": 4, "3.3": 4, "3.4": 5, "3.5": 3, "3.7": 1, "4.1": 5, "4.2": 2,
    "4.3": 3, "6.1": 3, "6.2": 8, "6.3": 3, "6.4": 2, "7.1": 4, "7.2": 2, "7.3": 4, "7.4": 3,
    "8.1": 6, "8.2": 3, "8.3": 8}
PASSED_OVER = {"2.2.4", "2.2.5", "2.2.6", "2.2.7", "4.1.4", "6.2.7", "6.2.8", "6.3.3", "7.3.2",
               "8.1.5", "8.1.6"}
REQUIREMENTS = [f"{section}.{n}" for section, count in SECTIONS.items()
                for n in range(1, count + 1) if f"{section}.{n}" not in PASSED_OVER]

# Whatever is not simply met says why.
STATUS = re.compile(r"met([:;,] .+)?|(partly|not met|n/a): .+")


def read(*path):
    with open(os.path.join(support.ROOT, *path), encoding="utf-8") as file:
        return file.read()


TEXT = read("docs", "security.md")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")]
        for line in TEXT.splitlines() if re.match(r"\| \d+\.\d+\.\d+ ", line)]
NAMED = sorted(set(re.findall(r"`([^`\n]+)`", TEXT)))


def sql():
    folder = os.path.join(support.ROOT, "sql")
    return "\n".join(read("sql", name) for name in os.listdir(folder) if name.endswith(".sql"))


def test_each_requirement_is_answered_once():
    answered = collections.Counter(row[0] for row in ROWS)
    assert {number: count for number, count in answered.items() if count > 1} == {}
    assert [row[0] for row in ROWS] == REQUIREMENTS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_an_answer_has_a_place_a_test_and_a_status(row):
    number, level, asked, where, proof, status = row
    assert level in ("1", "2") and asked and where, number
    assert "::" in proof or re.fullmatch(r"no test: .+", proof), proof
    assert STATUS.fullmatch(status), f"{number}: {status}"


def test_every_gap_is_in_the_list_of_gaps():
    gaps = TEXT.split("## What is not met")[1].split("\n## ")[0]
    listed = set(re.findall(r"\b\d+\.\d+\.\d+\b", gaps))
    assert listed == {row[0] for row in ROWS if row[5].startswith(("not met", "partly"))}


def test_every_file_that_is_named_exists():
    files = [name for name in NAMED if re.fullmatch(r"[\w.@-]+(/[\w.@-]+)+/?", name)]
    assert len(files) > 30
    assert [name for name in files if not os.path.exists(os.path.join(support.ROOT, name))] == []


def test_every_test_that_is_named_exists():
    tests = [name.partition("::") for name in NAMED if re.match(r"test_\w+\.(py|c)", name)]
    assert len(tests) > 100
    missing = []
    for file, _, name in tests:
        path = os.path.join("tests", "http" if file.endswith(".py") else "unit", file)
        if not os.path.exists(os.path.join(support.ROOT, path)):
            missing.append(file)
        elif name and not re.search(rf"^(def|static void) {name}\(", read(path), re.M):
            missing.append(f"{file}::{name}")
    assert missing == []


def test_every_table_and_function_that_is_named_exists():
    defined = set(re.findall(r"CREATE (?:OR REPLACE )?(?:TABLE|VIEW|FUNCTION) (\w+\.\w+)", sql()))
    named = {name for name in NAMED if re.fullmatch(r"(registry|sales|products|catalog)\.\w+", name)}
    assert len(named) > 5
    assert named - defined == set()


def test_every_setting_that_is_named_exists():
    known = set(re.findall(r"^(VENDAS_\w+)=", read("systemd", "vendas.env"), re.M))
    named = {name for name in NAMED if name.startswith("VENDAS_")}
    assert named and named - known == set()
