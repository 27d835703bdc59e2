"""OpenAPI of the application, with the permission of every endpoint and the shape of every fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from api.auth.permissions import Permission
from api.endpoints.asking import Requires
from api.endpoints.shapes import ProblemOut
from api.endpoints.versions import version_seen
from api.idempotency import KEY_HEADER, once

_SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "Key of another system"},
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-schoolrun", "description": "A person who signed in"},
}
_KEY = {
    "name": KEY_HEADER, "in": "header", "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,128}$"},
    "description": "A new one for each new request; the same one when a request is sent again",
    "example": "3f6c1d9a-arrival-4477",
}  # fmt: skip
_VERSION = {
    "name": "If-Match", "in": "header", "required": False, "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    "description": "Version that was seen; for a new record send If-None-Match: * instead", "example": '"1"',
}  # fmt: skip


def routes_of(app: FastAPI) -> list[Any]:
    """Every endpoint of the application with its whole address, however its routers are nested."""
    return [context for context in iter_route_contexts(app.routes) if getattr(context, "methods", None)]


def permissions_in(route: Any) -> list[Permission]:
    """Permissions that an endpoint asks for; there must be exactly one."""
    return [call.permission for call in _calls_of(route.dependant) if isinstance(call, Requires)]


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """Description of the application for programs."""
    if app.openapi_schema is None:
        routes = routes_of(app)
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=routes)
        components = schema.setdefault("components", {})
        components["securitySchemes"] = _SCHEMES
        problem = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
        components.setdefault("schemas", {})["ProblemOut"] = problem
        for route in routes:
            if route.include_in_schema:
                _describe(schema, route)
        app.openapi_schema = schema
    return app.openapi_schema


def _describe(schema: dict[str, Any], route: Any) -> None:
    calls = list(_calls_of(route.dependant))
    for method in route.methods or ():
        operation = schema["paths"][route.path_format][method.lower()]
        (permission,) = permissions_in(route)
        operation["x-permission"] = permission.value
        operation["security"] = [] if permission is Permission.PUBLIC else [{"key": []}, {"session": []}]
        headers = [*([_KEY] if once in calls else []), *([_VERSION] if version_seen in calls else [])]
        if headers:
            operation["parameters"] = [*operation.get("parameters", []), *headers]


def _calls_of(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls_of(inner)
