"""Charts: what one costs here, beside matplotlib that draws the same one.

Both sides write a PNG of 2080 x 720 pixels with the same figures and texts. Once in a process of
its own, from its start to its end; and one after the other in a process that has drawn before,
which leaves out what it costs to start, to read programs and fonts and, there, to import. Sides
take turns, and the least processor time of all rounds counts: whatever else the machine does only
adds to it.
"""
import os
import resource
import sys

from measure import HERE, VAR, die, keep, output_of

TARGET = 15  # times as fast, both ways
TIMES = 10  # in one process
CHARTS = {"line": "line with area and comparison, 30 points", "bars": "12 bars",
          "rows": "10 rows", "heat": "heat map, 7 x 24"}
SIDES = {"ours": [f"{HERE}/../build/bench/charts"],
         "matplotlib": [sys.executable, f"{HERE}/plots.py"]}


def spent():
    """Milliseconds of processor time of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000


class Found:
    """The least of what a side needed for a chart: ms alone, ms one more, KiB, and the PNG's."""

    def __init__(self, side, chart):
        self.path = f"{VAR}/tmp/{chart}-{side}.png"
        self.command = SIDES[side] + [chart]
        self.alone = self.more = self.peak = float("inf")

    def run(self):
        began = spent()
        alone = output_of([*self.command, "1", self.path])
        self.alone = min(self.alone, spent() - began)
        self.peak = min(self.peak, int(alone.split()[-1]))
        times = output_of([*self.command, str(TIMES), self.path]).split()[1:-1]
        self.more = min(self.more, *map(float, times))

    def size(self):
        return os.path.getsize(self.path) / 1024


def measure(rounds):
    """Prints what each side needs and puts it into RESULTS.md; whether the target was reached."""
    found = {chart: [Found(side, chart) for side in SIDES] for chart in CHARTS}
    for one in found["line"]:
        one.run()  # matplotlib looks for fonts the first time, and keeps which there are
    for _ in range(rounds):
        for chart in CHARTS:
            for one in found[chart]:
                one.run()
    return tabulate(found)


def pair(ours, theirs):
    return f"| {ours:,.1f} | {theirs:,.0f} "


def ratio(ours, theirs):
    told = f"{theirs / ours:.0f}"
    return told if theirs >= TARGET * ours else f"**{told}**"


def tabulate(found):
    lines = ["| 2080 x 720 pixels | alone, ms: ours | matplotlib | times | one more, ms: ours "
             "| matplotlib | times | peak MiB: ours | matplotlib | PNG, KiB: ours | matplotlib |",
             "|---|" + "---:|" * 10]
    good = []
    for chart, (ours, theirs) in found.items():
        sizes = [one.size() for one in (ours, theirs)]
        if min(sizes) < 5:
            die(f"a picture of {chart} is empty")
        lines.append(f"| {CHARTS[chart]} {pair(ours.alone, theirs.alone)}"
                     f"| {ratio(ours.alone, theirs.alone)} {pair(ours.more, theirs.more)}"
                     f"| {ratio(ours.more, theirs.more)} "
                     f"{pair(ours.peak / 1024, theirs.peak / 1024)}"
                     f"| {sizes[0]:.0f} | {sizes[1]:.0f} |")
        good += [theirs.alone >= TARGET * ours.alone, theirs.more >= TARGET * ours.more]
    table = "\n".join(lines)
    print(f"\n{table}\ntarget {TARGET} times: {'reached' if all(good) else 'MISSED'}")
    keep("charts", table)
    return good
