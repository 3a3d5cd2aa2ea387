"""People who use mattermostautodriver: its REST driver and its websocket, unmodified.

The synchronous driver runs its websocket on an event loop; each person gives it
a thread of its own, as programs that use this driver do.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
import uuid
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from mattermostautodriver import TypedDriver
from mattermostautodriver.exceptions import MattermostError

PASSWORD = "correct-horse-9"
DEADLINE = float(os.environ.get("NOTTERMOST_TEST_DEADLINE_MS", "10000")) / 1000


def server_url() -> str:
    url = os.environ.get("NOTTERMOST_URL")
    if not url:
        raise RuntimeError("NOTTERMOST_URL is not set: start these tests with tests/clients/run")
    return url.rstrip("/")


def unique(prefix: str) -> str:
    """A name that no earlier test of the same server has taken."""
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def options(**more) -> dict:
    parts = urlsplit(server_url())
    return {"scheme": parts.scheme, "url": parts.hostname, "port": parts.port, "max_retries": 0} | more


def eventually(what: str, condition, deadline: float = DEADLINE):
    """Asks again until the answer is truthy."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        if found := condition():
            return found
        threading.Event().wait(0.02)
    raise AssertionError(f"not within {deadline:g} s: {what}")


@contextmanager
def refused(*statuses: int, error_id: str | None = None):
    """The block must be refused by the server with one of these statuses."""
    with pytest.raises(MattermostError) as caught:
        yield caught
    assert caught.value.status_code in statuses, caught.value
    assert caught.value.request_id
    if error_id is not None:
        assert caught.value.error_id == error_id


class Live:
    """The driver's websocket on a thread; keeps every frame it hands over."""

    def __init__(self, driver: TypedDriver):
        self.driver = driver
        self.frames: list[dict] = []
        self.news = threading.Condition()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self.wait("hello", lambda frame: frame.get("event") == "hello", 0)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        try:
            self.driver.init_websocket(self._handle)
        except asyncio.CancelledError:
            pass
        finally:
            self.loop.close()

    async def _handle(self, message: str):
        with self.news:
            self.frames.append(json.loads(message))
            self.news.notify_all()

    def wait(self, what: str, match, start: int) -> dict:
        end = time.monotonic() + DEADLINE
        with self.news:
            while True:
                for frame in self.frames[start:]:
                    if match(frame):
                        return frame
                if not self.news.wait(max(0.0, end - time.monotonic())):
                    came = [f"{f.get('seq')}:{f.get('event')}" for f in self.frames[start:]]
                    raise AssertionError(f"no {what} frame within {DEADLINE:g} s; came: {came}")

    def events(self, name: str, start: int = 0) -> list[dict]:
        with self.news:
            return [frame for frame in self.frames[start:] if frame.get("event") == name]

    def stop(self):
        if self.loop.is_closed():
            return
        self.driver.disconnect()
        self.loop.call_soon_threadsafe(self._cancel)
        self.thread.join(DEADLINE)

    def _cancel(self):
        for task in asyncio.all_tasks(self.loop):
            task.cancel()


class Seen:
    frame: dict

    @property
    def data(self) -> dict:
        return self.frame["data"]

    @property
    def post(self) -> dict:
        return json.loads(self.data["post"])

    @property
    def channel_id(self) -> str:
        return self.frame["broadcast"]["channel_id"]


class Person:
    """An account, its driver and, once `online()` was called, its websocket."""

    def __init__(self, prefix: str):
        self.username = unique(prefix)
        self.email = f"{self.username}@example.com"
        self.live: Live | None = None

    @classmethod
    def join(cls, prefix: str, live: bool = True) -> Person:
        person = cls(prefix)
        person.sign_up()
        person.log_in()
        return person.online() if live else person

    def sign_up(self) -> dict:
        stranger = TypedDriver(options())
        self.user = stranger.users.create_user(email=self.email, username=self.username, password=PASSWORD)
        self.id = self.user["id"]
        return self.user

    def log_in(self) -> dict:
        self.driver = TypedDriver(options(login_id=self.username, password=PASSWORD))
        return self.driver.login()

    def online(self) -> Person:
        self.live = Live(self.driver)
        return self

    def offline(self):
        if self.live:
            self.live.stop()
            self.live = None

    @property
    def http(self) -> httpx.Client:
        """The same account without the driver between."""
        headers = {"Authorization": f"Bearer {self.driver.client.token}"}
        return httpx.Client(base_url=f"{server_url()}/api/v4", headers=headers, timeout=30)

    def say(self, channel: dict, message: str, **more) -> dict:
        return self.driver.posts.create_post(channel_id=channel["id"], message=message, **more)

    @contextmanager
    def sees(self, event: str, match=lambda data: True):
        """The block must bring this person such a frame."""
        start = len(self.live.frames)
        seen = Seen()
        yield seen
        seen.frame = self.live.wait(f'"{event}"', lambda f: f.get("event") == event and match(f["data"]), start)

    def unread(self, channel: dict) -> tuple[int, int]:
        """Messages and mentions, as clients compute them."""
        total = self.driver.channels.get_channel(channel["id"])["total_msg_count"]
        member = self.driver.channels.get_channel_member(channel["id"], self.id)
        return total - member["msg_count"], member["mention_count"]


def is_post(post_id: str):
    return lambda data: json.loads(data["post"])["id"] == post_id


def says(message: str):
    return lambda data: json.loads(data["post"])["message"] == message


def team_of(owner: Person, *others: Person) -> dict:
    name = unique("team")
    team = owner.driver.teams.create_team(name=name, display_name=name, type="O")
    for person in others:
        owner.driver.teams.add_team_member(team["id"], person.id)
    return team


def channel_of(team: dict, kind: str, owner: Person, *others: Person) -> dict:
    name = unique("public" if kind == "O" else "private")
    channel = owner.driver.channels.create_channel(team_id=team["id"], name=name, display_name=name, type=kind)
    for person in others:
        owner.driver.channels.add_channel_member(channel["id"], user_id=person.id)
    return channel


def silence(sender: Person, receiver: Person, start: int, is_leak):
    """Proves that nothing came: a direct message bounds what could have."""
    direct = sender.driver.channels.create_direct_channel([sender.id, receiver.id])
    marker = unique("fence")
    with receiver.sees("posted", says(marker)):
        sender.say(direct, marker)
    leaks = [frame for frame in receiver.live.frames[start:] if is_leak(frame)]
    assert leaks == []


# Text that is odd and good: it must come back letter by letter.
ODD_TEXT = (
    "line\nfeed\ttab and \\ backslash \"quotes\" 'single'",
    "e\u0301 stays decomposed, é stays composed",
    "👩‍👩‍👧‍👦 a family, 🇨🇭 a flag, \u202e reversed",
    "'; DROP TABLE posts; -- \\x00 %s {0}",
    "<script>alert(1)</script> & <b>",
    "\u200b",
    "\U0010ffff\uffff\ufeff",
    "null",
    "[]",
)
