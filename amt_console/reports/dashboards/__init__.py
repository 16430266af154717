"""Dashboards made on demand, one page at a time, in a process of their own."""
