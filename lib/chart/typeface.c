#include "chart/typeface.h"

#include <stdlib.h>

#include <fontconfig/fontconfig.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_SIZES_H
#include <utf8proc.h>

#include "utf8.h"

static const struct {
    bool bold;
    int pixels; /* of the page */
} FONT[FONTS] = {
    [FONT_TEXT] = {false, 13}, [FONT_BOLD] = {true, 13},   [FONT_SMALL] = {false, 11},
    [FONT_TITLE] = {true, 17}, [FONT_FIGURE] = {true, 26},
};

static const char *const FACES[] = {TYPEFACE_FAMILY ":regular", TYPEFACE_FAMILY ":bold"};

/* A letter in a size: its ink from the pen and the base line on, covers row by row. */
struct glyph {
    int character, font, scale;
    FT_UInt index;
    int left, top, width, height, advance;
    unsigned char cover[];
};

static struct {
    FT_Library library;
    FT_Face faces[2];
    FT_Size sizes[FONTS][TYPEFACE_SCALES];
    struct glyph *glyphs[TYPEFACE_KEPT];
} type;

/* Fonts ---------------------------------------------------------------------------------- */

static FT_Face open_face(const char *name)
{
    FcPattern *wanted = FcNameParse((const FcChar8 *)name);
    FcResult result = FcResultNoMatch;
    FcConfigSubstitute(NULL, wanted, FcMatchPattern);
    FcDefaultSubstitute(wanted);
    FcPattern *font = FcFontMatch(NULL, wanted, &result);
    FcChar8 *path;
    int index = 0;
    FT_Face face = NULL;
    if (font && FcPatternGetString(font, FC_FILE, 0, &path) == FcResultMatch) {
        FcPatternGetInteger(font, FC_INDEX, 0, &index);
        if (FT_New_Face(type.library, (const char *)path, index, &face))
            face = NULL;
    }
    if (font)
        FcPatternDestroy(font);
    FcPatternDestroy(wanted);
    return face;
}

static bool open_sizes(void)
{
    for (int font = 0; font < FONTS; font++)
        for (int scale = 1; scale <= TYPEFACE_SCALES; scale++) {
            FT_Face face = type.faces[FONT[font].bold];
            FT_Size *size = &type.sizes[font][scale - 1];
            if (FT_New_Size(face, size) || FT_Activate_Size(*size) ||
                FT_Set_Pixel_Sizes(face, 0, (FT_UInt)typeface_size(font, scale)))
                return false;
        }
    return true;
}

const char *typeface_open(void)
{
    static bool opened;
    if (opened)
        return NULL;
    if (!type.library && FT_Init_FreeType(&type.library))
        return "no FreeType";
    for (int bold = 0; bold < 2; bold++)
        if (!type.faces[bold] && !(type.faces[bold] = open_face(FACES[bold])))
            return "no font";
    opened = open_sizes();
    return opened ? NULL : "a font without these sizes";
}

bool typeface_has(int character)
{
    return FT_Get_Char_Index(type.faces[0], (FT_ULong)character) &&
           FT_Get_Char_Index(type.faces[1], (FT_ULong)character);
}

int typeface_size(enum font font, int scale)
{
    return FONT[font].pixels * scale;
}

/* Letters -------------------------------------------------------------------------------- */

/* NULL where the font can't draw it or there is no memory. Its size is active. */
static struct glyph *draw(FT_Face face, int character, enum font font, int scale)
{
    FT_UInt index = FT_Get_Char_Index(face, (FT_ULong)character);
    if (FT_Load_Glyph(face, index, FT_LOAD_RENDER | FT_LOAD_NO_BITMAP))
        return NULL;
    const FT_GlyphSlot slot = face->glyph;
    int width = (int)slot->bitmap.width, height = (int)slot->bitmap.rows;
    struct glyph *glyph = malloc(sizeof *glyph + (size_t)width * (size_t)height);
    if (!glyph)
        return NULL;
    *glyph = (struct glyph){.character = character,
                            .font = (int)font,
                            .scale = scale,
                            .index = index,
                            .left = slot->bitmap_left,
                            .top = -slot->bitmap_top,
                            .width = width,
                            .height = height,
                            .advance = (int)(slot->advance.x >> 6)};
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            glyph->cover[y * width + x] =
                (unsigned char)((slot->bitmap.buffer[y * slot->bitmap.pitch + x] * COVER_FULL +
                                 127) /
                                255);
    return glyph;
}

static const struct glyph *glyph_of(FT_Face face, int character, enum font font, int scale)
{
    size_t place = ((size_t)character * FONTS + font) * TYPEFACE_SCALES + (size_t)scale - 1;
    struct glyph **known = &type.glyphs[place % TYPEFACE_KEPT];
    if (*known && (*known)->character == character && (*known)->font == (int)font &&
        (*known)->scale == scale)
        return *known;
    free(*known);
    *known = draw(face, character, font, scale);
    return *known;
}

/* The next letter of a text, and how far it stands from the pen by what is before it. */
struct line {
    FT_Face face;
    enum font font;
    int scale;
    const char *rest;
    FT_UInt before;
    int pen; /* where the letter begins, and after it the next one */
};

static struct line begin(enum font font, int scale, const char *text)
{
    FT_Activate_Size(type.sizes[font][scale - 1]);
    return (struct line){type.faces[FONT[font].bold], font, scale, text, 0, 0};
}

/* NULL at the end. *x is where it begins. */
static const struct glyph *next(struct line *line, int *x)
{
    const struct glyph *glyph = NULL;
    while (*line->rest && !glyph) {
        utf8proc_int32_t character = 0;
        size_t n = utf8_char(line->rest, UTF8_LONGEST);
        utf8proc_iterate((const utf8proc_uint8_t *)line->rest, (utf8proc_ssize_t)n, &character);
        line->rest += n ? n : 1;
        glyph = glyph_of(line->face, character, line->font, line->scale);
    }
    if (!glyph)
        return NULL;
    FT_Vector nearer = {0, 0};
    if (line->before)
        FT_Get_Kerning(line->face, line->before, glyph->index, FT_KERNING_DEFAULT, &nearer);
    *x = line->pen + (int)(nearer.x >> 6);
    line->pen = *x + glyph->advance;
    line->before = glyph->index;
    return glyph;
}

/* Texts ---------------------------------------------------------------------------------- */

struct extent typeface_measure(enum font font, int scale, const char *text)
{
    struct line line = begin(font, scale, text);
    struct extent all = {0};
    int x;
    for (const struct glyph *glyph; (glyph = next(&line, &x));) {
        if (glyph->width == 0)
            continue;
        struct extent one = {0, x + glyph->left, glyph->top, x + glyph->left + glyph->width,
                             glyph->top + glyph->height};
        if (all.left == all.right) {
            all = one;
            continue;
        }
        all.left = one.left < all.left ? one.left : all.left;
        all.top = one.top < all.top ? one.top : all.top;
        all.right = one.right > all.right ? one.right : all.right;
        all.bottom = one.bottom > all.bottom ? one.bottom : all.bottom;
    }
    all.advance = line.pen;
    return all;
}

void typeface_write(struct brush *brush, enum font font, int scale, int x, int y,
                    const char *text)
{
    struct line line = begin(font, scale, text);
    int from;
    for (const struct glyph *glyph; (glyph = next(&line, &from));)
        for (int row = 0; row < glyph->height; row++)
            for (int column = 0; column < glyph->width; column++) {
                int cover = glyph->cover[row * glyph->width + column];
                if (cover)
                    brush_run(brush, x + from + glyph->left + column, y + glyph->top + row, 1,
                              cover);
            }
}
