"""Several monitors on one database: slots, peers, locations."""
