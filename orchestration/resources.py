"""The one resource: which installation a run works on."""

from datetime import date
from pathlib import Path

import dagster as dg
from dagster._core.execution.context.init import InitResourceContext

from lus_assets.core.home import Home
from lus_assets.core.installation import Installation
from lus_assets.core.location import parse_landing
from lus_assets.core.settings import load_settings
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.privacy.person_id import refuse_person_ids
from lus_assets.privacy.vault import check_key
from orchestration.killed import in_this_process

HOME_VARIABLE = "LUS_HOME"
LANDING_VARIABLE = "LUS_LANDING"


class InstallationResource(dg.ConfigurableResource[Installation]):
    """Gives assets their Installation; without a pseudonym key nothing starts."""

    home: str
    landing: str
    as_of: str = ""

    def create_resource(self, context: InitResourceContext) -> Installation:
        """Say which process the run is in, check key and settings, make the home's folders."""
        if context.instance and context.run:
            context.instance.add_run_tags(context.run.run_id, in_this_process(context.run.run_id))
        pseudonymizer = Pseudonymizer.from_environment()
        home = Home(Path(self.home)).prepare()
        check_key(home, pseudonymizer)
        seller = load_settings(home).seller
        if seller:
            texts = {f"seller.{name}": str(value) for name, value in vars(seller).items()}
            refuse_person_ids(texts, str(home.region / "settings.toml"))
        as_of = date.fromisoformat(self.as_of) if self.as_of else None
        return Installation(home=home, landing=parse_landing(self.landing), as_of=as_of)
