"""One visible loop, its optimizer, schedule and checkpoint."""
