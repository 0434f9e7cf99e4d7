"""schemathesis reads the OpenAPI document, asks what it allows and what it forbids, and holds every answer to it."""

from __future__ import annotations

from itertools import count
from random import Random

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from aifashion.api.routes import api
from tests.aifashion.api.test_programs import Program
from tests.factories import make_photo, make_result, make_stock, version_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("stand_in_models"),
    # Its WSGI client reads streamed pictures to their end and leaves the file open.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
# A file that is no photo, or a garment that is not in the picture, fits the document and is refused all the same; so is a part of a
# form that ought to be a file and has no file name (422), which the document cannot forbid.
CONFIG = SchemathesisConfig.from_dict(
    {"checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "400", "401", "404", "422"]}}}
)
EXAMPLES = 15


def document(app):
    schema = schemathesis.openapi.from_dict(api.get_openapi_schema(), config=CONFIG)
    schema.app = app
    return schema


OPERATIONS = sorted(operation.ok().label for operation in document(None).get_all_operations())


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "forbidden"])
@pytest.mark.parametrize("label", OPERATIONS)
def test_nothing_is_found(label, mode, db):
    version_of("plaid")
    program, numbers, chance = Program("ada"), count(), Random(label)
    operations = (each.ok() for each in document(get_wsgi_application()).get_all_operations())
    operation = next(each for each in operations if each.label == label)
    if mode is GenerationMode.NEGATIVE and not (operation.query or operation.body or operation.path_parameters):
        return  # there is nothing to send that could be forbidden
    there = {
        "slug": lambda: make_stock(f"shirt-{next(numbers)}").slug,
        "photo_id": lambda: str(make_photo(program.person).public_id),
        "result_id": lambda: str(make_result(program.person).public_id),
    }

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        """Half of the time with things that are there, which no chance would hit upon."""
        for name in there if mode is GenerationMode.POSITIVE else ():
            if name in (case.path_parameters or {}) and chance.random() < 0.5:
                case.path_parameters[name] = there[name]()
        case.call_and_validate(headers={"Authorization": f"Bearer {program.secret}"})

    ask()
