#include "sales/tax.h"

#include <string.h>

#include "fields.h"

enum { WHOLE_BASE = 10000 };

static struct json_object *rule_at(struct json_object *rules, size_t i)
{
    return json_object_array_get_idx(rules, i);
}

static bool stands_in(const struct pricing_line *line, const char *category)
{
    struct json_object *places = line->category_ids;
    for (size_t i = 0; places && i < json_object_array_length(places); i++)
        if (!strcmp(json_object_get_string(rule_at(places, i)), category))
            return true;
    return false;
}

static bool fits(struct json_object *rule, const struct pricing_line *line)
{
    const char *ncm = field_text(rule, "ncm"), *category = field_text(rule, "category_id");
    if (ncm && (!line->ncm || strncmp(line->ncm, ncm, strlen(ncm))))
        return false;
    return !category || stands_in(line, category);
}

/* The rule of a code that counts for a line, NULL for none. */
static struct json_object *find(struct json_object *rules, const char *code,
                                const struct pricing_line *line)
{
    for (size_t i = 0; i < json_object_array_length(rules); i++) {
        struct json_object *rule = rule_at(rules, i);
        if (!strcmp(field_text(rule, "code"), code) && fits(rule, line))
            return rule;
    }
    return NULL;
}

/* The rate of a rule on a line, -1 where it is not levied. */
static long long rate_of(struct json_object *rules, struct json_object *rule,
                         const struct pricing_line *line)
{
    const char *less = field_text(rule, "less_code");
    long long rate = field_integer(rule, "rate_bp");
    if (!less)
        return rate;
    struct json_object *other = find(rules, less, line);
    rate -= other ? field_integer(other, "rate_bp") : rate;
    return rate > 0 ? rate : -1;
}

static long long base_of(struct json_object *rule, const struct pricing_line *line)
{
    long long paid = line->quantity * line->unit_price - line->discount;
    return field_present(rule, "base_bp") ? pricing_share(paid, field_integer(rule, "base_bp"))
                                          : pricing_share(paid, WHOLE_BASE);
}

/* The sum of a code and rate, a new one where there is none yet. */
static struct pricing_tax *sum_of(struct pricing *out, const char *code, long long rate_bp,
                                  bool included)
{
    for (size_t i = 0; i < out->tax_count; i++) {
        struct pricing_tax *tax = &out->taxes[i];
        if (!strcmp(tax->code, code) && tax->rate_bp == rate_bp && tax->included == included)
            return tax;
    }
    struct pricing_tax *tax = &out->taxes[out->tax_count++];
    *tax = (struct pricing_tax){.code = code, .rate_bp = rate_bp, .included = included};
    return tax;
}

static void remember(struct pricing *out, struct json_object *rule)
{
    for (size_t i = 0; i < out->tax_rule_count; i++)
        if (out->tax_rules[i] == rule)
            return;
    out->tax_rules[out->tax_rule_count++] = rule;
}

static void levy(struct json_object *rules, struct json_object *rule, struct pricing_line *line,
                 struct pricing *out)
{
    long long rate = rate_of(rules, rule, line);
    if (rate < 0)
        return;
    struct pricing_tax *tax =
        sum_of(out, field_text(rule, "code"), rate, field_boolean(rule, "included"));
    long long base = base_of(rule, line), amount = pricing_share(base, rate);
    tax->base += base;
    tax->amount += amount;
    remember(out, rule);
    if (tax->included)
        return;
    line->tax += amount;
    line->total += amount;
    out->tax += amount;
}

/* How many codes there are. */
static size_t codes_in(struct json_object *rules)
{
    size_t n = 0;
    for (size_t i = 0; i < json_object_array_length(rules); i++)
        if (i == 0 || strcmp(field_text(rule_at(rules, i), "code"),
                             field_text(rule_at(rules, i - 1), "code")))
            n++;
    return n;
}

void tax_add(struct arena *a, struct json_object *rules, struct pricing *out)
{
    size_t count = json_object_array_length(rules), lines = out->line_count;
    out->taxes = arena_alloc(a, codes_in(rules) * lines * sizeof *out->taxes);
    out->tax_rules = arena_alloc(a, count * sizeof(struct json_object *));
    for (size_t r = 0; r < count; r++) {
        const char *code = field_text(rule_at(rules, r), "code");
        if (r > 0 && !strcmp(code, field_text(rule_at(rules, r - 1), "code")))
            continue;
        for (size_t i = 0; i < lines; i++) {
            struct json_object *rule = find(rules, code, &out->lines[i]);
            if (rule)
                levy(rules, rule, &out->lines[i], out);
        }
    }
}
