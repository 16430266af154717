"""A running process: the console's session, the monitor, hand-over of the lease, logs, signals."""
