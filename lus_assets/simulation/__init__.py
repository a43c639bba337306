"""The county generator: a Stockholm-shaped discharge process with its faults, as a landing area.

Nothing here is about a real patient, hospital or municipality's speed: hospitals are invented and
speeds are assigned. `data/` holds public facts (municipality codes, rounded inhabitants, districts)
and the tax agency's published test numbers (open data of Skatteverket).
"""

from lus_assets.simulation.rates import FaultRates
from lus_assets.simulation.run import SimulationReport, simulate

__all__ = ["FaultRates", "SimulationReport", "simulate"]
