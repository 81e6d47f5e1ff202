"""The private listener's guard: who may call it. It has no login, so this is all there is."""

import json
from collections.abc import AsyncIterator, Mapping

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.web.guard import LONGEST, private_application
from bot.ports import Unavailable

Client = TestClient[web.Request, web.Application]
JSON = {"Content-Type": "application/json"}


async def answer(request: web.Request) -> web.Response:
    match (await request.read()).decode():
        case "away":
            raise Unavailable("secret host is down")
        case "broken":
            raise RuntimeError("secret detail")
        case _:
            return web.json_response({"done": True})


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    application = private_application()
    application.add_routes([web.get("/", answer), web.get("/api/x", answer)])
    application.add_routes([web.post("/api/x", answer)])
    async with TestClient(TestServer(application)) as client:
        yield client


async def post(
    client: Client, data: str = "{}", headers: Mapping[str, str] = JSON, origin: str | None = ""
) -> tuple[int, dict[str, object]]:
    """`origin` "" is the page's own; None sends none."""
    own = str(client.make_url("")).rstrip("/")
    sent = dict(headers) if origin is None else {**headers, "Origin": origin or own}
    response = await client.post("/api/x", data=data, headers=sent)
    return response.status, json.loads(await response.text())


async def test_its_own_page_may_read_and_change(client: Client) -> None:
    assert (await client.get("/")).status == 200
    assert (await client.get("/api/x")).status == 200
    assert await post(client) == (200, {"done": True})


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil:80"])
async def test_another_name_for_this_machine_is_refused(client: Client, host: str) -> None:
    response = await client.get("/", headers={"Host": host})
    assert response.status == 403
    assert "http://127.0.0.1:" in (await response.json())["error"]


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"]
)
async def test_another_pages_request_is_refused(client: Client, origin: str) -> None:
    status, body = await post(client, origin=origin)
    assert status == 403
    assert "done" not in body
    assert (await client.get("/", headers={"Origin": origin})).status == 403


async def test_a_change_without_an_origin_needs_the_browsers_word_for_it(client: Client) -> None:
    assert (await post(client, origin=None))[0] == 403
    for site, status in (("same-origin", 200), ("same-site", 403), ("cross-site", 403)):
        headers = {**JSON, "Sec-Fetch-Site": site}
        assert (await post(client, headers=headers, origin=None))[0] == status


async def test_a_neighbours_page_may_not_read_the_api_but_link_to_the_page(client: Client) -> None:
    for site in ("same-site", "cross-site"):
        headers = {"Sec-Fetch-Site": site}
        assert (await client.get("/api/x", headers=headers)).status == 403
        assert (await client.get("/", headers=headers)).status == 200


async def test_only_json_changes_anything(client: Client) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        assert (await post(client, headers={"Content-Type": kind}))[0] == 415


async def test_too_much_at_once_is_refused_in_a_sentence(client: Client) -> None:
    status, body = await post(client, data="x" * (LONGEST + 1))
    assert status == 413
    assert "64 kB" in str(body["error"])


async def test_nobody_reads_an_exception(client: Client) -> None:
    for data, expected in (("away", 503), ("broken", 500)):
        status, body = await post(client, data=data)
        assert status == expected
        assert "secret" not in str(body)
        assert str(body["error"]).endswith(".")


async def test_every_answer_forbids_what_the_page_does_not_need(client: Client) -> None:
    for path in ("/", "/nothing/here"):
        headers = (await client.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
