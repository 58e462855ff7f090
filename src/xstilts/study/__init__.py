"""What is asked and done: ``spec`` reads a study, ``plan`` makes its jobs, ``run`` does them, ``store`` keeps them."""
