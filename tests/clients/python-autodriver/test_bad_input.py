"""Bad input on every route: a v4 error body, 4xx, nothing written, no failure of the server."""

import copy
import json

import httpx
import pytest

from people import ODD_TEXT, channel_of, unique
from routes import LIST_ROUTES, OBJECT_ROUTES, UNKNOWN_ID, WRONG_IDS, WRONG_TYPES
from world import assert_calm, assert_error, describe, dot_png, stranger

BODY_ROUTES = OBJECT_ROUTES + LIST_ROUTES
STRICT_OBJECTS = [route for route in OBJECT_ROUTES if not route.lenient]
NEEDY = [route for route in OBJECT_ROUTES if route.required]
WITH_IDS = [route for route in OBJECT_ROUTES if "id" in {**route.required, **route.optional}.values()]
JSON = {"Content-Type": "application/json"}

MALFORMED = {
    "half an object": b'{"channel_id":',
    "half a list": b'["',
    "no json": b"<xml/>",
    "a bare word": b"nul",
    "two values": b'{"a":1}{"b":2',
    "not utf-8": b"\xff\xfe{}",
    "a lonely quote": b'"',
    "deep lists": b"[" * 50_000,
    "deep objects": b'{"a":' * 50_000,
}


def by_name(route):
    return route.name


def send(http, world, route, content: bytes):
    return http.request(route.method, route.at(world), content=content, headers=JSON)


def send_json(http, world, route, value):
    # Lone surrogates and NUL leave as escapes, as a careless client sends them.
    return send(http, world, route, json.dumps(value).encode())


def exists(answer: httpx.Response):
    if answer.headers.get("content-type") == "application/json" and answer.status_code == 404:
        assert answer.json()["id"] != "api.context.404.app_error", f"no such route: {answer.request.url}"


class TestBodies:
    @pytest.fixture(autouse=True)
    def nothing_is_written(self, world):
        before = world.state()
        yield
        assert world.state() == before

    @pytest.mark.parametrize("route", STRICT_OBJECTS + LIST_ROUTES, ids=by_name)
    def test_malformed_json_is_refused(self, world, route):
        with world.bob.http as http:
            for content in MALFORMED.values():
                answer = send(http, world, route, content)
                exists(answer)
                assert_error(answer)

    @pytest.mark.parametrize("route", STRICT_OBJECTS, ids=by_name)
    def test_another_type_at_the_top_is_refused(self, world, route):
        with world.bob.http as http:
            for value in (17, "text", True, [], [None], [[]]):
                assert_error(send_json(http, world, route, value))

    @pytest.mark.parametrize("route", LIST_ROUTES, ids=by_name)
    def test_another_type_than_a_list_is_refused(self, world, route):
        with world.bob.http as http:
            for value in (17, "text", True, {}, {"x": "y"}, [{"x": []}], [17], [[]], [True]):
                assert_error(send_json(http, world, route, value))
            for value in (None, [], [None], [""], ["short"], [UNKNOWN_ID], ["\x00"], ["\ud800"]):
                answer = send_json(http, world, route, value)
                if route.reads_only or value in (None, []) and route.path.startswith("/users/me/preferences"):
                    assert_calm(answer)
                else:
                    assert_error(answer)

    @pytest.mark.parametrize("route", NEEDY, ids=by_name)
    def test_a_missing_or_null_field_is_refused_where_it_is_needed(self, world, route):
        with world.bob.http as http:
            for name in route.required:
                body = route.good(world)
                assert_error(send_json(http, world, route, {**body, name: None}))
                del body[name]
                assert_error(send_json(http, world, route, body))
            assert_error(send_json(http, world, route, {}))
            assert_error(send_json(http, world, route, None))
            nulls = dict.fromkeys({**route.required, **route.optional})
            assert_error(send_json(http, world, route, nulls))

    @pytest.mark.parametrize("route", STRICT_OBJECTS, ids=by_name)
    def test_a_field_of_another_type_is_refused(self, world, route):
        with world.bob.http as http:
            for name, kind in {**route.required, **route.optional}.items():
                for value in WRONG_TYPES[kind]:
                    body = {**copy.deepcopy(route.good(world)), name: value}
                    answer = send_json(http, world, route, body)
                    assert 400 <= answer.status_code < 500, (name, value, answer.status_code, answer.text)
                    assert_error(answer)
                if kind == "text":
                    body = json.dumps({**route.good(world), name: "@here@"}).encode()
                    assert_error(send(http, world, route, body.replace(b"@here@", b"\xc3\x28 \xff")))

    @pytest.mark.parametrize("route", WITH_IDS, ids=by_name)
    def test_an_id_that_is_none_is_refused(self, world, route):
        with world.bob.http as http:
            for name, kind in {**route.required, **route.optional}.items():
                if kind != "id":
                    continue
                for value in WRONG_IDS:
                    if value == "" and name in route.optional:
                        continue  # an empty optional id is no id
                    answer = send_json(http, world, route, {**route.good(world), name: value})
                    if route.path.endswith("/view") and value == UNKNOWN_ID:
                        assert_calm(answer)  # there is nothing to view
                    else:
                        assert_error(answer)

    @pytest.mark.parametrize("route", BODY_ROUTES, ids=by_name)
    def test_ten_megabytes_are_refused(self, world, route):
        filler = b"x" * (10 * 1024 * 1024)
        body = b'{"message":"' + filler + b'"}' if isinstance(route.body, dict) else b'["' + filler + b'"]'
        with world.bob.http as http:
            assert_error(send(http, world, route, body), 413, 400)

    def test_ten_megabytes_without_a_length_are_refused(self, world):
        def chunks():
            yield b'{"message":"'
            for _ in range(160):
                yield b"x" * 65536
            yield b'"}'

        with world.bob.http as http:
            try:
                answer = http.post("/posts", content=chunks(), headers=JSON)
            except httpx.TransportError:
                return  # hanging up in the middle is an answer too
            assert_error(answer, 413, 400)

    def test_hostile_strings_are_refused(self, world):
        with world.bob.http as http:
            for text in ("nul \x00 inside", "\ud800", "tail \udfff", "\udc00\ud800"):
                for method, path, body in (
                    ("POST", "/posts", {"channel_id": world.ids["channel"], "message": text}),
                    ("PUT", f"/posts/{world.ids['bobs_post']}/patch", {"message": text}),
                    ("PUT", f"/channels/{world.ids['channel']}/patch", {"header": text}),
                    ("PUT", f"/channels/{world.ids['channel']}/patch", {"display_name": text}),
                    ("POST", "/teams", {"name": unique("nul"), "display_name": text, "type": "O"}),
                    (
                        "POST",
                        "/channels",
                        {"team_id": world.ids["team"], "name": unique("nul"), "display_name": text, "type": "O"},
                    ),
                    (
                        "POST",
                        "/users",
                        {
                            "username": unique("n"),
                            "email": "n@example.com",
                            "password": "correct-horse",
                            "nickname": text,
                        },
                    ),
                    (
                        "POST",
                        "/reactions",
                        {"user_id": world.bob.id, "post_id": world.ids["post"], "emoji_name": text},
                    ),
                    (
                        "PUT",
                        "/users/me/preferences",
                        [{"user_id": world.bob.id, "category": "c", "name": "n", "value": text}],
                    ),
                    (
                        "POST",
                        "/posts",
                        {"channel_id": world.ids["channel"], "message": "m", "props": {"key": text}},
                    ),
                ):
                    answer = http.request(method, path, content=json.dumps(body).encode(), headers=JSON)
                    assert_error(answer)
                search = {"terms": text, "is_or_search": False}
                answer = http.post(
                    f"/teams/{world.ids['team']}/posts/search", content=json.dumps(search).encode(), headers=JSON
                )
                assert_calm(answer)

    def test_what_is_too_long_is_refused(self, world):
        ids = world.ids
        with world.bob.http as http:
            for method, path, body in (
                ("POST", "/posts", {"channel_id": ids["channel"], "message": "ж" * 16_384}),
                ("PUT", f"/posts/{ids['bobs_post']}/patch", {"message": "ж" * 16_384}),
                ("PUT", f"/posts/{ids['bobs_post']}", {"id": ids["bobs_post"], "message": "ж" * 16_384}),
                (
                    "POST",
                    "/posts",
                    {"channel_id": ids["channel"], "message": "m", "file_ids": [f"{n:026d}" for n in range(11)]},
                ),
                ("POST", "/posts", {"channel_id": ids["channel"], "message": "m", "pending_post_id": "p" * 100_000}),
                ("PUT", f"/channels/{ids['channel']}/patch", {"header": "h" * 1025}),
                ("PUT", f"/channels/{ids['channel']}/patch", {"purpose": "p" * 251}),
                ("PUT", f"/channels/{ids['channel']}/patch", {"display_name": "d" * 65}),
                ("PUT", f"/channels/{ids['channel']}/patch", {"name": "n" * 65}),
                ("POST", "/reactions", {"user_id": ids["bob"], "post_id": ids["post"], "emoji_name": "e" * 65}),
                (
                    "POST",
                    "/users",
                    {"username": "u" * 65, "email": "u@example.com", "password": "correct-horse-9"},
                ),
                (
                    "POST",
                    "/users",
                    {"username": unique("u"), "email": "u" * 200 + "@example.com", "password": "correct-horse-9"},
                ),
                ("POST", "/users", {"username": unique("u"), "email": "u@example.com", "password": "p" * 100_000}),
                ("POST", "/teams", {"name": "t" * 65, "display_name": "t", "type": "O"}),
            ):
                assert_error(http.request(method, path, json=body))

    def test_names_that_are_none_are_refused(self, world):
        with world.bob.http as http:
            for name in ("", "a b", "ünï", "UP CASE", "dot/slash", "x", "a" * 26 + "__" + "b" * 26):
                body = {"team_id": world.ids["team"], "name": name, "display_name": "d", "type": "O"}
                assert_error(http.post("/channels", json=body))
            for name in ("", "a b", "ünï", "a/b", "api", "admin", "x" * 65):
                assert_error(http.post("/teams", json={"name": name, "display_name": "d", "type": "O"}))
            for name in ("", "a b", "ünï", "a@b", "all", "channel", "here", "1digit!"):
                body = {"username": name, "email": f"{unique('m')}@example.com", "password": "correct-horse-9"}
                assert_error(http.post("/users", json=body))
            for mail in ("", "nobody", "a@", "@b", "a b@c.d", "a@b@c"):
                body = {"username": unique("u"), "email": mail, "password": "correct-horse-9"}
                assert_error(http.post("/users", json=body))
            for kind in ("", "X", "D", "G", "o"):
                body = {"team_id": world.ids["team"], "name": unique("k"), "display_name": "d", "type": kind}
                assert_error(http.post("/channels", json=body))
            short = {"username": unique("u"), "email": f"{unique('m')}@example.com", "password": "a"}
            assert_error(http.post("/users", json=short))

    def test_conversations_that_are_none_are_refused(self, world):
        ids = world.ids
        with world.bob.http as http:
            for people in (
                [ids["ada"], ids["carol"]],
                [ids["bob"], UNKNOWN_ID],
                [ids["bob"], ids["ada"], ids["carol"]],
                [ids["ada"]],
            ):
                assert_error(http.post("/channels/direct", json=people))
            for people in (
                [ids["bob"]],
                [ids["bob"], ids["ada"]],
                [ids["bob"], ids["ada"], UNKNOWN_ID],
                [ids["bob"]] * 9,
            ):
                assert_error(http.post("/channels/group", json=people))

    def test_files_that_are_none_are_refused(self, world):
        ids = world.ids
        with world.bob.http as http:
            file = ("f.txt", b"content")
            assert_error(http.post("/files", files={"files": file}))
            assert_error(http.post("/files", files={"files": file}, data={"channel_id": UNKNOWN_ID}))
            assert_error(http.post("/files", files={"files": file}, data={"channel_id": "short"}))
            assert_error(http.post("/files", data={"channel_id": ids["channel"]}))
            assert_error(http.post("/files", content=b"x", headers={"Content-Type": "multipart/form-data"}))
            broken = {"Content-Type": "multipart/form-data; boundary=b"}
            assert_error(http.post("/files", content=b"--b\r\nnonsense", headers=broken))
            assert_error(http.post("/files", content=b"", headers=broken))
            for name in (b"caf\xe9.txt", b"n" * 400 + b".txt", b"nul\x00.txt"):
                part = b'--b\r\nContent-Disposition: form-data; name="channel_id"\r\n\r\n'
                part += ids["channel"].encode()
                part += b'\r\n--b\r\nContent-Disposition: form-data; name="files"; filename="' + name
                part += b'"\r\nContent-Type: text/plain\r\n\r\ncontent\r\n--b--\r\n'
                assert_error(http.post("/files", content=part, headers=broken))
        with world.carol.http as http:
            assert_error(http.post("/files", files={"files": file}, data={"channel_id": ids["private"]}), 403, 404)

    def test_pictures_that_are_none_are_refused(self, world):
        png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"
        bomb = png + b"\x00\x00\xff\xff" * 2 + b"\x08\x06\x00\x00\x00" + b"\x00" * 4
        good = {"image": ("i.png", dot_png())}
        hostile = (b"", b"<svg onload='alert(1)'/>", b"<html></html>", png, bomb, b"GIF89a", b"\xff\xd8\xff\xe0", b"RIFF")
        with world.ada.http as http:
            for path in (f"/users/{world.ids['ada']}/image", f"/teams/{world.ids['team']}/image", "/emoji"):
                emoji = {"emoji": json.dumps({"name": unique("e").replace("-", "_"), "creator_id": world.ids["ada"]})}
                for image in hostile:
                    assert_error(http.post(path, files={"image": ("i.png", image)}, data=emoji))
                assert_error(http.post(path, files={"other": ("i.png", png)}, data=emoji))
                assert_error(http.post(path, files={"image": ("i.png", b"x" * (11 * 1024 * 1024))}, data=emoji), 413)
                assert_error(http.post(path, data=emoji))
                assert_error(http.post(path, content=b"x", headers={"Content-Type": "multipart/form-data"}))
                broken = {"Content-Type": "multipart/form-data; boundary=b"}
                assert_error(http.post(path, content=b"--b\r\nnonsense", headers=broken))
            for name in ("", "a b", "smile", "+1", "x" * 65, "ünï", "nul\x00", 17, None):
                emoji = {"emoji": json.dumps({"name": name})}
                assert_error(http.post("/emoji", files=good, data=emoji), 400)
            for emoji in ("", "{", "[]", "17", "null"):
                assert_error(http.post("/emoji", files=good, data={"emoji": emoji}), 400)
            # Nothing is wrong with the picture.
            emoji = {"emoji": json.dumps({"name": unique("e").replace("-", "_")})}
            made = http.post("/emoji", files=good, data=emoji)
            assert made.status_code == 200, describe(made)
            assert http.delete(f"/emoji/{made.json()['id']}").status_code == 200

    def test_parts_that_are_none_are_refused(self, world):
        begun = {"channel_id": world.ids["channel"], "filename": "big.bin", "file_size": 6 * 1024 * 1024}
        with world.bob.http as http:
            path = f"/uploads/{http.post('/uploads', json=begun).json()['id']}"
            for part in (b"", b"small", b"x" * (6 * 1024 * 1024 + 1)):
                assert_error(http.post(path, content=part), 400)
            assert http.get(path).json()["file_offset"] == 0
            for size in (-1, 0, 2**63 - 1):
                assert_error(http.post("/uploads", json={**begun, "file_size": size}))
            for name in ("", "n" * 400, "nul\x00.txt"):
                assert_error(http.post("/uploads", json={**begun, "filename": name}))
            assert_error(http.post(f"/uploads/{UNKNOWN_ID}", content=b"x"), 404)
        with world.ada.http as http:
            assert_error(http.post(path, content=b"x"), 404)
            assert_error(http.get(path), 404)


class TestLimitsFromInside:
    def test_the_longest_message_is_accepted(self, world):
        for letter in ("x", "ж", "😀"):
            post = world.bob.say(world.channel, letter * 16_383)
            assert world.ada.driver.posts.get_post(post["id"])["message"] == letter * 16_383

    def test_odd_but_good_text_comes_back_as_it_was(self, world):
        for text in ODD_TEXT:
            post = world.bob.say(world.channel, text)
            assert world.ada.driver.posts.get_post(post["id"])["message"] == text

    def test_a_reply_cannot_be_a_root(self, world):
        root = world.ada.say(world.channel, "root")
        reply = world.ada.say(world.channel, "reply", root_id=root["id"])
        with world.bob.http as http:
            body = {"channel_id": world.ids["channel"], "message": "m", "root_id": reply["id"]}
            assert_error(http.post("/posts", json=body), 400)

    def test_an_archived_channel_takes_no_posts(self, world):
        channel = channel_of(world.team, "O", world.ada, world.bob)
        post = world.bob.say(channel, "still open")
        world.ada.driver.channels.delete_channel(channel["id"])
        with world.bob.http as http:
            assert_error(http.post("/posts", json={"channel_id": channel["id"], "message": "closed"}), 400)
            assert_error(http.put(f"/posts/{post['id']}/patch", json={"message": "closed"}), 400, 403)

    def test_an_optional_body_may_be_missing_or_nonsense(self, world):
        lenient = [route for route in OBJECT_ROUTES if route.lenient]
        assert lenient
        with world.bob.http as http:
            for route in lenient:
                for content in (b"", b"null", b"[]", b"17", *MALFORMED.values()):
                    assert_calm(send(http, world, route, content))
                assert send(http, world, route, b"").status_code == 200, route.name

    def test_unknown_fields_are_passed_over(self, world):
        with world.bob.http as http:
            body = {"channel_id": world.ids["channel"], "message": "m", "no_such_field": {"deep": [1]}, "props": None}
            assert http.post("/posts", json=body).status_code == 201

    def test_privileges_cannot_be_asked_for(self, world):
        name = unique("sly")
        body = {
            "username": name,
            "email": f"{name}@example.com",
            "password": "correct-horse-9",
            "roles": "system_admin system_user",
        }
        with stranger() as http:
            answer = http.post("/users", json=body)
        assert answer.status_code >= 400 or answer.json()["roles"] == "system_user"
