# What paints the demo's pictures; nothing of it is installed.

EXTRA_DIST += paint/things.txt
noinst_PROGRAMS += paint/demo
paint_demo_SOURCES = paint/demo.c paint/paint.c paint/paint.h
paint_demo_LDADD = $(CHART_LDADD) $(COLLECT_LIBS)
