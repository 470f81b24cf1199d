"""The public names, listed once: `__init__.py` reads this file and imports a name when it is first used."""

from .analysis.comparison import compare as compare
from .analysis.dataframe import to_dataframe as to_dataframe
from .analysis.fan_quantiles import fan as fan
from .analysis.measures import measure as measure
from .analysis.open_run import open_run as open_run
from .analysis.ranking import nearest as nearest
from .analysis.ranking import rank as rank
from .analysis.ranking import typical as typical
from .analysis.ranking import worst as worst
from .analysis.tail_risk import cvar as cvar
from .analysis.tail_risk import exceedance as exceedance
from .calibration.nowcast.nowcast import Nowcast as Nowcast
from .calibration.nowcast.study import nowcast as nowcast
from .common.errors import SupplyshockError as SupplyshockError
from .common.size_warning import SizeWarning as SizeWarning
from .execution.plan import plan_run as plan_run
from .execution.run import run_scenarios as run_scenarios
from .execution.run_report import RunReport as RunReport
from .execution.run_request import RunRequest as RunRequest
from .reporting.story import Story as Story
from .reporting.story import story as story
from .scenarios.scenario import Scenario as Scenario
from .scenarios.scenario import load_scenario as load_scenario
from .store.partition import Plan as Plan
from .studies.exposure import exposure as exposure
from .studies.robustness.study import robustness as robustness

__version__: str
