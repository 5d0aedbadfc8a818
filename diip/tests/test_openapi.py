import re

import pytest
from django.contrib.staticfiles import finders


@pytest.fixture
def schema(client):
    return client.get("/api/schema/").json()


def test_schema_is_public_and_names_the_bearer_token(schema):
    assert schema["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert schema["paths"]["/api/auth/me/"]["get"]["security"] == [{"bearer": []}]


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/api/auth/me/", "get", {"200", "400", "401", "406", "429", "503"}),
        ("/api/projects/", "get", {"200", "400", "401", "404", "406", "429", "503"}),
        (
            "/api/auth/register/",
            "post",
            {"201", "202", "400", "406", "413", "415", "429", "503"},
        ),
        ("/api/auth/login/", "post", {"200", "400", "401", "406", "413", "415", "429", "503"}),
        ("/api/auth/logout/", "post", {"204", "400", "401", "406", "413", "415", "429", "503"}),
    ],
)
def test_operations_list_their_problems(schema, path, method, statuses):
    responses = schema["paths"][path][method]["responses"]

    assert set(responses) == statuses
    problem = responses["400"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem"}


def test_every_body_is_json(schema):
    operations = [op for path in schema["paths"].values() for op in path.values()]
    bodies = [op["requestBody"]["content"] for op in operations if "requestBody" in op]

    assert bodies
    assert all(set(body) == {"application/json"} for body in bodies)


@pytest.mark.parametrize("query", ["?version=%0d%0aX-Evil:1", "?lang=../../x", "?format=xml"])
def test_query_does_not_affect_the_schema(client, query):
    answer = client.get(f"/api/schema/{query}")

    assert answer.status_code == 200
    assert "X-Evil" not in answer


def test_schema_is_yaml_on_request(client):
    answer = client.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi")

    assert answer.content.startswith(b"openapi: 3")


def test_docs_page_needs_no_other_host(client):
    page = client.get("/api/docs/")
    html = page.content.decode()
    links = re.findall(r'(?:src|href)="([^"]+)"', html)

    assert page.status_code == 200
    assert links
    assert all(link.startswith("/") for link in links)
    assert all(finders.find(link[8:]) for link in links if link.startswith("/static/"))
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)


def test_docs_script_is_served_locally(client):
    script = client.get("/api/docs/?script=")

    assert script["Content-Type"] == "application/javascript"
    assert "/api/schema/" in script.content.decode()
