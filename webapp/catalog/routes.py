"""The catalog over HTTP."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from webapp.blueprint import Blueprint
from webapp.catalog import service
from webapp.catalog.schemas import CatalogSchema
from webapp.database import db

blueprint = Blueprint("Catalog", __name__, url_prefix="/api/catalog", description="What can be practised.")


@blueprint.route("")
class Catalog(MethodView):
    @blueprint.doc(security=[])
    @blueprint.response(200, CatalogSchema)
    @blueprint.problems(503)
    def get(self) -> dict[str, Any]:
        """Roles, skills, interview types and levels

        What a picker needs. Open to everybody.
        """
        return service.read_catalog(db.session())
