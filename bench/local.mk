# What "./vendas bench" measures with; nothing of it is installed.

EXTRA_DIST += bench/RESULTS.md bench/bearer.lua bench/catalogue.py bench/catalogue.sql bench/charts.py bench/cold.py \
	bench/exports.py bench/exports.sql bench/flash.lua bench/flash.py bench/flash.sql bench/hanging.py \
	bench/ingest.py bench/measure.py \
	bench/nginx.conf.in bench/notice.sql bench/notices.py bench/order.lua bench/order.sql bench/paths.lua \
	bench/payments.py bench/payments.sql bench/plots.py bench/product.lua bench/requests.lua bench/shop.sql \
	bench/sign_in.lua bench/transfer.py bench/trials.py bench/words.sql
noinst_PROGRAMS = bench/charts bench/empty bench/hash bench/me
bench_charts_LDADD = $(CHART_LDADD)
bench_empty_LDADD = $(FCGI_LIBS)
