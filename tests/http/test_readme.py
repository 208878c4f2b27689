"""The README's calls do what it says, pasted one after the other."""
import os
import re
import subprocess

import pytest

import support


def blocks(name):
    """The sh blocks behind the heading under which something is sold."""
    with open(os.path.join(support.ROOT, name), encoding="utf-8") as file:
        text = file.read()
    chapter = re.split(r"^## ", text, flags=re.M)[2]
    return re.findall(r"^```sh\n(.*?)^```", chapter, flags=re.M | re.S)


@pytest.mark.parametrize("name", ["README.md", "README.pt-BR.md"])
def test_a_newcomer_who_pastes_the_readme_sells_something(name, tmp_path, admin, make_product):
    make_product(name="Cafeteira italiana", stock=2)
    before = admin.get("/v1/reports/sales").json()["totals"]["orders"]
    script = "\n".join(blocks(name))
    script = script.replace("var/demo.env", f"{support.VAR}/demo.env")
    script = script.replace("./vendas", f"{support.ROOT}/vendas")
    done = subprocess.run(["sh", "-e", "-u", "-c", script], cwd=tmp_path, capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert '"status": "paid"' in done.stdout, done.stdout
    assert (tmp_path / "sales.png").read_bytes().startswith(b"\x89PNG")
    assert admin.get("/v1/reports/sales").json()["totals"]["orders"] == before + 1
    report = os.path.join(support.VAR, "www", "reports", "index.html")
    with open(report, encoding="utf-8") as page:
        assert "Relatórios de vendas" in page.read()
