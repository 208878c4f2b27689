# What "./vendas bench" measures with; nothing of it is installed.

EXTRA_DIST += bench/bearer.lua bench/nginx.conf.in bench/order.lua bench/order.sql bench/product.lua \
	bench/shop.sql bench/sign_in.lua bench/trials.py
noinst_PROGRAMS = bench/empty bench/hash bench/me
bench_empty_LDADD = $(FCGI_LIBS)
