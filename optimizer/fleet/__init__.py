"""The fleet: eligible offers, candidate columns, the mixed-integer program, the plan, its proof and its reasons."""
