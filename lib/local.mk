# libvendas.a: what handlers and jobs share. A module is NAME.c and its manual NAME.h.

noinst_LIBRARIES += libvendas.a

libvendas_a_SOURCES = \
	lib/arena.c lib/arena.h \
	lib/buf.c lib/buf.h \
	lib/utf8.c lib/utf8.h
