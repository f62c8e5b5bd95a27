"""The catalog over HTTP."""

from __future__ import annotations

from flask import Response, json
from flask.views import MethodView

from webapp.blueprint import IF_NONE_MATCH, NOT_MODIFIED, Blueprint
from webapp.catalog import service
from webapp.catalog.schemas import CatalogSchema
from webapp.database import db
from webapp.documents import public_document

blueprint = Blueprint("Catalog", __name__, url_prefix="/api/catalog", description="What can be practised.")


@blueprint.route("")
class Catalog(MethodView):
    @blueprint.doc(security=[])
    @blueprint.doc(parameters=[IF_NONE_MATCH])
    @blueprint.response(200, CatalogSchema, headers={"ETag": {}})
    @blueprint.alt_response(304, description=NOT_MODIFIED, headers={"ETag": {}})
    @blueprint.problems(503)
    def get(self) -> Response:
        """Roles, skills, interview types and levels

        What a picker needs. Open to everybody. It changes with a release only: send its ETag as If-None-Match.
        """
        catalog = CatalogSchema().dump(service.read_catalog(db.session()))
        return public_document(json.dumps(catalog).encode())
