"""The real application against its own OpenAPI schema: whatever is sent, it answers as documented."""

from __future__ import annotations

import dataclasses
import uuid

import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from webapp.app import create_app
from webapp.settings import read_settings

pytest_plugins = ["stages"]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
    unsupported_method,
]

schema = schemathesis.openapi.from_wsgi(
    "/api/openapi.json",
    create_app(dataclasses.replace(read_settings(), rate_limits=False, password_hash_rounds=4)),
    config=SchemathesisConfig(
        seed=1,
        projects=ProjectsConfig(
            default=ProjectConfig(
                generation=GenerationConfig(max_examples=6, deterministic=True, allow_extra_parameters=True)
            )
        ),
    ),
)
bounded = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}


def authorization(case, practised):
    """A token that no earlier call has logged out."""
    token = "refresh_token" if case.operation.path.endswith("/refresh") else "access_token"
    return {
        "Authorization": f"Bearer {practised.user.new_tokens()[token]}",
        # Called without a server, schemathesis does not decompress what it says it accepts.
        "Accept-Encoding": "identity",
    }


def is_uuid(value):
    try:
        return bool(uuid.UUID(str(value)))
    except ValueError:
        return False


@schema.parametrize()
@hypothesis_settings(**bounded)
def test_every_operation_answers_as_documented(case, practised):
    # Ids that could be somebody's are the user's own three times of four, so that more than 404 is seen.
    for name, value in (case.path_parameters or {}).items():
        if is_uuid(value) and uuid.UUID(str(value)).int % 4 and case.operation.path.startswith("/api/"):
            own = "interview_id" if "/questions/{interview_id}" in case.operation.path else name
            case.path_parameters[name] = practised.ids[own]
    response = case.call(headers=authorization(case, practised))
    case.validate_response(response, checks=CHECKS)


def test_sequences_of_calls_answer_as_documented(practised):
    class Calls(schema.as_state_machine()):
        def get_call_kwargs(self, case):
            return {"headers": authorization(case, practised)}

        def validate_response(self, response, case, additional_checks=None, **_):
            case.validate_response(response, checks=CHECKS)

    Calls.run(
        settings=hypothesis_settings(
            **bounded, max_examples=15, stateful_step_count=8, phases=[Phase.generate], print_blob=False
        )
    )
