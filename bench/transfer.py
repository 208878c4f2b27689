"""The catalogue as a file, out and in again: how long the job takes and how much memory, for two
sizes of the catalogue. An import of what was exported finds every product unchanged."""
import json
import os
import subprocess
import time

import catalogue
from measure import HERE, VAR, access_token, ask, die, keep

SIZES = [10_000, 100_000]
MEMORY = 1.5  # target: times as much with the larger catalogue
MEDIA = {"csv": "text/csv",
         "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
JOB = f"{VAR}/app/libexec/vendas/jobs/transfer"


def memory():
    """What the job has allocated, in MiB; the file that it reads is mapped, and not counted."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/exe") == JOB:
                with open(f"/proc/{pid}/status") as file:
                    yield next(int(line.split()[1]) / 1024 for line in file
                               if line.startswith("RssAnon"))
        except (OSError, StopIteration):
            continue


def carry_out(path):
    """Has the job do what waits: the transfer's document, seconds and peak memory."""
    began, most = time.monotonic(), 0
    job = subprocess.Popen([f"{HERE}/../vendas", "--var", VAR, "job", "transfer"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while job.poll() is None:
        most = max([most, *memory()])
        time.sleep(0.05)
    took = time.monotonic() - began
    done = json.loads(ask("GET", path, token=access_token("ADMIN")))
    if done["state"] != "done":
        die(f"{path} has not been done: {done}")
    return done, took, most


def there_and_back(media):
    """(label, seconds, MiB) of an export, and of the import of its file."""
    body = json.dumps({"format": media}).encode()
    export = json.loads(ask("POST", "/v1/exports", body, token=access_token("ADMIN")))
    done, took, most = carry_out(f"/v1/exports/{export['id']}")
    yield f"export, {media.upper()}", took, most
    table = ask("GET", done["file"], token=access_token("ADMIN"))
    opened = json.loads(ask("POST", "/v1/imports", table, MEDIA[media], access_token("ADMIN")))
    done, took, most = carry_out(f"/v1/imports/{opened['id']}")
    if done["counts"]["unchanged"] != done["progress"]["total"] and done["errors"]:
        die(f"the import was no replay: {done}")
    yield f"import of the same, {media.upper()}, {len(table) / 1e6:.0f} MB", took, most


def measure(sizes=None):
    """Makes the catalogues and prints what they cost; whether memory stayed flat, each."""
    sizes = sizes or SIZES
    catalogue.run_file("words.sql")
    found, present = [], catalogue.MADE_BEFORE
    for size in sizes:
        catalogue.grow(present, size)
        present = size
        found.append([row for media in MEDIA for row in there_and_back(media)])
    lines = ["| transfer | " + " | ".join(f"{size:,}: s | MiB" for size in sizes) + " | growth |",
             "|---|" + "---:|" * 5]
    reached = []
    for small, large in zip(*found):
        growth = large[2] / small[2]
        reached.append(growth <= MEMORY)
        lines.append(f"| {large[0]} | {small[1]:.1f} | {small[2]:.0f} | {large[1]:.1f} | {large[2]:.0f} | "
                     f"{catalogue.cell(growth, MEMORY)} |")
    print("\n".join(lines))
    if sizes == SIZES:
        keep("transfer", "\n".join(lines))
    return reached
