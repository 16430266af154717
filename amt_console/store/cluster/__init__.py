"""Several processes on one database: the lease, the members of a cluster, presence."""
