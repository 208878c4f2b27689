# Fuzz targets, one small file for each parser of bytes from outside; "./vendas fuzz" runs them.
# With --enable-fuzzing (clang) libFuzzer drives them; else "make check" replays their seeds.

EXTRA_DIST += fuzz/corpus fuzz/keys

FUZZ_TARGETS = \
	fuzz/body \
	fuzz/clean \
	fuzz/cursor \
	fuzz/gateway_event \
	fuzz/import \
	fuzz/items \
	fuzz/markdown \
	fuzz/page \
	fuzz/paypal_signature \
	fuzz/picture \
	fuzz/price \
	fuzz/query \
	fuzz/robots \
	fuzz/sheet \
	fuzz/stripe_signature \
	fuzz/token
fuzz-targets: $(FUZZ_TARGETS)
.PHONY: fuzz-targets
FUZZ_OBJECTS = $(FUZZ_TARGETS:=.$(OBJEXT)) fuzz/replay.$(OBJEXT)

if FUZZING
EXTRA_PROGRAMS = $(FUZZ_TARGETS)
FUZZ_MAIN =
$(FUZZ_TARGETS): LIBS += -fsanitize=fuzzer $(COLLECT_LIBS)
else
check_PROGRAMS += $(FUZZ_TARGETS)
FUZZ_MAIN = fuzz/replay.c
$(FUZZ_TARGETS): LIBS += $(COLLECT_LIBS)
endif

$(FUZZ_OBJECTS): CPPFLAGS += -DROOT='"$(abs_top_srcdir)"' -I$(top_srcdir)/tests

fuzz_body_SOURCES = fuzz/body.c fuzz/fuzz.h $(FUZZ_MAIN)
fuzz_clean_SOURCES = fuzz/clean.c $(FUZZ_MAIN)
fuzz_cursor_SOURCES = fuzz/cursor.c $(FUZZ_MAIN)
fuzz_gateway_event_SOURCES = fuzz/gateway_event.c fuzz/fuzz.h $(FUZZ_MAIN)
fuzz_import_SOURCES = fuzz/import.c fuzz/fuzz.h $(FUZZ_MAIN)
fuzz_import_LDADD = $(SHEET_LDADD)
fuzz_items_SOURCES = fuzz/items.c fuzz/fuzz.h $(FUZZ_MAIN)
fuzz_markdown_SOURCES = fuzz/markdown.c $(FUZZ_MAIN)
fuzz_page_SOURCES = fuzz/page.c $(FUZZ_MAIN)
fuzz_paypal_signature_SOURCES = fuzz/paypal_signature.c fuzz/fuzz.h $(FUZZ_MAIN)
fuzz_picture_SOURCES = fuzz/picture.c $(FUZZ_MAIN)
fuzz_price_SOURCES = fuzz/price.c $(FUZZ_MAIN)
fuzz_query_SOURCES = fuzz/query.c $(FUZZ_MAIN)
fuzz_robots_SOURCES = fuzz/robots.c $(FUZZ_MAIN)
fuzz_sheet_SOURCES = fuzz/sheet.c $(FUZZ_MAIN)
fuzz_sheet_LDADD = $(SHEET_LDADD)
fuzz_stripe_signature_SOURCES = fuzz/stripe_signature.c fuzz/fuzz.h $(FUZZ_MAIN)
fuzz_token_SOURCES = fuzz/token.c $(FUZZ_MAIN)
