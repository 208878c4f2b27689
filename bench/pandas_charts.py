"""The charts of a month's page by matplotlib, for pandas_page.py: each for wide and narrow windows,
light and dark, as the job "report" draws them."""
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle, Wedge

SIZES = {"wide": (5.08, 2.0), "narrow": (1.8, 1.7)}  # inches at 200 dots
THEMES = {"light": "default", "dark": "dark_background"}
FULL = ("sales", "months")  # the others are half as wide

# Where each state lies on the tile map: column and row.
TILES = {"RR": (3, 0), "AP": (5, 0), "AM": (2, 1), "PA": (4, 1), "MA": (5, 1), "CE": (6, 1),
         "RN": (7, 1), "AC": (1, 2), "RO": (2, 2), "TO": (4, 2), "PI": (5, 2), "PE": (6, 2),
         "PB": (7, 2), "MT": (3, 3), "GO": (4, 3), "BA": (5, 3), "SE": (6, 3), "AL": (7, 3),
         "MS": (3, 4), "DF": (4, 4), "MG": (5, 4), "ES": (6, 4), "SP": (4, 5), "RJ": (5, 5),
         "PR": (4, 6), "SC": (4, 7), "RS": (3, 7)}


def thousands(axis):
    axis.set_major_formatter(lambda amount, _: f"R$ {amount / 1000:,.0f} mil".replace(",", "."))


def sales(axes, figures):
    now, before = figures
    axes.fill_between(now.index, now / 100, alpha=0.2)
    axes.plot(now.index, now / 100, marker="o", markersize=3, label="neste mês")
    axes.plot(before.index, before / 100, linestyle="--", label="no anterior")
    axes.legend(fontsize=6)
    axes.set_title("Vendas por dia")
    thousands(axes.yaxis)


def months(axes, figures):
    axes.bar([str(month) for month in figures.index], figures / 100)
    axes.tick_params(axis="x", labelrotation=45)
    axes.set_title("Vendas por mês")
    thousands(axes.yaxis)


def categories(axes, figures):
    bars = axes.barh(figures.index[::-1], figures[::-1] / 100)
    axes.bar_label(bars, fmt="R$ %.0f", fontsize=5)
    axes.set_title("Categorias")
    axes.set_xticks([])


def states(axes, figures):
    most = figures.max()
    for state, (column, row) in TILES.items():
        share = figures.get(state, 0) / most
        axes.add_patch(Rectangle((column, -row), 0.94, 0.94, color=plt.cm.viridis(share)))
        axes.text(column + 0.47, 0.47 - row, state, ha="center", va="center", fontsize=6,
                  color="black" if share > 0.6 else "white")
    axes.set_xlim(0.5, 8.5)
    axes.set_ylim(-7.5, 1.5)
    axes.set_aspect("equal")
    axes.axis("off")
    axes.set_title("Estados")


def gateways(axes, figures):
    bottom = 0
    for name in figures:
        axes.bar([str(week.start_time.date())[5:] for week in figures.index], figures[name] / 100,
                 bottom=bottom, label=name)
        bottom = bottom + figures[name] / 100
    axes.legend(fontsize=6)
    axes.set_title("Formas de pagamento")
    thousands(axes.yaxis)


def rate(axes, share):
    axes.add_patch(Wedge((0, 0), 1, 0, 180, width=0.25, color="grey", alpha=0.3))
    axes.add_patch(Wedge((0, 0), 1, 180 - 180 * share, 180, width=0.25))
    axes.text(0, 0.1, f"{share:.1%}", ha="center", fontsize=14)
    axes.set_xlim(-1.1, 1.1)
    axes.set_ylim(-0.1, 1.1)
    axes.set_aspect("equal")
    axes.axis("off")
    axes.set_title("Conversão")


CHARTS = {"sales": sales, "months": months, "categories": categories, "states": states,
          "gateways": gateways, "rate": rate}


def draw_all(folder, figures):
    """The names of the pictures."""
    names = []
    plt.rcParams.update({"font.size": 7, "axes.titlesize": 9})
    for theme, style in THEMES.items():
        for size, (width, height) in SIZES.items():
            for name, chart in CHARTS.items():
                with plt.style.context(style):
                    plt.rcParams.update({"font.size": 7, "axes.titlesize": 9})
                    half = 1 if name in FULL or size == "narrow" else 2
                    picture, axes = plt.subplots(figsize=(2 * width / half, 2 * height), dpi=200)
                    chart(axes, figures[name])
                    picture.tight_layout()
                    names.append(f"{name}-{size}-{theme}.png")
                    picture.savefig(f"{folder}/{names[-1]}")
                    plt.close(picture)
    return names
