"""The people who talk to the bot, with the driver that mmpy_bot brings (mattermostautodriver 2.3)."""

import asyncio
import json
import os
import threading
import time
import uuid
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
from mattermostautodriver import Driver

PASSWORD = "correct-horse-9"
DEADLINE = float(os.environ.get("NOTTERMOST_TEST_DEADLINE_MS", "10000")) / 1000


def server_url() -> str:
    url = os.environ.get("NOTTERMOST_URL")
    if not url:
        raise RuntimeError("NOTTERMOST_URL is not set: start these tests with tests/clients/run")
    return url.rstrip("/")


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def options(**more) -> dict:
    parts = urlsplit(server_url())
    return {"scheme": parts.scheme, "url": parts.hostname, "port": parts.port} | more


def token_of(username: str) -> str:
    """Logs in by hand: this release's own `login` with a password reads a status off the parsed answer."""
    body = {"login_id": username, "password": PASSWORD}
    answer = httpx.post(f"{server_url()}/api/v4/users/login", json=body, timeout=DEADLINE)
    answer.raise_for_status()
    return answer.headers["Token"]


class Human:
    def __init__(self, prefix: str):
        self.username = unique(prefix)
        account = {"email": f"{self.username}@example.com", "username": self.username, "password": PASSWORD}
        self.id = Driver(options()).users.create_user(account)["id"]
        self.driver = Driver(options(token=token_of(self.username)))
        self.driver.login()
        self.frames: list[dict] = []
        self.news = threading.Condition()
        self.loop = None

    @property
    def token(self) -> str:
        return self.driver.client.token

    def online(self) -> "Human":
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()
        self._wait("hello", lambda frame: frame.get("event") == "hello", 0)
        return self

    def _listen(self):
        asyncio.set_event_loop(self.loop)
        try:
            self.driver.init_websocket(self._handle)
        except asyncio.CancelledError:
            pass

    async def _handle(self, message: str):
        with self.news:
            self.frames.append(json.loads(message))
            self.news.notify_all()

    def _wait(self, what: str, match, start: int) -> dict:
        end = time.monotonic() + DEADLINE
        with self.news:
            while True:
                for frame in self.frames[start:]:
                    if match(frame):
                        return frame
                if not self.news.wait(max(0.0, end - time.monotonic())):
                    came = [frame.get("event") for frame in self.frames[start:]]
                    raise AssertionError(f"no {what} within {DEADLINE:g} s; came: {came}")

    def offline(self):
        self.driver.disconnect()
        self.loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(self.loop)])
        self.thread.join(DEADLINE)

    def say(self, channel_id: str, message: str, root_id: str = "") -> dict:
        return self.driver.posts.create_post({"channel_id": channel_id, "message": message, "root_id": root_id})

    @contextmanager
    def hears(self, author_id: str, match=lambda post: True):
        """The block must bring this person a post by that author; `heard[0]` is the frame, parsed."""
        start = len(self.frames)
        heard: list[dict] = []
        yield heard

        def is_it(frame):
            if frame.get("event") != "posted":
                return False
            post = json.loads(frame["data"]["post"])
            return post["user_id"] == author_id and match(post)

        frame = self._wait(f"post of {author_id}", is_it, start)
        heard.append({**frame, "post": json.loads(frame["data"]["post"])})

    def until(self, what: str, condition):
        """Waits for news until the condition holds."""
        end = time.monotonic() + DEADLINE
        with self.news:
            while not condition():
                if not self.news.wait(max(0.0, end - time.monotonic())):
                    raise AssertionError(f"not within {DEADLINE:g} s: {what}")

    def posts_by(self, author_id: str) -> list[str]:
        with self.news:
            posted = [json.loads(f["data"]["post"]) for f in self.frames if f.get("event") == "posted"]
        return [post["message"] for post in posted if post["user_id"] == author_id and post["type"] == ""]

    @contextmanager
    def sees(self, event: str, match=lambda data: True):
        start = len(self.frames)
        yield
        self._wait(f'"{event}"', lambda f: f.get("event") == event and match(f["data"]), start)
