"""What others keep private: 403 or 404 and never a word of it, by REST, search and socket."""

import json

import pytest

from people import eventually, silence, unique
from world import assert_calm, assert_error, stranger

# Every way to read or to touch something of a channel that one is not in.
PRIVATE_READS = [
    "/channels/{private}",
    "/channels/{private}/members",
    "/channels/{private}/members/{ada}",
    "/channels/{private}/members/me",
    "/channels/{private}/stats",
    "/channels/{private}/timezones",
    "/channels/{private}/posts",
    "/channels/{private}/posts?since=1",
    "/channels/{private}/posts?before={hidden}",
    "/channels/{private}/posts?after={hidden}",
    "/channels/{private}/pinned",
    "/channels/{private}/bookmarks",
    "/channels/{private}/bookmarks?bookmarks_since=1",
    "/users/me/channels/{private}/unread",
    "/users/me/channels/{private}/posts/unread",
    "/users/me/teams/{team}/threads/{hidden}",
    "/users/me/teams/{team}/threads/{whisper}",
    "/users?in_channel={private}",
    "/posts/{hidden}",
    "/posts/{hidden}?include_deleted=true",
    "/posts/{hidden}/thread",
    "/posts/{hidden_reply}/thread",
    "/posts/{hidden}/reactions",
    "/posts/{hidden_with_file}/files/info",
    "/files/{hidden_file}",
    "/files/{hidden_file}/info",
    "/files/{hidden_file}/thumbnail",
    "/files/{hidden_file}/preview",
    "/files/{hidden_file}/link",
    "/channels/{direct}",
    "/channels/{direct}/posts",
    "/channels/{direct}/members",
    "/posts/{whisper}",
    "/posts/{whisper}/thread",
]

PRIVATE_WRITES = [
    ("POST", "/posts", {"channel_id": "{private}", "message": "in"}),
    ("POST", "/posts", {"channel_id": "{direct}", "message": "in"}),
    ("POST", "/posts", {"channel_id": "{private}", "message": "in", "root_id": "{hidden}"}),
    ("PUT", "/posts/{hidden}/patch", {"message": "in"}),
    ("PUT", "/posts/{hidden}", {"id": "{hidden}", "message": "in"}),
    ("DELETE", "/posts/{hidden}", None),
    ("POST", "/posts/{hidden}/pin", None),
    ("POST", "/posts/{hidden}/unpin", None),
    ("POST", "/reactions", {"user_id": "{me}", "post_id": "{hidden}", "emoji_name": "eyes"}),
    ("POST", "/users/me/posts/{hidden}/ack", None),
    ("DELETE", "/users/me/posts/{hidden}/ack", None),
    ("POST", "/channels/{private}/bookmarks", {"type": "link", "display_name": "in", "link_url": "https://in.example"}),
    ("POST", "/users/me/posts/{hidden}/set_unread", {}),
    ("PUT", "/users/me/teams/{team}/threads/{hidden}/following", None),
    ("DELETE", "/users/me/teams/{team}/threads/{hidden}/following", None),
    ("PUT", "/users/me/teams/{team}/threads/{hidden}/read/1", None),
    ("POST", "/users/me/teams/{team}/threads/{hidden}/set_unread/{hidden_reply}", None),
    ("PUT", "/users/me/teams/{team}/threads/{whisper}/following", None),
    ("POST", "/users/me/typing", {"channel_id": "{private}"}),
    ("POST", "/channels/{private}/members", {"user_id": "{me}"}),
    ("POST", "/channels/{direct}/members", {"user_id": "{me}"}),
    ("DELETE", "/channels/{private}/members/{ada}", None),
    ("DELETE", "/channels/{private}/members/{me}", None),
    ("PUT", "/channels/{private}/patch", {"display_name": "in"}),
    ("DELETE", "/channels/{private}", None),
    ("PUT", "/channels/{private}/privacy", {"privacy": "O"}),
    ("PUT", "/channels/{private}/members/{ada}/roles", {"roles": "channel_user"}),
    ("PUT", "/channels/{private}/members/{me}/roles", {"roles": "channel_user channel_admin"}),
    ("PUT", "/channels/{private}/members/{ada}/schemeRoles", {"scheme_user": True, "scheme_admin": False}),
    ("POST", "/uploads", {"channel_id": "{private}", "filename": "in", "file_size": 1}),
]

# Doing things in another's name, or to another's things in a channel that both are in.
FOREIGN_WRITES = [
    ("PUT", "/posts/{post}/patch", {"message": "mine"}),
    ("PUT", "/posts/{post}", {"id": "{post}", "message": "mine"}),
    ("DELETE", "/posts/{post}", None),
    ("POST", "/reactions", {"user_id": "{ada}", "post_id": "{post}", "emoji_name": "eyes"}),
    ("PUT", "/users/{ada}/preferences", [{"user_id": "{ada}", "category": "c", "name": "n", "value": "v"}]),
    ("PUT", "/users/me/preferences", [{"user_id": "{ada}", "category": "c", "name": "n", "value": "v"}]),
    ("POST", "/users/{ada}/preferences/delete", [{"user_id": "{ada}", "category": "c", "name": "n", "value": "v"}]),
    ("PUT", "/users/{ada}/status", {"user_id": "{ada}", "status": "offline"}),
    ("PUT", "/users/me/status", {"user_id": "{ada}", "status": "offline"}),
    ("POST", "/users/{ada}/posts/{post}/ack", None),
    ("DELETE", "/users/{ada}/posts/{post}/ack", None),
    ("POST", "/users/{ada}/posts/{post}/set_unread", {}),
    ("PUT", "/users/{ada}/teams/{team}/threads/{post}/following", None),
    ("DELETE", "/users/{ada}/teams/{team}/threads/{post}/following", None),
    ("PUT", "/users/{ada}/teams/{team}/threads/{post}/read/1", None),
    ("POST", "/users/{ada}/teams/{team}/threads/{post}/set_unread/{post}", None),
    ("PUT", "/users/{ada}/teams/{team}/threads/read", None),
    ("POST", "/channels/members/{ada}/view", {"channel_id": "{channel}"}),
    ("POST", "/users/{ada}/typing", {"channel_id": "{channel}"}),
    ("DELETE", "/teams/{team}/members/{ada}", None),
    ("PUT", "/teams/{team}/members/{ada}/roles", {"roles": "team_user"}),
    ("PUT", "/teams/{team}/members/{bob}/schemeRoles", {"scheme_user": True, "scheme_admin": True}),
    ("PUT", "/teams/{team}/patch", {"display_name": "mine"}),
    ("PUT", "/teams/{team}", {"id": "{team}", "display_name": "mine"}),
    ("PUT", "/teams/{team}/privacy", {"privacy": "I"}),
    ("POST", "/teams/{team}/regenerate_invite_id", None),
    ("POST", "/teams/{team}/restore", None),
    ("DELETE", "/teams/{team}", None),
    ("PUT", "/channels/{channel}/privacy", {"privacy": "P"}),
    ("PUT", "/channels/{channel}/members/{ada}/roles", {"roles": "channel_user"}),
    ("DELETE", "/users/{ada}/posts/{post}/reactions/eyes", None),
    ("PUT", "/channels/{channel}/members/{ada}/notify_props", {"mark_unread": "mention"}),
    ("POST", "/users/{ada}/teams/{team}/channels/categories", {"display_name": "mine", "channel_ids": []}),
    ("PUT", "/users/{ada}/teams/{team}/channels/categories", [{"id": "favorites_{ada}_{team}", "channel_ids": []}]),
    ("PUT", "/users/{ada}/teams/{team}/channels/categories/order", ["favorites_{ada}_{team}"]),
    ("PUT", "/users/{ada}/teams/{team}/channels/categories/channels_{ada}_{team}", {"channel_ids": []}),
    ("DELETE", "/users/{ada}/teams/{team}/channels/categories/channels_{ada}_{team}", None),
    ("DELETE", "/users/{ada}/channels/{channel}/drafts", None),
    ("PUT", "/users/{ada}/status/custom", {"emoji": "tea", "text": "mine"}),
    ("DELETE", "/users/{ada}/status/custom", None),
    ("POST", "/users/{ada}/status/custom/recent/delete", {"emoji": "tea", "text": "mine"}),
    ("DELETE", "/users/{ada}/channels/{channel}/drafts/{post}", None),
    ("DELETE", "/users/{ada}/image", None),
    ("POST", "/users/{ada}/image", {}),
    ("DELETE", "/teams/{team}/image", None),
    ("POST", "/teams/{team}/image", {}),
]

FOREIGN_READS = [
    "/users/{ada}/preferences",
    "/users/{ada}/teams/{team}/channels/categories",
    "/users/{ada}/teams/{team}/channels/categories/order",
    "/users/{ada}/teams/{team}/channels/categories/channels_{ada}_{team}",
    "/users/{ada}/teams/{team}/drafts",
    "/users/{ada}/posts/flagged",
    "/users/{ada}/channels/{channel}/unread",
    "/users/{ada}/channels/{channel}/posts/unread",
    "/users/{ada}/teams/{team}/threads",
    "/users/{ada}/teams/{team}/threads/{post}",
    "/users/{ada}/teams/unread",
    "/users/{ada}/channels",
    "/users/{ada}/channel_members",
    "/users/{ada}/teams/{team}/channels",
    "/users/{ada}/uploads",
]


def fill(value, ids):
    """The body with the ids of this world in the places of their names."""
    text = json.dumps(value)
    for name, known in ids.items():
        text = text.replace("{" + name + "}", known)
    return json.loads(text)


def never_tells(world, answer):
    assert world.secret not in answer.text
    assert world.private["name"] not in answer.text


@pytest.fixture(params=["carol", "outsider"])
def nosy(request, world):
    """One who is in the team but not in the channel, and one who is not even in the team."""
    return getattr(world, request.param)


class TestPrivateChannels:
    @pytest.mark.parametrize("path", PRIVATE_READS)
    def test_cannot_be_read(self, world, nosy, path):
        with nosy.http as http:
            answer = http.get(path.format_map(world.ids))
        assert_error(answer, 403, 404)
        never_tells(world, answer)
        with stranger() as http:
            assert_error(http.get(path.format_map(world.ids)), 401, 404)

    @pytest.mark.parametrize("method,path,body", PRIVATE_WRITES)
    def test_cannot_be_touched(self, world, nosy, method, path, body):
        ids = {**world.ids, "me": nosy.id}
        before = world.state()
        with nosy.http as http:
            more = {} if body is None else {"json": fill(body, ids)}
            answer = http.request(method, path.format_map(ids), **more)
        assert_error(answer, 400, 403, 404)
        never_tells(world, answer)
        assert world.state() == before

    def test_do_not_stand_in_lists(self, world, nosy):
        with nosy.http as http:
            for path in (
                "/users/me/channels",
                f"/teams/{world.ids['team']}/channels/deleted",
                "/users/me/channel_members",
                "/users/me/channel_members?page=-1",
                f"/users/me/teams/{world.ids['team']}/channels",
                f"/users/me/teams/{world.ids['team']}/channels/members",
                f"/teams/{world.ids['team']}/channels?per_page=200",
                f"/teams/{world.ids['team']}/channels/name/{world.private['name']}",
                f"/teams/name/{world.team['name']}/channels/name/{world.private['name']}",
                f"/users/me/teams/{world.ids['team']}/channels/categories",
            ):
                answer = http.get(path)
                assert_calm(answer)
                assert world.ids["private"] not in answer.text
                assert world.ids["direct"] not in answer.text
            for path, ids in (
                ("/posts/ids", [world.ids["hidden"], world.ids["whisper"]]),
                ("/users/group_channels", [world.ids["private"], world.ids["direct"]]),
                ("/channels/stats/member_count", [world.ids["private"], world.ids["direct"]]),
            ):
                answer = http.post(path, json=ids)
                assert_calm(answer)
                never_tells(world, answer)

    def test_are_not_found_by_search(self, world, nosy):
        team = world.team["id"]
        search = {"terms": world.secret, "is_or_search": False}
        with world.ada.http as http:
            eventually(
                "the secret posts are indexed",
                lambda: len(http.post(f"/teams/{team}/posts/search", json=search).json()["order"]) >= 2,
            )
        with nosy.http as http:
            for terms in (
                world.secret,
                f'"{world.secret}"',
                f"from:{world.ada.username}",
                f"in:{world.private['name']}",
                f"{world.secret} in:{world.private['name']}",
                f"{world.secret[:12]}*",
            ):
                for path in (
                    f"/teams/{team}/posts/search",
                    "/posts/search",
                    f"/teams/{team}/files/search",
                    "/files/search",
                ):
                    answer = http.post(path, json={"terms": terms, "is_or_search": True})
                    assert_calm(answer)
                    never_tells(world, answer)

    def test_do_not_reach_a_socket(self, world):
        start = len(world.carol.live.frames)
        secret = unique("socketsecret")
        with world.bob.sees("posted", lambda d: secret in d["post"]):
            post = world.ada.say(world.private, secret)
        world.ada.driver.posts.patch_post(post["id"], message=f"{secret} edited")
        world.ada.driver.reactions.save_reaction({"user_id": world.ada.id, "post_id": post["id"], "emoji_name": "eyes"})
        world.ada.driver.users.publish_user_typing(world.ada.id, channel_id=world.ids["private"])
        world.ada.driver.posts.delete_post(post["id"])
        silence(
            world.ada,
            world.carol,
            start,
            lambda f: secret in json.dumps(f) or f.get("broadcast", {}).get("channel_id") == world.ids["private"],
        )


class TestOthersThings:
    @pytest.mark.parametrize("method,path,body", FOREIGN_WRITES)
    def test_cannot_be_written(self, world, method, path, body):
        before = world.state()
        with world.bob.http as http:
            more = {} if body is None else {"json": fill(body, world.ids)}
            assert_error(http.request(method, path.format_map(world.ids), **more), 400, 403, 404)
        assert world.state() == before

    @pytest.mark.parametrize("path", FOREIGN_READS)
    def test_cannot_be_read(self, world, path):
        with world.bob.http as http:
            answer = http.get(path.format_map(world.ids))
        assert_error(answer, 403, 404)

    def test_profiles_show_no_secrets(self, world):
        with world.bob.http as http:
            for path in (f"/users/{world.ids['ada']}", "/users?per_page=200"):
                assert "correct-horse" not in http.get(path).text
                assert "argon2" not in http.get(path).text
            profile = http.get(f"/users/{world.ids['ada']}").json()
        assert profile.get("password", "") == ""
        assert not profile.get("auth_data")
        assert not profile.get("mfa_secret")

    def test_other_members_read_times_are_hidden(self, world):
        with world.bob.http as http:
            member = http.get(f"/channels/{world.ids['channel']}/members/{world.ids['ada']}").json()
        assert member["last_viewed_at"] == -1
