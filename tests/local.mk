# Unit tests (cmocka), one per module of lib/ and with its name: tests/unit/test_NAME.c.
# The black-box tests of tests/http run through "./vendas test".

EXTRA_DIST += tests/gateways tests/http tests/lsan.supp tests/harness.h tests/unit/certs.h tests/unit/charts.h tests/unit/facts.h tests/unit/keys.h tests/unit/rows.h tests/unit/standin.h tests/unit/unit.h

if HAVE_CMOCKA
UNIT_TESTS = \
	tests/unit/test_accept \
	tests/unit/test_address \
	tests/unit/test_arena \
	tests/unit/test_audit \
	tests/unit/test_attempt \
	tests/unit/test_brazil \
	tests/unit/test_buf \
	tests/unit/test_canvas \
	tests/unit/test_chart \
	tests/unit/test_clean \
	tests/unit/test_confine \
	tests/unit/test_cursor \
	tests/unit/test_digest \
	tests/unit/test_discount \
	tests/unit/test_document \
	tests/unit/test_engine_page \
	tests/unit/test_extract \
	tests/unit/test_fields \
	tests/unit/test_figure \
	tests/unit/test_file \
	tests/unit/test_freight \
	tests/unit/test_gateway \
	tests/unit/test_gateway_http \
	tests/unit/test_gateway_paypal \
	tests/unit/test_gateway_stripe \
	tests/unit/test_gateway_verify \
	tests/unit/test_glyphs \
	tests/unit/test_gtin \
	tests/unit/test_idempotency \
	tests/unit/test_identity \
	tests/unit/test_ink \
	tests/unit/test_ip \
	tests/unit/test_items \
	tests/unit/test_json \
	tests/unit/test_keyring \
	tests/unit/test_lang \
	tests/unit/test_letter \
	tests/unit/test_limit \
	tests/unit/test_line \
	tests/unit/test_log \
	tests/unit/test_mail \
	tests/unit/test_markdown \
	tests/unit/test_merchant \
	tests/unit/test_messages \
	tests/unit/test_money \
	tests/unit/test_normal \
	tests/unit/test_order_letter \
	tests/unit/test_order_list \
	tests/unit/test_page \
	tests/unit/test_paypal_facts \
	tests/unit/test_palette \
	tests/unit/test_password \
	tests/unit/test_paypal_cert \
	tests/unit/test_paypal_signature \
	tests/unit/test_paypal_signer \
	tests/unit/test_period \
	tests/unit/test_phone \
	tests/unit/test_picture \
	tests/unit/test_price \
	tests/unit/test_pricing \
	tests/unit/test_problem \
	tests/unit/test_product_cells \
	tests/unit/test_product_sheet \
	tests/unit/test_report_cells \
	tests/unit/test_report_table \
	tests/unit/test_raster \
	tests/unit/test_report_changes \
	tests/unit/test_report_page \
	tests/unit/test_request \
	tests/unit/test_response \
	tests/unit/test_rfc3339 \
	tests/unit/test_robots \
	tests/unit/test_seal \
	tests/unit/test_second_factor \
	tests/unit/test_settings \
	tests/unit/test_sheet \
	tests/unit/test_signature \
	tests/unit/test_store \
	tests/unit/test_stripe_facts \
	tests/unit/test_stripe_signature \
	tests/unit/test_tax \
	tests/unit/test_token \
	tests/unit/test_typeface \
	tests/unit/test_utf8 \
	tests/unit/test_uuid \
	tests/unit/test_webhook \
	tests/unit/test_wordlist \
	tests/unit/test_words
UNIT_OBJECTS = $(UNIT_TESTS:=.$(OBJEXT))
check_PROGRAMS += $(UNIT_TESTS)

# What a unit test is built with beyond what every program is. ROOT is the source tree, for the
# tests that hold the code against it and against the public data beside it.
$(UNIT_TESTS): LIBS += $(CMOCKA_LIBS) $(COLLECT_LIBS) $(CHART_LIBS) $(GD_LIBS)
$(UNIT_OBJECTS): CPPFLAGS += -DROOT='"$(abs_top_srcdir)"' -I$(top_srcdir)/tests $(CMOCKA_CFLAGS)

tests_unit_test_product_cells_LDADD = $(SHEET_LDADD)
tests_unit_test_product_sheet_LDADD = $(SHEET_LDADD)
tests_unit_test_report_cells_LDADD = $(SHEET_LDADD)
tests_unit_test_report_table_LDADD = $(SHEET_LDADD)
tests_unit_test_sheet_LDADD = $(SHEET_LDADD)

# What these tests stand in for.
tests_unit_test_engine_page_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=db_run -Wl,--wrap=engine_ask \
	-Wl,--wrap=clock_gettime
tests_unit_test_paypal_cert_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_gettime
tests_unit_test_report_table_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=db_reading_begin \
	-Wl,--wrap=db_reading_ask -Wl,--wrap=db_reading_next -Wl,--wrap=db_reading_end
tests_unit_test_identity_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=db_run -Wl,--wrap=token_verify
endif
