# Unit tests (cmocka), one per module of lib/ and with its name: tests/unit/test_NAME.c.
# The black-box tests of tests/http run through "./vendas test".

if HAVE_CMOCKA
UNIT_TESTS =
check_PROGRAMS += $(UNIT_TESTS)
endif
