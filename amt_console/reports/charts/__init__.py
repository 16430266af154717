"""Charts as Vega-Lite specifications: plain dictionaries, one small function a chart, nothing rendered here."""
