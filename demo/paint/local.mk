# What paints the demo's pictures; nothing of it is installed.

EXTRA_DIST += demo/paint/things.txt
noinst_PROGRAMS += demo/paint/pictures
demo_paint_pictures_SOURCES = demo/paint/pictures.c demo/paint/paint.c demo/paint/paint.h
demo_paint_pictures_LDADD = $(LDADD) $(GD_LIBS) $(COLLECT_LIBS)
