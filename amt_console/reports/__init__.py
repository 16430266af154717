"""Reports: from gathered data to HTML pages, JSON files, a picture, Markdown and CSV."""
