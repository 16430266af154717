"""Charts as Vega-Lite specifications: plain dictionaries, one small function per chart, without rendering."""
