"""The documents that the API answers with, as models: they describe, and tests hold what is answered against them."""
