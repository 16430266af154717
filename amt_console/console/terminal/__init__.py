"""The terminal itself: what keys it sends, what it can draw, and how it is given back."""
