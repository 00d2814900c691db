"""The verifier: checks a finished plan from its document alone, sharing no code with the program that made it.

It reads the plan, the prices and the catalog; it re-adds the money in exact decimals, re-counts GPUs, re-reads every
limit of the request, and asks the physics again what one replica does.
"""

from optimizer.verifying.rules import broken_rules

__all__ = ["broken_rules"]
