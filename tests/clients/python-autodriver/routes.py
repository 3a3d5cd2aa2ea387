"""Every route that reads a JSON body, with a good body and what each field must be.

`required` fields may not be missing or null; `optional` ones may. A route whose
whole body may be left out says `lenient`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

UNKNOWN_ID = "y" * 26
# Unix seconds.
TOMORROW = int(time.time()) + 24 * 3600

# What is wrong wherever a value of this kind is expected.
WRONG_TYPES = {
    "text": [17, 1.5, True, [], {}, ["x"], {"x": "y"}],
    "id": [17, True, [], {}, ["x"]],
    "list": ["x", 17, True, {}, {"x": "y"}],
    "map": ["x", 17, True, [], ["x"]],
    "flag": ["x", 17, [], {}],
    "number": ["x", True, [], {}],
}

# What is wrong with an id though its type is right.
WRONG_IDS = ["", "short", "y" * 27, "../../../etc/passwd", "\x00" * 26, "ü" * 26, UNKNOWN_ID]


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    body: dict | list
    required: dict = field(default_factory=dict)
    optional: dict = field(default_factory=dict)
    lenient: bool = False
    reads_only: bool = False

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def at(self, world) -> str:
        return self.path.format_map(world.ids)

    def good(self, world):
        return _fill(self.body, world.ids)


def _fill(value, ids):
    if isinstance(value, str):
        return value.format_map(ids)
    if isinstance(value, list):
        return [_fill(item, ids) for item in value]
    if isinstance(value, dict):
        return {key: _fill(item, ids) for key, item in value.items()}
    return value


TEAM_TEXTS = {"display_name": "text", "description": "text", "company_name": "text", "allow_open_invite": "flag"}
SCHEME_ROLES = {"scheme_user": "flag", "scheme_admin": "flag"}
PREFERENCE = {"user_id": "{bob}", "category": "bad_input", "name": "n", "value": "v"}

OBJECT_ROUTES = [
    Route(
        "POST",
        "/users",
        {"username": "never-made", "email": "never@example.com", "password": "correct-horse-9"},
        required={"username": "text", "email": "text", "password": "text"},
        optional={"nickname": "text", "first_name": "text", "locale": "text", "props": "map", "timezone": "map"},
    ),
    Route(
        "POST",
        "/users/login",
        {"login_id": "{bob_name}", "password": "wrong"},
        required={"login_id": "text", "password": "text"},
        optional={"token": "text", "device_id": "text"},
    ),
    Route(
        "POST",
        "/teams",
        {"name": "never-made", "display_name": "Never", "type": "O"},
        required={"name": "text", "display_name": "text", "type": "text"},
        optional={"description": "text", "allow_open_invite": "flag"},
    ),
    Route(
        "POST",
        "/teams/{team}/members",
        {"team_id": "{team}", "user_id": "{outsider}"},
        # The path names the team: v4's description requires neither field, and without a person
        # there is nothing to do.
        required={"user_id": "id"},
        optional={"team_id": "id"},
    ),
    Route("PUT", "/teams/{team}", {"id": "{team}"}, required={"id": "id"}, optional=TEAM_TEXTS),
    Route("PUT", "/teams/{team}/patch", {}, optional=TEAM_TEXTS),
    Route("PUT", "/teams/{team}/privacy", {"privacy": "O"}, required={"privacy": "text"}),
    Route("PUT", "/teams/{team}/members/{bob}/roles", {"roles": "team_user"}, required={"roles": "text"}),
    Route(
        "PUT",
        "/teams/{team}/members/{bob}/schemeRoles",
        {"scheme_user": True, "scheme_admin": False},
        required=SCHEME_ROLES,
        optional={"scheme_guest": "flag"},
    ),
    Route(
        "POST",
        "/channels",
        {"team_id": "{team}", "name": "never-made", "display_name": "Never", "type": "O"},
        required={"team_id": "id", "name": "text", "display_name": "text", "type": "text"},
        optional={"header": "text", "purpose": "text"},
    ),
    Route(
        "PUT",
        "/channels/{channel}/patch",
        {},
        optional={"name": "text", "display_name": "text", "header": "text", "purpose": "text"},
    ),
    Route("PUT", "/channels/{channel}/privacy", {"privacy": "O"}, required={"privacy": "text"}),
    Route("PUT", "/channels/{channel}/members/{bob}/roles", {"roles": "channel_user"}, required={"roles": "text"}),
    Route(
        "PUT",
        "/channels/{channel}/members/{bob}/schemeRoles",
        {"scheme_user": True, "scheme_admin": False},
        required=SCHEME_ROLES,
        optional={"scheme_guest": "flag"},
    ),
    Route("POST", "/channels/{channel}/members", {"user_id": "{carol}"}, required={"user_id": "id"}),
    Route(
        "POST",
        "/channels/members/me/view",
        {},
        optional={"channel_id": "id", "prev_channel_id": "id", "collapsed_threads_supported": "flag"},
    ),
    Route(
        "POST",
        "/posts",
        {"channel_id": "{channel}", "message": "never"},
        required={"channel_id": "id"},
        optional={
            "message": "text",
            "root_id": "id",
            "file_ids": "list",
            "props": "map",
            "pending_post_id": "text",
        },
    ),
    Route(
        "PUT",
        "/posts/{bobs_post}/patch",
        {},
        optional={"message": "text", "is_pinned": "flag", "file_ids": "list", "props": "map"},
    ),
    Route(
        "PUT",
        "/posts/{bobs_post}",
        {"id": "{bobs_post}", "message": "never"},
        required={"id": "id"},
        optional={"message": "text", "props": "map"},
    ),
    Route(
        "POST",
        "/reactions",
        {"user_id": "{bob}", "post_id": "{post}", "emoji_name": "eyes"},
        required={"user_id": "id", "post_id": "id", "emoji_name": "text"},
    ),
    Route(
        "POST",
        "/channels/{channel}/bookmarks",
        {"type": "link", "display_name": "never", "link_url": "https://never.example"},
        required={"type": "text", "display_name": "text", "link_url": "text"},
        optional={"image_url": "text", "emoji": "text", "file_id": "text"},
    ),
    Route(
        "POST",
        "/emoji/search",
        {"term": "never"},
        required={"term": "text"},
        optional={"prefix_only": "flag"},
        reads_only=True,
    ),
    Route("POST", "/opengraph", {"url": "http://never.invalid/"}, required={"url": "text"}, reads_only=True),
    Route(
        "POST",
        "/uploads",
        {"channel_id": "{channel}", "filename": "never.txt", "file_size": 5},
        required={"channel_id": "id", "filename": "text", "file_size": "number"},
        optional={"type": "text"},
    ),
    Route(
        "PUT",
        "/users/me/status",
        {"user_id": "{bob}", "status": "online"},
        required={"user_id": "id", "status": "text"},
        optional={"dnd_end_time": "number"},
    ),
    Route(
        "POST",
        "/teams/{team}/posts/search",
        {"terms": "never", "is_or_search": False},
        required={"terms": "text"},
        optional={"is_or_search": "flag", "page": "number", "per_page": "number"},
        reads_only=True,
    ),
    Route(
        "POST",
        "/posts/search",
        {"terms": "never"},
        required={"terms": "text"},
        optional={"is_or_search": "flag"},
        reads_only=True,
    ),
    Route(
        "POST",
        "/teams/{team}/files/search",
        {"terms": "never", "is_or_search": False},
        required={"terms": "text"},
        optional={"is_or_search": "flag", "page": "number", "per_page": "number"},
        reads_only=True,
    ),
    Route(
        "POST",
        "/files/search",
        {"terms": "never"},
        required={"terms": "text"},
        optional={"is_or_search": "flag"},
        reads_only=True,
    ),
    Route(
        "POST",
        "/teams/{team}/channels/search_archived",
        {"term": "never"},
        optional={"term": "text"},
        reads_only=True,
    ),
    Route("POST", "/channels/group/search", {"term": "never"}, optional={"term": "text"}, reads_only=True),
    Route(
        "POST",
        "/channels/search?system_console=false",
        {"term": "never"},
        optional={"term": "text", "team_ids": "list", "public": "flag", "page": "number"},
        reads_only=True,
    ),
    Route(
        "POST",
        "/users/me/typing",
        {"channel_id": "{channel}"},
        required={"channel_id": "id"},
        optional={"parent_id": "text"},
    ),
    Route(
        "PUT",
        "/users/me/status/custom",
        {"emoji": "tea", "text": "Tea"},
        optional={"emoji": "text", "text": "text", "duration": "text", "expires_at": "text"},
    ),
    Route(
        "POST",
        "/drafts",
        {"channel_id": "{channel}", "message": "never sent"},
        required={"channel_id": "id"},
        optional={"message": "text", "root_id": "text", "props": "map", "file_ids": "list"},
    ),
    Route(
        "POST",
        "/posts/schedule",
        {"channel_id": "{channel}", "message": "never sent", "scheduled_at": TOMORROW * 1000},
        required={"channel_id": "id", "scheduled_at": "number"},
        optional={"root_id": "text", "props": "map", "priority": "map", "file_ids": "list"},
    ),
    Route(
        "POST",
        "/users/me/posts/{post}/reminder",
        {"target_time": TOMORROW},
        required={"target_time": "number"},
    ),
    Route(
        "PUT",
        "/channels/{channel}/members/me/notify_props",
        {"desktop": "all", "mark_unread": "all"},
        optional={"desktop": "text", "mark_unread": "text"},
    ),
    Route(
        "POST",
        "/users/me/teams/{team}/channels/categories",
        {"display_name": "Mine", "type": "custom", "channel_ids": ["{channel}"]},
        required={"display_name": "text"},
        optional={"channel_ids": "list", "sorting": "text", "muted": "flag"},
    ),
    Route(
        "POST",
        "/users/me/posts/{post}/set_unread",
        {"collapsed_threads_supported": True},
        lenient=True,
    ),
    Route("PUT", "/users/me/teams/{team}/threads/read", {}, lenient=True),
    Route("PUT", "/users/me/teams/{team}/threads/{post}/following", {}, lenient=True),
    Route("PUT", "/users/me/teams/{team}/threads/{post}/read/1", {}, lenient=True),
    Route("POST", "/users/me/teams/{team}/threads/{post}/set_unread/{post}", {}, lenient=True),
]

LIST_ROUTES = [
    Route("POST", "/channels/direct", ["{bob}", "{carol}"]),
    Route("POST", "/channels/group", ["{bob}", "{carol}", "{ada}"]),
    Route("PUT", "/users/me/preferences", [PREFERENCE]),
    Route("POST", "/users/me/preferences/delete", [PREFERENCE]),
    Route("POST", "/users/ids", ["{ada}"], reads_only=True),
    Route("POST", "/users/usernames", ["{bob_name}"], reads_only=True),
    Route("POST", "/users/status/ids", ["{ada}"], reads_only=True),
    Route("POST", "/users/group_channels", ["{channel}"], reads_only=True),
    Route("POST", "/roles/names", ["system_user"], reads_only=True),
    Route("POST", "/posts/ids", ["{post}"], reads_only=True),
    Route("POST", "/channels/stats/member_count", ["{channel}"], reads_only=True),
    Route("POST", "/emoji/names", ["never"], reads_only=True),
]

READS = [
    "/users/{ada}",
    "/users/username/{bob_name}",
    "/users",
    "/users/me/teams",
    "/users/me/teams/members",
    "/users/me/teams/unread",
    "/users/me/channels",
    "/users/me/channel_members",
    "/users/me/preferences",
    "/users/{ada}/status",
    "/users/me/teams/{team}/channels",
    "/users/me/teams/{team}/channels/members",
    "/users/me/teams/{team}/channels/categories",
    "/users/me/teams/{team}/channels/categories/order",
    "/users/me/teams/{team}/drafts",
    "/posts/scheduled/team/{team}",
    "/users/me/posts/flagged",
    "/users/me/channels/{channel}/unread",
    "/users/me/channels/{channel}/posts/unread",
    "/users/me/teams/{team}/threads",
    "/users/me/teams/{team}/threads?unread=true&extended=true",
    "/teams",
    "/teams/{team}",
    "/teams/{team}/members",
    "/teams/{team}/members/{ada}",
    "/teams/{team}/stats",
    "/teams/{team}/channels",
    "/teams/{team}/channels/name/town-square",
    "/channels/{channel}",
    "/channels/{channel}/members",
    "/channels/{channel}/members/{ada}",
    "/channels/{channel}/stats",
    "/channels/{channel}/timezones",
    "/channels/{channel}/posts",
    "/channels/{channel}/pinned",
    "/channels/{channel}/bookmarks",
    "/posts/{post}",
    "/posts/{post}/thread",
    "/posts/{post}/reactions",
    "/posts/{post}/files/info",
    "/files/{file}",
    "/files/{file}/info",
    "/users/{ada}/image",
    "/users/{ada}/image/default",
    "/users/me/uploads",
    "/emoji",
]
