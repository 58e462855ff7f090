"""From a trained network to predictions: run, decode, retrieve."""
