"""Bad paths, queries, cursors, methods and headers: never a failure of the server."""

import httpx
import pytest

from people import server_url
from routes import READS, UNKNOWN_ID
from world import assert_calm, assert_error, stranger


class TestPathsAndQueries:
    @pytest.mark.parametrize("path", READS)
    def test_a_session_is_needed(self, world, path):
        with stranger() as http:
            assert_error(http.get(path.format_map(world.ids)), 401)
            for token in ("", "wrong", "y" * 26, "y" * 4000, "a b", world.ids["bob"]):
                answer = http.get(path.format_map(world.ids), headers={"Authorization": f"Bearer {token}".strip()})
                assert_error(answer, 401, 400, 431)

    @pytest.mark.parametrize("path", [p for p in READS if "{" in p])
    def test_ids_that_are_none_are_refused(self, world, path):
        with world.bob.http as http:
            for value in ("short", "y" * 27, UNKNOWN_ID, "%00" * 26, "%ff%fe", "%2e%2e%2f", "a%20b", "%F0%9F%98%80"):
                for name in world.ids:
                    if f"{{{name}}}" in path:
                        ids = {**world.ids, name: value}
                        assert_error(http.get(path.format_map(ids)))

    @pytest.mark.parametrize("path", READS)
    def test_any_page_is_answered(self, world, path):
        with world.bob.http as http:
            for query in (
                "page=-1&per_page=-1",
                "page=-9223372036854775808",
                "page=9223372036854775807&per_page=200",
                "page=99999999999999999999999&per_page=99999999999999999999",
                "page=abc&per_page=def",
                "page=&per_page=",
                "page=1.5&per_page=0",
                "page=%00",
                "per_page=0",
                "page=1&page=2",
                "&&&===&%zz",
            ):
                assert_calm(http.get(f"{path.format_map(world.ids)}?{query}"))

    def test_odd_cursors_are_answered(self, world):
        posts = f"/channels/{world.ids['channel']}/posts"
        unread = f"/users/me/channels/{world.ids['channel']}/posts/unread"
        thread = f"/posts/{world.ids['post']}/thread"
        with world.bob.http as http:
            for path in (
                f"{posts}?before={UNKNOWN_ID}",
                f"{posts}?after={UNKNOWN_ID}",
                f"{posts}?before=short",
                f"{posts}?after=%00",
                f"{posts}?before={world.ids['hidden']}",
                f"{posts}?before={world.ids['post']}&after={world.ids['post']}&since=5",
                f"{posts}?since=abc",
                f"{posts}?since=-1",
                f"{posts}?since=9223372036854775807",
                f"{posts}?since=99999999999999999999999",
                f"{unread}?limit_before=-1&limit_after=-1",
                f"{unread}?limit_before=99999999999&limit_after=99999999999",
                f"{thread}?perPage=-1&fromCreateAt=-5&fromPost=short",
                f"{thread}?direction=sideways",
                f"{thread}?fromPost={world.ids['hidden']}&fromCreateAt=1",
            ):
                answer = http.get(path)
                assert_calm(answer)
                assert world.secret not in answer.text
            assert_error(http.get(f"{unread}?limit_after=0"), 400)

    def test_pages_have_at_most_200_entries(self, world):
        with world.bob.http as http:
            posts = f"/channels/{world.ids['channel']}/posts"
            negative = http.get(f"{posts}?page=-3").json()
            assert negative["order"] == http.get(posts).json()["order"]
            far = http.get(f"{posts}?page=9999999").json()
            assert (far["order"], far["posts"]) == ([], {})

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
    def test_unknown_routes_and_methods_have_a_v4_error_body(self, world, method):
        with world.bob.http as http:
            for path in ("/no/such/route", "/posts/{post}/nonsense", "/channels/{channel}/../..//x", "/users//", "/"):
                assert_error(http.request(method, path.format_map(world.ids)))
            if method in ("PATCH", "PUT"):
                assert_error(http.request(method, "/posts", json={}), 404, 405)

    def test_headers_of_any_size_are_survived(self, world):
        with world.bob.http as http:
            for headers in (
                {"X-Long": "x" * 60_000},
                {"Cookie": "MMAUTHTOKEN=" + "y" * 6000},
                {"If-None-Match": "é" * 50},
            ):
                try:
                    answer = http.get("/users/me", headers={k: v.encode("latin-1") for k, v in headers.items()})
                except httpx.TransportError:
                    continue
                assert answer.status_code < 500

    def test_the_server_still_works_after_all_of_this(self, world):
        with stranger() as http:
            assert http.get(f"{server_url()}/api/v4/system/ping").json()["status"] == "OK"
        post = world.bob.say(world.channel, "still here")
        assert world.ada.driver.posts.get_post(post["id"])["message"] == "still here"
