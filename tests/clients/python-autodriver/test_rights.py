"""Every address of the URL table, asked by everybody, comes to the verdict that stands in rights.txt."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from people import Person, server_url, unique
from routes import TOMORROW, UNKNOWN_ID
from world import describe, dot_png

HERE = Path(__file__).resolve().parent
URLS = HERE.parents[2] / "platform/src/http/urls.rs"
# What each of them prefers.
PREFERENCE = {"category": "a_category", "name": "a_name", "value": "a value"}
ROLES = ("nobody", "gone", "stranger", "member", "inside", "captain", "chief", "root", "guest")
# Who is meant by a name of a line, as the URL table calls it.
AS_IN_TABLE = {
    "{me}": "{user_id}",
    "{newcomer}": "{user_id}",
    "{open}": "{channel_id}",
    "{closed_invite_id}": "{invite_id}",
    "{emoji_made}": "{emoji_name}",
    "{thread}": "{thread_id}",
    "{root}": "{root_id}",
    "{favorites}": "{category_id}",
}
LINE = re.compile(r"(?P<verdicts>[x+-]{9})(?P<changes>!?)\s+(?P<method>[A-Z]+)\s+(?P<path>\S+)(?:\s+(?P<body>\S.*))?")
# What each process answers for itself: the edge leads to none of it.
OF_EACH = re.compile(r"^\s*each\((\w+), \"([^\"]+)\"\)", re.MULTILINE)
THROUGH_EDGE = os.environ.get("NOTTERMOST_TEST_THROUGH_EDGE") == "yes"
URL = re.compile(r"^\s*(?:command|query|realtime|each)\((\w+), \"([^\"]+)\"\)", re.MULTILINE)


class Row(NamedTuple):
    verdicts: str
    changes: bool
    method: str
    path: str
    body: str | None

    @property
    def address(self) -> str:
        path = self.path.partition("?")[0]
        for ours, theirs in AS_IN_TABLE.items():
            path = path.replace(ours, theirs)
        return f"{self.method} {path}"

    @property
    def name(self) -> str:
        return f"{self.method} {self.path} {self.body or ''}".strip()


def table() -> list[Row]:
    rows = []
    for line in (HERE / "rights.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        match = LINE.fullmatch(line)
        assert match, f"no line of the table: {line}"
        rows.append(Row(match["verdicts"], match["changes"] == "!", match["method"], match["path"], match["body"]))
    return rows


TABLE = table()


def addresses() -> set[str]:
    found = {f"{verb.upper()} {path}" for verb, path in URL.findall(URLS.read_text())}
    assert len(found) > 150, "the whole table is read"
    return found


def of_each_process() -> set[str]:
    found = {f"{verb.upper()} {path}" for verb, path in OF_EACH.findall(URLS.read_text())}
    assert found, "there are some"
    return found


def test_every_address_has_a_line_and_every_line_an_address():
    assert {row.address for row in TABLE} == addresses()


def test_every_address_of_an_account_is_asked_about_anothers():
    others = {row.address for row in TABLE if re.search(r"\{(user_id|newcomer)\}", row.path)}
    assert {address for address in addresses() if "{user_id}" in address} == others


@dataclass
class Place:
    """A team with a private channel, in which something was said."""

    ids: dict
    secrets: tuple


class Cast:
    """Everybody who asks."""

    def __init__(self, ada: Person):
        people = {role: Person.join(role, live=False) for role in ROLES if role != "nobody"}
        self.people = people
        self.mate = Person.join("mate", live=False)
        for person in (*people.values(), self.mate):
            with person.http as http:
                assert http.put("/users/me/preferences", json=[PREFERENCE]).status_code == 200
        with ada.http as http:
            roles = {"roles": "system_user system_admin"}
            assert http.put(f"/users/{people['root'].id}/roles", json=roles).status_code == 200
        with people["root"].http as http:
            assert http.post(f"/users/{people['guest'].id}/demote").status_code == 200
        # Of other teams each; somebody who is in none could be refused for that alone.
        team_of(people["stranger"])
        with people["root"].http as http:
            assert http.put(f"/users/{people['gone'].id}/active", json={"active": False}).status_code == 200
        self.shared = self.place(uploading=True)

    def place(self, uploading: bool = False) -> Place:
        people, secret = self.people, unique("secret")
        newcomer = Person(unique("newcomer"))
        newcomer.sign_up()
        team = team_of(people["chief"], people["member"], people["inside"], people["captain"], people["guest"], self.mate)
        captain = people["captain"].driver
        with people["captain"].http as http:
            channel = made(http.post("/channels", json=channel_body(team, "P", secret)))
            opened = made(http.post("/channels", json=channel_body(team, "O", unique("open"))))
            for person in (people["inside"], people["guest"], self.mate):
                made(http.post(f"/channels/{channel['id']}/members", json={"user_id": person.id}))
            made(http.post(f"/channels/{opened['id']}/members", json={"user_id": self.mate.id}))
            upload = captain.files.upload_file(files=(f"{secret}.txt", b"secret"), channel_id=channel["id"])
            file = upload["file_infos"][0]["id"]
            said = {"channel_id": channel["id"], "message": f"{secret} said", "file_ids": [file]}
            post = made(http.post("/posts", json=said))
            link = {"type": "link", "display_name": secret, "link_url": "https://example.org"}
            bookmark = made(http.post(f"/channels/{channel['id']}/bookmarks", json=link))
            # It has a history.
            assert http.put(f"/posts/{post['id']}/patch", json={"message": f"{secret} said so"}).status_code == 200
            earlier = http.get(f"/posts/{post['id']}/edit_history").json()[0]
            emoji_name = unique("emoji").replace("-", "_")
            named = {"emoji": json.dumps({"name": emoji_name, "creator_id": people["captain"].id})}
            emoji = http.post("/emoji", data=named, files={"image": ("dot.png", dot_png(), "image/png")})
            assert emoji.status_code == 200, describe(emoji)
            begun = {"channel_id": channel["id"], "filename": f"{secret}.bin", "file_size": 1}
            # Nobody may have many of them under way.
            upload_id = made(http.post("/uploads", json=begun))["id"] if uploading else UNKNOWN_ID
            made(http.post("/posts", json={**said, "root_id": post["id"], "file_ids": []}))
            later = {"channel_id": channel["id"], "message": f"{secret} later", "scheduled_at": TOMORROW * 1000}
            scheduled = made(http.post("/posts/schedule", json=later))
        with people["chief"].http as http:
            icon = http.post(f"/teams/{team['id']}/image", files={"image": ("dot.png", dot_png(), "image/png")})
            assert icon.status_code == 200, describe(icon)
        policy, hold = self.govern(team, channel, post)
        ids = {
            "team_id": team["id"],
            "team_name": team["name"],
            "channel_id": channel["id"],
            "channel_name": channel["name"],
            "open": opened["id"],
            "closed_invite_id": team["invite_id"],
            "post_id": post["id"],
            "said": f"{secret} said so",
            "file_id": file,
            "bookmark_id": bookmark["id"],
            "user_id": self.mate.id,
            "username": self.mate.username,
            "email": self.mate.email,
            "newcomer": newcomer.id,
            "unknown": UNKNOWN_ID,
            "hold_id": hold["id"],
            "policy_id": policy["id"],
            "run_id": UNKNOWN_ID,
            "role_name": "team_user",
            "category": PREFERENCE["category"],
            "preference_name": PREFERENCE["name"],
            "emoji_name": "eyes",
            "emoji_made": emoji_name,
            "emoji_id": emoji.json()["id"],
            "field_id": self.field(),
            "upload_id": upload_id,
            "version_id": earlier["id"],
            "thread": post["id"],
            "root": post["id"],
            "timestamp": "1",
            "scheduled_id": scheduled["id"],
            "tomorrow": str(TOMORROW),
            "tomorrow_ms": str(TOMORROW * 1000),
        }
        return Place(ids, (secret,))

    def field(self) -> str:
        """Of the installation: profiles have only so many."""
        name, path = "Matrix", "/custom_profile_attributes/fields"
        with self.people["root"].http as http:
            known = [field["id"] for field in http.get(path).json() if field["name"] == name]
            return known[0] if known else made(http.post(path, json={"name": name, "type": "text"}))["id"]

    def govern(self, team: dict, channel: dict, post: dict) -> tuple[dict, dict]:
        """A policy of the place and a hold of the mate, who follows the thread."""
        kept = {"display_name": "a policy", "post_duration": 3650}
        held = {"name": "a hold", "user_ids": [self.mate.id]}
        with self.people["root"].http as http:
            places = {"team_ids": [team["id"]], "channel_ids": [channel["id"]]}
            policy = made(http.post("/data_retention/policies", json=kept | places))
            hold = made(http.post(f"{server_url()}/api/nottermost/v1/legal_holds", json=held))
            # In the mate's name: some lines end the mate's own session.
            thread = f"/users/{self.mate.id}/teams/{team['id']}/threads/{post['id']}"
            followed = http.put(f"{thread}/following")
            assert followed.status_code == 200, describe(followed)
        return policy, hold

    def ask(self, role: str, row: Row, place: Place) -> httpx.Response:
        person = self.people.get(role)
        me = person.id if person else place.ids["user_id"]
        asked_about = place.ids["user_id"] if "/users/{user_id}/" in row.path else me
        ids = place.ids | {"me": me, "favorites": f"favorites_{asked_about}_{place.ids['team_id']}"}
        headers = {"Content-Type": "application/json"} if row.body else {}
        if person:
            headers["Authorization"] = f"Bearer {person.driver.client.token}"
        content = fill(row.body, ids).encode() if row.body else None
        with httpx.Client(base_url=server_url(), timeout=30) as http:
            # A stream of events ends with whoever asks for it.
            with http.stream(row.method, fill(row.path, ids), content=content, headers=headers) as answer:
                if "stream" not in answer.headers.get("content-type", ""):
                    answer.read()
                return answer

    def wake(self, role: str):
        """Whoever has ended their own session logs in again; some have none."""
        if role in ("nobody", "gone"):
            return
        person = self.people[role]
        with person.http as http:
            if http.get("/users/me").status_code == 401:
                person.log_in()


def team_of(owner: Person, *others: Person) -> dict:
    """Nobody but members may join it or know of it."""
    name = unique("team")
    with owner.http as http:
        team = made(http.post("/teams", json={"name": name, "display_name": name, "type": "I"}))
        for person in others:
            made(http.post(f"/teams/{team['id']}/members", json={"team_id": team["id"], "user_id": person.id}))
    return team


def channel_body(team: dict, kind: str, name: str) -> dict:
    return {"team_id": team["id"], "name": name, "display_name": name, "type": kind}


def made(answer: httpx.Response) -> dict:
    assert answer.status_code == 201, describe(answer)
    return answer.json()


def fill(text: str, ids: dict) -> str:
    """Only names are replaced: bodies have braces of their own."""
    return re.sub(r"\{(\w+)\}", lambda match: ids[match[1]], text)


def verdict(answer: httpx.Response) -> str:
    if answer.status_code == 401:
        return "x"
    if answer.status_code in (403, 404):
        return "-"
    assert answer.status_code < 500 or answer.status_code == 501, describe(answer)
    return "+"


@pytest.fixture(scope="module")
def cast(ada):
    return Cast(ada)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_everybody_is_let_through_or_refused_as_the_table_says(cast, row):
    if THROUGH_EDGE and row.address in of_each_process():
        answers = {cast.ask(role, row, cast.shared).status_code for role in ROLES}
        assert answers == {404}
        return
    found = ""
    for role, expected in zip(ROLES, row.verdicts, strict=True):
        mine = cast.place() if row.changes and expected == "+" else cast.shared
        answer = cast.ask(role, row, mine)
        found += verdict(answer)
        if found[-1] == "-" and answer.headers.get("content-type") == "application/json":
            error = json.loads(answer.text)
            assert error["id"] != "api.context.404.app_error", f"no such route: {row.name}"
            for secret in mine.secrets:
                assert secret not in answer.text, describe(answer)
        if row.changes and expected == "+":
            cast.wake(role)
    assert found == row.verdicts, f"{', '.join(ROLES)}: {row.verdicts} expected, {found} found"
