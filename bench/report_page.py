"""A month's page by the job "report" beside the same page by pandas and matplotlib
(pandas_page.py), from the same five million orders: time and memory of each.

Sides take turns, and the least of all rounds counts. Their key figures have to be the same.
"""
import datetime
import json
import os
import subprocess
import sys
import time

from measure import HERE, RUN, VAR, cpu_seconds, die, keep, psql

FASTER, SMALLER = 20, 10  # targets: times
JOB = f"{VAR}/app/libexec/vendas/jobs/report"
ZONE = "America/Sao_Paulo"
FOLDER = f"{VAR}/tmp/pandas"
FIGURES = f"{FOLDER}/figures.json"
KPIS = "SELECT to_json(k) FROM sales.kpis('{0}', ('{0}'::date + interval '1 month')::date) AS k"


class Side:
    """A program that makes the page: the least seconds, seconds of processor time, its own and
    PostgreSQL's, and KiB that it had at most."""

    def __init__(self, label, command, environment):
        self.label, self.command, self.environment = label, command, environment
        self.seconds = self.own = self.server = self.peak = float("inf")

    def run(self):
        owner = {} if os.getuid() else {"user": "vendas", "group": "vendas", "extra_groups": []}
        before, begin = cpu_seconds(None), time.perf_counter()
        process = subprocess.Popen(self.command, env=self.environment, cwd=VAR,
                                   stdout=subprocess.DEVNULL, **owner)
        peak, ended, usage = 0, 0, None
        while not ended:
            peak = max(peak, high_water(process.pid))
            time.sleep(0.002)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            die(f"{' '.join(self.command)} failed, see {VAR}/log")
        time.sleep(0.2)  # or the server still has its process
        self.seconds = min(self.seconds, seconds)
        self.own = min(self.own, usage.ru_utime + usage.ru_stime)
        self.server = min(self.server, cpu_seconds(None)[2] - before[2])
        self.peak = min(self.peak, peak)


def high_water(pid):
    """KiB that a process had at most until now. Its usage as the kernel tells it in the end would
    begin with what this one has, of which it was forked."""
    try:
        with open(f"/proc/{pid}/status") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("VmHWM")), 0)
    except FileNotFoundError:
        return 0


def settings():
    with open(f"{VAR}/vendas.env") as file:
        lines = [line.strip().split("=", 1) for line in file if line[:1].isalpha()]
    return {**dict(lines), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
            "XDG_CACHE_HOME": f"{VAR}/tmp", "MPLCONFIGDIR": f"{VAR}/tmp"}


def compare(first):
    """Whether both have come to the same figures."""
    ours = json.loads(psql(KPIS.format(first)))
    with open(FIGURES) as file:
        theirs = json.load(file)
    different = {name: (ours[name], value) for name, value in theirs.items()
                 if ours[name] != value}
    if different:
        die(f"the pages differ, ours and theirs: {different}")


def measure(rounds, until):
    """Prints what each side needs and puts it into RESULTS.md; whether the targets were reached."""
    environment = settings()
    last = until.replace(day=1) - datetime.timedelta(days=1)  # of a whole month
    first = last.replace(day=1)
    url = f"postgresql://vendas@/vendas?host={RUN}"
    ours = Side("the job report", [JOB, "--month", str(first)], environment)
    theirs = Side("pandas and matplotlib", [sys.executable, f"{HERE}/pandas_page.py", url, ZONE,
                                            str(first)[:7], FOLDER, FIGURES], environment)
    subprocess.run(["install", "-d", "-m", "777", FOLDER], check=True)
    for _ in range(rounds):
        for side in (ours, theirs):
            side.run()
        compare(first)
    faster, smaller = theirs.seconds / ours.seconds, theirs.peak / ours.peak
    cpu = (theirs.own + theirs.server) / (ours.own + ours.server)
    lines = ["| the page of a month, of 5,000,000 orders | ms | CPU of the program, ms |"
             " of PostgreSQL, ms | peak memory, MB |", "|---|---:|---:|---:|---:|"]
    lines += [f"| {side.label} | {side.seconds * 1000:.0f} | {side.own * 1000:.0f} |"
              f" {side.server * 1000:.0f} | {side.peak / 1024:.0f} |" for side in (ours, theirs)]
    told = [f"{value:.1f}" if value >= target else f"**{value:.1f}**"
            for value, target in ((faster, FASTER), (smaller, SMALLER))]
    lines.append(f"| times as much | {told[0]} | {theirs.own / ours.own:.1f} |"
                 f" of both: {cpu:.1f} | {told[1]} |")
    print("\n".join(lines), flush=True)
    keep("page", "\n".join(lines))
    return [faster >= FASTER, smaller >= SMALLER]
