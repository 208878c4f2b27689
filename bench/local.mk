# What "./vendas bench" measures with; nothing of it is installed.

EXTRA_DIST += bench/nginx.conf.in bench/order.lua bench/order.sql bench/product.lua \
	bench/shop.sql bench/trials.py
noinst_PROGRAMS = bench/empty
bench_empty_LDADD = $(FCGI_LIBS)
