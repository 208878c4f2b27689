# What "./vendas bench" measures with; nothing of it is installed.

EXTRA_DIST += bench
noinst_PROGRAMS = bench/empty
bench_empty_LDADD = $(FCGI_LIBS)
