"""What the benches measure with in a running instance: load, costs of processes, logs, SQL, API."""
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
VAR, RUN, LOG = (os.environ[name] for name in ("VAR", "RUN", "LOG"))
URL = os.environ["VENDAS_URL"]
CLIENTS = 8  # of every trial, so that no side has more in flight than another
THREADS = 2  # that wrk plays them with
TICK = os.sysconf("SC_CLK_TCK")


def die(message):
    sys.exit(f"bench: {message}")


# ---- Processes: what they cost -------------------------------------------------------------

def daemon_pid(name):
    with open(f"{RUN}/{name}.pid") as file:
        return int(file.read().split()[0])


def postmaster_pid():
    with open(f"{VAR}/data/postmaster.pid") as file:
        return int(file.readline())


def processes():
    """(pid, parent, session, CPU seconds with those of ended children) of all processes."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield int(pid), int(fields[1]), int(fields[3]), sum(map(int, fields[11:15])) / TICK


GROUPS = ("nginx", "program", "PostgreSQL")


def cpu_seconds(program):
    """CPU seconds so far of each group; program is a daemon, or None."""
    web, server = daemon_pid("web"), postmaster_pid()
    workers = daemon_pid(program) if program else None
    spent = dict.fromkeys(GROUPS, 0.0)
    for pid, parent, session, seconds in processes():
        if session == web:
            spent["nginx"] += seconds
        elif session == workers:
            spent["program"] += seconds
        elif server in (pid, parent):
            spent["PostgreSQL"] += seconds
    return [spent[group] for group in GROUPS]


def worker_memory(program):
    """Anonymous memory of each worker in KiB, by pid."""
    leader, memory = daemon_pid(program), {}
    for pid, parent, _, _ in processes():
        if parent == leader:
            with open(f"/proc/{pid}/status") as file:
                memory[pid] = int(re.search(r"RssAnon:\s+(\d+)", file.read()).group(1))
    return memory


# ---- Load: each gives the requests that it got answered ------------------------------------

def output_of(command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        die(f"{command[0]} failed:\n{result.stdout[-2000:]}{result.stderr[-2000:]}")
    return result.stdout


def wrk_output(command, refusals=False):
    """What wrk says of a run without errors; refusals: answers of 4xx are none."""
    said = output_of(command)
    if "Non-2xx" in said and not refusals or "Socket errors" in said:
        die(f"{' '.join(command)} met errors, see {LOG}:\n{said}")
    return said


def until_enough(command):
    """What wrk says, ended as soon as each of its threads has enough: it would wait for -d."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as wrk:
        said, left = "", THREADS
        for line in wrk.stdout:
            said += line
            left -= line == "enough\n"
            if line == "enough\n" and left == 0:
                wrk.send_signal(signal.SIGINT)
    if wrk.returncode or "Socket errors" in said:
        die(f"{' '.join(command)} met errors:\n{said}")
    return said


def wrk(seconds, path, script=None, *args):
    command = ["wrk", f"-t{THREADS}", f"-c{CLIENTS}", f"-d{seconds}", "--timeout", "10"]
    command += ["-s", f"{HERE}/{script}"] if script else []
    said = wrk_output(command + [URL + path, "--", *map(str, args)])
    return int(re.search(r"(\d+) requests in", said).group(1))


def pgbench(seconds, script, role, **variables):
    command = [os.environ["PGBIN"] + "/pgbench", "-n", "-M", "prepared", f"-c{CLIENTS}", "-j2",
               f"-T{seconds}", "-h", RUN, "-U", role, "-f", script]
    for name, value in variables.items():
        command += ["-D", f"{name}={value}"]
    said = output_of(command + ["vendas"])
    if not re.search(r"failed transactions: 0 ", said):
        die(f"pgbench of {script} met errors:\n{said}")
    return int(re.search(r"actually processed: (\d+)", said).group(1))


def latency(seconds, script, *args):
    """One client's requests, one by one: how many, their median and 99th percentile in ms."""
    said = wrk_output(["wrk", "-t1", "-c1", f"-d{seconds}", "--timeout", "30", "--latency", "-s",
                       f"{HERE}/{script}", f"{URL}/", "--", *map(str, args)])
    found = dict(re.findall(r"^ +(50|99)% +([0-9.]+[um]?s)$", said, re.MULTILINE))
    unit = {"us": 0.001, "ms": 1, "s": 1000}
    median, most = (float(text.rstrip("ums")) * unit[text.lstrip("0123456789.")]
                    for text in (found["50"], found["99"]))
    return int(re.search(r"(\d+) requests in", said).group(1)), median, most


def psql(sql, user="vendas"):
    return output_of([os.environ["PGBIN"] + "/psql", "-X", "-q", "-A", "-t", "-v",
                      "ON_ERROR_STOP=1", "-h", RUN, "-U", user, "-d", "vendas", "-c", sql]).strip()


def spread(ratios, target, at_most=False):
    """A cell of a table: their median, in bold where it misses the target, and how far they go; and
    whether it reaches it."""
    ratio = statistics.median(ratios)
    good = ratio <= target if at_most else ratio >= target
    told = f"{ratio:.2f}" if good else f"**{ratio:.2f}**"
    return f"{told} ({min(ratios):.2f} to {max(ratios):.2f})", good


def keep(name, text):
    """Puts text into the place of that name in RESULTS.md."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    with open(f"{HERE}/RESULTS.md") as file:
        before, _, rest = file.read().partition(begin)
    with open(f"{HERE}/RESULTS.md", "w") as file:
        file.write(f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}")


# ---- Logs ----------------------------------------------------------------------------------

def start_log():
    """Makes the logs empty, so that a long bench does not fill the disk."""
    time.sleep(1.1)  # nginx keeps lines for up to a second
    for name in os.listdir(LOG):
        if name == "access.log" or re.fullmatch(r"((products|sales|registry)-.*|me)\.log", name):
            os.truncate(f"{LOG}/{name}", 0)


def cached_share():
    time.sleep(1.1)
    hits = lines = 0
    with open(f"{LOG}/access.log", "rb") as file:
        for line in file:
            lines += 1
            hits += b'"cache":"HIT"' in line
    return hits / max(lines, 1)


# ---- The API -------------------------------------------------------------------------------

def ask(method, path, data=None, media="application/json", token=None):
    """The body of the answer."""
    headers = {"Content-Type": media, **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(URL + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=300) as answer:
        return answer.read()


def access_token(who):
    """Of ADMIN or CUSTOMER, as the instance's demo.env has them."""
    body = json.dumps({"email": os.environ[f"VENDAS_{who}_EMAIL"],
                       "password": os.environ[f"VENDAS_{who}_PASSWORD"]}).encode()
    return json.loads(ask("POST", "/v1/sessions", body))["access_token"]
