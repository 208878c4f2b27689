/* import: a table of products. What is read of a cell is written so that it is read again. */
#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fields.h"
#include "json.h"
#include "products/product_cells.h"
#include "products/product_sheet.h"

struct reading {
    struct arena *arena;
    struct product_sheet sheet;
    struct product_draft draft;
};

static void check_cell(struct arena *a, const struct product_column *c, const char *text)
{
    struct json_object *once = json_keep(a, json_object_new_object());
    struct json_object *twice = json_keep(a, json_object_new_object());
    if (cell_read(c, text, once))
        return;
    struct sheet_cell cell = cell_write(a, c, once);
    if (!cell.text || !*cell.text) /* nothing is there, or no more */
        return;
    fuzz_expect(!cell_read(c, cell.text, twice));
    fuzz_expect(!strcmp(field_json(once), field_json(twice)));
}

static void end_product(struct reading *r)
{
    if (!r->draft.line)
        return;
    bool sound = product_draft_check(&r->draft);
    fuzz_expect(sound == (json_object_array_length(r->draft.faults) == 0));
    r->draft = product_draft_new(r->arena);
}

static bool take_row(void *context, const struct sheet_row *row)
{
    struct reading *r = context;
    const char *code, *column;
    if (!r->sheet.count)
        return product_sheet_read(r->arena, row, NULL, &r->sheet, &code, &column);
    for (int i = 0; i < row->count && i < r->sheet.count; i++)
        if (*row->cells[i])
            check_cell(r->arena, &r->sheet.columns[i], row->cells[i]);
    if (!product_draft_goes_on(&r->draft, r->sheet, row))
        end_product(r);
    product_draft_add(&r->draft, r->sheet, row);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_begin();
    int fd = memfd_create("import", MFD_CLOEXEC);
    struct reading r = {.arena = a, .draft = product_draft_new(a)};
    fuzz_expect(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    sheet_read(arena_printf(a, "/proc/self/fd/%d", fd), take_row, &r);
    end_product(&r);
    close(fd);
    return fuzz_end(a);
}
