"""The use cases over HTTP: on a unix socket for consoles of the same host, over TCP for everybody else."""
