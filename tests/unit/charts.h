/*
 * charts: a chart of each kind as a shop would have it, and of random figures and names; for
 * the tests, and to look at.
 */
#ifndef VENDAS_CHARTS_H
#define VENDAS_CHARTS_H

#include "unit.h"

#include "chart.h"

enum { KINDS = CHART_GAUGE + 1 };

static const char *const KIND_NAMES[KINDS] = {
    [CHART_LINE] = "line",     [CHART_BARS] = "bars",           [CHART_STACKED] = "stacked",
    [CHART_ROWS] = "rows",     [CHART_HEAT] = "heat",           [CHART_COHORT] = "cohort",
    [CHART_STATES] = "states", [CHART_SPARKLINE] = "sparkline", [CHART_GAUGE] = "gauge",
};

static const char *const STATES[] = {"AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO",
                                     "MA", "MG", "MS", "MT", "PA", "PB", "PE", "PI", "PR",
                                     "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO"};

/* xorshift64: the same on every machine. */
static inline unsigned long long next(unsigned long long *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

static inline long long between(unsigned long long *seed, long long least, long long most)
{
    return least + (long long)(next(seed) % (unsigned long long)(most - least + 1));
}

static inline long long *figures(size_t count)
{
    return arena_alloc(a, (count + 1) * sizeof(long long));
}

static inline struct chart chart_sized(struct chart chart, size_t series, size_t count)
{
    struct chart_series *all = arena_alloc(a, (series + 1) * sizeof *all);
    const char **labels = arena_alloc(a, (count + 1) * sizeof *labels);
    for (size_t s = 0; s < series; s++)
        all[s] = (struct chart_series){arena_printf(a, "Série %zu", s + 1), figures(count)};
    for (size_t i = 0; i < count; i++)
        labels[i] = arena_printf(a, "%02zu/%02zu", i % 30 + 1, i / 30 % 12 + 1);
    chart.series = all;
    chart.series_count = series;
    chart.labels = labels;
    chart.count = count;
    return chart;
}

static inline long long *values_of(const struct chart *chart, size_t series)
{
    return (long long *)chart->series[series].values;
}

static inline void name_series(struct chart *chart, const char *const *names)
{
    for (size_t s = 0; s < chart->series_count; s++)
        ((struct chart_series *)chart->series)[s].name = names[s];
}

/* Samples ---------------------------------------------------------------------------------- */

static inline void sample_line(struct chart *chart)
{
    static const char *const NAMES[] = {"Este ano", "Ano anterior"};
    unsigned long long seed = 11;
    *chart = chart_sized(*chart, 2, 60);
    chart->title = "Vendas por dia";
    name_series(chart, NAMES);
    for (size_t i = 0; i < chart->count; i++) {
        values_of(chart, 0)[i] =
            between(&seed, 180000, 320000) + (i % 7 < 2 ? 260000 : 0) + 3000 * (long long)i;
        values_of(chart, 1)[i] = between(&seed, 150000, 240000) + (i % 7 < 2 ? 180000 : 0);
    }
}

static inline void sample_bars(struct chart *chart)
{
    static const char *const MONTHS[] = {"jan/26", "fev/26", "mar/26", "abr/26",
                                         "mai/26", "jun/26", "jul/26", "ago/26",
                                         "set/26", "out/26", "nov/26", "dez/26"};
    unsigned long long seed = 5;
    *chart = chart_sized(*chart, 1, LENGTH(MONTHS));
    chart->title = "Vendas por mês";
    chart->labels = MONTHS;
    for (size_t i = 0; i < chart->count; i++)
        values_of(chart, 0)[i] = between(&seed, 3000000, 9500000);
}

static inline void sample_stacked(struct chart *chart)
{
    static const char *const NAMES[] = {"Moda feminina", "Eletrônicos", "Casa e decoração",
                                        "Beleza",        "Livros",      "Outras"};
    unsigned long long seed = 9;
    *chart = chart_sized(*chart, LENGTH(NAMES), 12);
    chart->title = "Receita por categoria";
    name_series(chart, NAMES);
    for (size_t s = 0; s < chart->series_count; s++)
        for (size_t i = 0; i < chart->count; i++)
            values_of(chart, s)[i] = between(&seed, 200000, 1800000);
}

static inline void sample_rows(struct chart *chart)
{
    static const char *const NAMES[] = {
        "Tênis de corrida Asas Leves 3", "Camiseta básica de algodão orgânico",
        "Caneca térmica 500 ml",         "Fone de ouvido sem fio com cancelamento de ruído",
        "Mochila para notebook 15,6\"",  "Garrafa",
        "Luminária de mesa articulada",  "Kit de panelas antiaderentes com 5 peças",
        "Livro: Grande Sertão: Veredas", "Cadeira de escritório 🎉"};
    *chart = chart_sized(*chart, 1, LENGTH(NAMES));
    chart->title = "Produtos mais vendidos";
    chart->labels = NAMES;
    for (size_t i = 0; i < chart->count; i++)
        values_of(chart, 0)[i] = 4589000 / (long long)(i + 1) + 199;
}

static inline void sample_heat(struct chart *chart)
{
    static const char *const DAYS[] = {"Segunda", "Terça",  "Quarta", "Quinta",
                                       "Sexta",   "Sábado", "Domingo"};
    unsigned long long seed = 3;
    *chart = chart_sized(*chart, LENGTH(DAYS), 24);
    chart->title = "Pedidos por hora da semana";
    chart->unit = CHART_COUNT;
    name_series(chart, DAYS);
    for (size_t i = 0; i < chart->count; i++) {
        ((const char **)chart->labels)[i] = arena_printf(a, "%zuh", i);
        for (size_t s = 0; s < chart->series_count; s++)
            values_of(chart, s)[i] =
                i < 6 ? between(&seed, 0, 6) : between(&seed, 10, 40) + (i > 18 ? 45 : 0);
    }
}

static inline void sample_cohort(struct chart *chart)
{
    unsigned long long seed = 4;
    *chart = chart_sized(*chart, 12, 12);
    chart->title = "Clientes que voltaram, por mês da primeira compra";
    chart->unit = CHART_PERCENT;
    for (size_t s = 0; s < 12; s++) {
        ((const char **)chart->labels)[s] = arena_printf(a, "%zu", s);
        ((struct chart_series *)chart->series)[s].name = arena_printf(a, "%02zu/2026", s + 1);
        for (size_t i = 0; i < 12; i++)
            values_of(chart, s)[i] =
                i + s >= 12 ? CHART_NONE
                            : (i ? between(&seed, 300, 900) + 2400 / (long long)i : 10000);
    }
}

static inline void sample_states(struct chart *chart)
{
    unsigned long long seed = 8;
    *chart = chart_sized(*chart, 1, LENGTH(STATES));
    chart->title = "Vendas por estado";
    chart->labels = STATES;
    for (size_t i = 0; i < chart->count; i++)
        values_of(chart, 0)[i] = i == 1 ? CHART_NONE : between(&seed, 1, 40) * 45037;
    values_of(chart, 0)[25] = 9912345;
    values_of(chart, 0)[10] = 5912345;
}

static inline void sample_gauge(struct chart *chart)
{
    static const long long TARGET = 8000000;
    *chart = chart_sized(*chart, 1, 1);
    chart->title = "Receita do mês";
    chart->target = &TARGET;
    ((const char **)chart->labels)[0] = "dez/26";
    values_of(chart, 0)[0] = 6123456;
}

/* A chart of a kind as a shop has it, in the default size. */
static inline struct chart sample(enum chart_kind kind)
{
    static void (*const MAKE[KINDS])(struct chart *) = {
        sample_line,   sample_bars,   sample_stacked, sample_rows, sample_heat,
        sample_cohort, sample_states, sample_line,    sample_gauge};
    struct chart chart = {
        .subtitle = "01/11/2026 a 30/11/2026 · R$\xC2\xA0"
                    "12.345,67 · 123 pedidos",
        .heading = "Dia",
        .currency = "BRL",
        .nothing = "Sem vendas neste período",
        .width = 900,
        .height = 420,
    };
    MAKE[kind](&chart);
    chart.kind = kind;
    return chart;
}

#endif
