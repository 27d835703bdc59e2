"""The API's description as one page for people: no scripts, nothing from elsewhere."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def description_page(schema: dict[str, Any]) -> str:
    """The page of an OpenAPI description."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("api.description"), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("description.html").render(schema=schema, operations=_operations(schema))


def description_css() -> str:
    """Its style sheet."""
    return files("api.description").joinpath("templates", "description.css").read_text(encoding="utf-8")


def _operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "method": method.upper(), "path": path, "tag": (operation.get("tags") or ["service"])[0],
            "summary": operation.get("summary", ""), "description": operation.get("description", ""),
            "permission": operation["x-permission"], "parameters": operation.get("parameters", []),
            "example": _example_of(schema, operation), "answers": sorted(operation["responses"]),
        }
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]  # fmt: skip


def _example_of(schema: dict[str, Any], operation: dict[str, Any]) -> str:
    """Example of a request's body, as it would be sent; empty where there is none."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if "example" in content:
            return str(content["example"])
        body = _resolved(schema, content.get("schema", {}))
        if body.get("examples"):
            return json.dumps(body["examples"][0], indent=1, ensure_ascii=False)
        if body.get("properties"):
            found = {name: _value_of(schema, part) for name, part in body["properties"].items()}
            return json.dumps({name: value for name, value in found.items() if value is not None}, indent=1)
    return ""


def _value_of(schema: dict[str, Any], part: dict[str, Any]) -> Any:
    resolved = _resolved(schema, part)
    examples = resolved.get("examples") or part.get("examples")
    if examples:
        return examples[0]
    items = resolved.get("items", {}).get("examples") if isinstance(resolved.get("items"), dict) else None
    return [items[0]] if items else resolved.get("default")


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    name = part.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = schema["components"]["schemas"][name] if name else part
    return found
