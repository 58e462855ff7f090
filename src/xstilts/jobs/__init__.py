"""How a job is done: ``work.main`` runs jobs of a store by key, in one process. ``sources`` alone loads no torch."""
