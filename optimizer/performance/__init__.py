"""The performance model: what fits on a replica, how fast it is, and how sure that is. Pure and vectorised."""

from optimizer.performance.coefficients import Coefficients, calibration_id, coefficients_of, shipped_coefficients
from optimizer.performance.intervals import Evidence, evidence, interval
from optimizer.performance.layouts import Layouts, default_link, join, kv_bits
from optimizer.performance.memory import Memory, max_sequences, memory
from optimizer.performance.options import Options, Speculation
from optimizer.performance.own.corrected import at_rate, load, max_rate, max_users, saturated
from optimizer.performance.own.effect import OwnEffect
from optimizer.performance.possibility import REASONS, impossible, reason
from optimizer.performance.predict import Prediction, Workload, predict
from optimizer.performance.service import BOTTLENECKS, Load
from optimizer.performance.support import KINDS, Support

__all__ = [
    "BOTTLENECKS",
    "KINDS",
    "REASONS",
    "Coefficients",
    "Evidence",
    "Layouts",
    "Load",
    "Memory",
    "Options",
    "OwnEffect",
    "Prediction",
    "Speculation",
    "Support",
    "Workload",
    "at_rate",
    "calibration_id",
    "coefficients_of",
    "default_link",
    "evidence",
    "impossible",
    "interval",
    "join",
    "kv_bits",
    "load",
    "max_rate",
    "max_sequences",
    "max_users",
    "memory",
    "predict",
    "reason",
    "saturated",
    "shipped_coefficients",
]
