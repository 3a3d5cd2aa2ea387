"""A small inhabited server for the raw-HTTP suites, and a way to see that nothing changed."""

from __future__ import annotations

import json
import struct
import zlib

import httpx

from people import Person, channel_of, server_url, team_of, unique

# Fields that move by themselves when people merely ask.
RESTLESS = {"last_activity_at", "failed_attempts", "last_login", "last_password_update"}


class World:
    def __init__(self, ada: Person, bob: Person, carol: Person):
        self.ada, self.bob, self.carol = ada, bob, carol
        self.outsider = Person.join("outsider", live=False)
        self.team = team_of(ada, bob, carol)
        self.channel = channel_of(self.team, "O", ada, bob)
        self.private = channel_of(self.team, "P", ada, bob)
        self.direct = ada.driver.channels.create_direct_channel([ada.id, bob.id])
        self.secret = unique("topsecret")
        self.post = ada.say(self.channel, "a post")
        self.bobs_post = bob.say(self.channel, "a post of bob")
        self.hidden = ada.say(self.private, f"{self.secret} in private")
        self.hidden_reply = ada.say(self.private, f"{self.secret} reply", root_id=self.hidden["id"])
        self.whisper = ada.say(self.direct, f"{self.secret} in a direct channel")
        self.file = self._upload(self.channel, "open.txt", b"open")
        ada.say(self.channel, "with a file", file_ids=[self.file])
        self.hidden_file = self._upload(self.private, f"{self.secret}.txt", self.secret.encode())
        self.hidden_with_file = ada.say(self.private, "a file", file_ids=[self.hidden_file])
        self.ids = {
            "ada": ada.id,
            "bob": bob.id,
            "bob_name": bob.username,
            "carol": carol.id,
            "outsider": self.outsider.id,
            "team": self.team["id"],
            "channel": self.channel["id"],
            "private": self.private["id"],
            "direct": self.direct["id"],
            "post": self.post["id"],
            "bobs_post": self.bobs_post["id"],
            "hidden": self.hidden["id"],
            "hidden_reply": self.hidden_reply["id"],
            "hidden_with_file": self.hidden_with_file["id"],
            "whisper": self.whisper["id"],
            "file": self.file,
            "hidden_file": self.hidden_file,
        }

    def _upload(self, channel: dict, name: str, content: bytes) -> str:
        answer = self.ada.driver.files.upload_file(files=(name, content), channel_id=channel["id"])
        return answer["file_infos"][0]["id"]

    def state(self) -> str:
        """All that the people of this world can read back, without what is restless."""
        t, c, p = self.team["id"], self.channel["id"], self.private["id"]
        shown = {}
        paths = ["/users?per_page=200", "/teams?per_page=200", f"/teams/{t}", f"/teams/{t}/members?per_page=200"]
        paths += [f"/teams/{t}/channels?per_page=200", f"/users/me/teams/{t}/channels/categories"]
        paths += ["/users/me/channels", "/users/me/channel_members?page=0&per_page=200", "/users/me/preferences"]
        for channel in (c, p, self.direct["id"]):
            paths += [f"/channels/{channel}", f"/channels/{channel}/posts?per_page=200"]
            paths += [f"/channels/{channel}/members?per_page=200", f"/channels/{channel}/pinned"]
        for person in (self.ada, self.bob):
            with person.http as http:
                for path in paths:
                    answer = http.get(path)
                    assert answer.status_code == 200, (path, answer.text)
                    shown[f"{person.username} {path}"] = calm(answer.json())
        return json.dumps(shown, sort_keys=True, indent=1)


def calm(value):
    if isinstance(value, dict):
        return {key: calm(item) for key, item in value.items() if key not in RESTLESS}
    if isinstance(value, list):
        return [calm(item) for item in value]
    return value


def assert_error(answer: httpx.Response, *statuses: int):
    """A v4 refusal: 4xx, the exact content type, the whole error body."""
    assert 400 <= answer.status_code < 500, describe(answer)
    if statuses:
        assert answer.status_code in statuses, describe(answer)
    assert answer.headers["content-type"] == "application/json", describe(answer)
    body = answer.json()
    assert body["status_code"] == answer.status_code, describe(answer)
    assert body["id"] and body["message"] and body["request_id"], describe(answer)
    assert body["request_id"] == answer.headers["x-request-id"], describe(answer)
    assert isinstance(body["detailed_error"], str), describe(answer)


def assert_calm(answer: httpx.Response):
    """A success or a v4 refusal; never a failure of the server."""
    assert answer.status_code < 500, describe(answer)
    if answer.status_code >= 400:
        assert_error(answer)


def describe(answer: httpx.Response) -> str:
    request = answer.request
    return f"{request.method} {request.url} -> {answer.status_code} {answer.text[:300]!r}"


def dot_png() -> bytes:
    """A picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00\xff\x00\x00")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def stranger() -> httpx.Client:
    return httpx.Client(base_url=f"{server_url()}/api/v4", timeout=30)
