"""Launching: a plan as the commands and files that start it. Nothing here starts anything."""

from api.launch.artefact import Artefact
from api.launch.exporting import TARGETS, export_plan, read_checkpoints

__all__ = ["TARGETS", "Artefact", "export_plan", "read_checkpoints"]
