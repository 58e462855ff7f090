"""How scores change with the amount of data and the size of the model: forms of curves, their fits, the choice."""
