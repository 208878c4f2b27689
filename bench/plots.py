#!/usr/bin/python3
"""What bench/charts.c does, with matplotlib: plots.py KIND TIMES FILE.

Drawn by Agg without pyplot, in the same pixels, sizes of letters, colours and figures."""
import re
import sys
import time

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

DPI = 200
TEXT, TITLE = 26 * 72 / DPI, 34 * 72 / DPI  # points of 13 and 17 pixels at scale 2
INK, MUTED, GRID, BLUE, ORANGE = "#1F2937", "#5B6472", "#E5E7EB", "#0072B2", "#D55E00"
MONTHS = [f"{name}/26" for name in "jan fev mar abr mai jun jul ago set out nov dez".split()]
WEEK = "Segunda Terça Quarta Quinta Sexta Sábado Domingo".split()
SCALE = ["#E3EFF8", "#8EC3E6", "#2F86C0", "#083D6B"]


def figures(series, count):
    return [100000 + (series * 31 + index) * 292903 % 500009 for index in range(count)]


def money(minor):
    text = f"{minor / 100:,.2f}"
    return "R$\N{NO-BREAK SPACE}" + text.replace(",", " ").replace(".", ",").replace(" ", ".")


def short(minor, _=None):
    return f"R$\N{NO-BREAK SPACE}{minor / 100000:g}\N{NO-BREAK SPACE}mil"


def axes_of(title, left, top=0.76, bottom=0.1):
    figure = Figure(figsize=(2080 / DPI, 720 / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    figure.text(0.016, 0.92, title, size=TITLE, weight="bold", color=INK)
    figure.text(0.016, 0.86, "01/11/2026 a 30/11/2026", size=TEXT, color=MUTED)
    axes = figure.add_axes((left, bottom, 0.985 - left, top - bottom))
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=TEXT, labelcolor=MUTED)
    return figure, axes


def with_ticks(axes, labels, values):
    """The axis of money, the labels, and the figure of what is highest."""
    axes.set_ylim(0, 700000)
    axes.set_xticks(range(len(labels)), labels)
    axes.set_yticks(range(0, 600001, 200000))
    axes.yaxis.set_major_formatter(FuncFormatter(short))
    axes.yaxis.grid(True, color=GRID)
    axes.set_axisbelow(True)
    peak = max(range(len(values)), key=values.__getitem__)
    axes.annotate(money(values[peak]), (peak, values[peak]), (0, 6), textcoords="offset points",
                  ha="center", size=TEXT, weight="bold", color=INK)


def line():
    figure, axes = axes_of("Vendas por dia", 0.08, 0.7)
    now, before = figures(0, 30), figures(1, 30)
    axes.fill_between(range(30), now, color=BLUE, alpha=0.16, linewidth=0)
    axes.plot(before, "--", color=ORANGE, linewidth=1.4, label="Ano anterior")
    axes.plot(now, "-o", color=BLUE, linewidth=1.4, markersize=4, label="Este ano")
    with_ticks(axes, [f"{day:02d}/11" if day % 2 == 0 else "" for day in range(1, 31)], now)
    figure.legend(loc="upper left", bbox_to_anchor=(0.01, 0.86), ncol=2, fontsize=TEXT,
                  frameon=False)
    return figure


def bars():
    figure, axes = axes_of("Vendas por mês", 0.08)
    axes.bar(range(12), figures(0, 12), 0.72, color=BLUE)
    with_ticks(axes, MONTHS, figures(0, 12))
    return figure


def rows():
    figure, axes = axes_of("Produtos mais vendidos", 0.24)
    values = figures(0, 10)
    drawn = axes.barh(range(10), values, 0.62, color=BLUE)
    axes.bar_label(drawn, list(map(money, values)), padding=3, size=TEXT, color=MUTED)
    axes.set_yticks(range(10), [f"Produto de nome comprido {n}" for n in range(1, 11)])
    axes.set_xticks([])
    axes.set_xlim(0, 680000)
    axes.invert_yaxis()
    return figure


def heat():
    figure, axes = axes_of("Pedidos por hora da semana", 0.08, bottom=0.15)
    cells = axes.pcolormesh([figures(day, 24) for day in range(7)], vmin=0,
                            edgecolors="white", linewidth=1,
                            cmap=LinearSegmentedColormap.from_list("blue", SCALE))
    axes.set_xticks([hour + 0.5 for hour in range(24)], [f"{hour}h" for hour in range(24)])
    axes.set_yticks([day + 0.5 for day in range(7)], WEEK)
    axes.xaxis.tick_top()
    axes.invert_yaxis()
    bar = figure.colorbar(cells, cax=figure.add_axes((0.84, 0.08, 0.1, 0.025)),
                          orientation="horizontal", ticks=[0, 599000])
    bar.ax.set_xticklabels(["0", "599 mil"])
    bar.ax.tick_params(length=0, labelsize=TEXT, labelcolor=MUTED)
    return figure


def main():
    _, kind, times, path = sys.argv
    for _ in range(int(times)):
        began = time.process_time()
        {"line": line, "bars": bars, "rows": rows, "heat": heat}[kind]().savefig(path)
        print(f"{(time.process_time() - began) * 1000:.3f}")
    with open("/proc/self/status") as file:
        print(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1))


if __name__ == "__main__":
    main()
