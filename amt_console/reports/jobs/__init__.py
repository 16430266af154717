"""Jobs for processes that make reports, and how such processes are run."""
