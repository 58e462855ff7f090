"""The network: encoders of the hub's format over flat batches, heads, weights. The only room that names the model
library.
"""
