/*
 * charts: draws one of the benchmark's charts again and again into one file: charts KIND TIMES
 * FILE. Prints the milliseconds of processor time that each took, and then the most memory that
 * the program had, in KiB. bench/plots.py does the same with matplotlib, of the same figures
 * and texts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chart.h"

enum { MOST = 30, DAYS = 7 };

static const char *const MONTHS[] = {"jan/26", "fev/26", "mar/26", "abr/26",
                                     "mai/26", "jun/26", "jul/26", "ago/26",
                                     "set/26", "out/26", "nov/26", "dez/26"};
static const char *const WEEK[] = {"Segunda", "Terça",  "Quarta", "Quinta",
                                   "Sexta",   "Sábado", "Domingo"};
static const char *const YEARS[] = {"Este ano", "Ano anterior"};

static const struct sort {
    const char *name, *title, *label; /* how labels are made of numbers; NULL: MONTHS */
    struct chart chart;
    const char *const *names; /* of the series */
    int first;
} SORTS[] = {
    {"line",
     "Vendas por dia",
     "%02d/11",
     {.kind = CHART_LINE, .unit = CHART_MONEY, .count = 30, .series_count = 2},
     YEARS,
     1},
    {"bars",
     "Vendas por mês",
     NULL,
     {.kind = CHART_BARS, .unit = CHART_MONEY, .count = 12, .series_count = 1},
     YEARS,
     1},
    {"rows",
     "Produtos mais vendidos",
     "Produto de nome comprido %d",
     {.kind = CHART_ROWS, .unit = CHART_MONEY, .count = 10, .series_count = 1},
     YEARS,
     1},
    {"heat",
     "Pedidos por hora da semana",
     "%dh",
     {.kind = CHART_HEAT, .unit = CHART_COUNT, .count = 24, .series_count = 7},
     WEEK,
     0},
};

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static long long figure(size_t series, size_t index)
{
    return 100000 + (long long)((series * 31 + index) * 292903 % 500009);
}

static bool draw(const struct sort *sort, const char *path)
{
    static long long values[DAYS][MOST];
    static const char *labels[MOST];
    struct chart_series series[DAYS];
    struct arena *a = arena_new();
    struct chart chart = sort->chart;
    struct chart_picture picture;
    for (size_t s = 0; s < chart.series_count; s++) {
        for (size_t i = 0; i < chart.count; i++)
            values[s][i] = figure(s, i);
        series[s] = (struct chart_series){sort->names[s], values[s]};
    }
    for (size_t i = 0; i < chart.count; i++)
        labels[i] =
            sort->label ? arena_printf(a, sort->label, sort->first + (int)i) : MONTHS[i];
    chart.title = sort->title;
    chart.subtitle = "01/11/2026 a 30/11/2026";
    chart.labels = labels;
    chart.series = series;
    chart.currency = "BRL";
    chart.width = 1040;
    chart.height = 360;
    chart.scale = 2;
    bool written = chart_draw(a, &chart, &picture);
    FILE *file = written ? fopen(path, "w") : NULL;
    written = file && fwrite(picture.png, 1, picture.n, file) == picture.n;
    written = file && fclose(file) == 0 && written;
    arena_free(a);
    return written;
}

/* getrusage() would tell of the parent's memory, too, from before this program was there. */
static int print_peak(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[128];
    int found = 0;
    while (file && !found && fgets(line, sizeof line, file))
        found = !strncmp(line, "VmHWM:", 6);
    if (file)
        fclose(file);
    return found && printf("%ld\n", strtol(line + 6, NULL, 10)) > 0 ? EXIT_SUCCESS
                                                                    : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const struct sort *sort = SORTS;
    const struct sort *end = SORTS + sizeof SORTS / sizeof *SORTS;
    if (argc != 4)
        return EXIT_FAILURE;
    while (sort < end && strcmp(sort->name, argv[1]) != 0)
        sort++;
    for (long times = strtol(argv[2], NULL, 10); times > 0; times--) {
        double began = milliseconds();
        if (sort == end || !draw(sort, argv[3]))
            return EXIT_FAILURE;
        printf("%.3f\n", milliseconds() - began);
    }
    return print_peak();
}
