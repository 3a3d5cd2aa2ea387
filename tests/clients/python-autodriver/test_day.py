"""A working day with mattermostautodriver 11.11.

After each step a second account looks at its own frame and at its own answer.
"""

import asyncio
import hashlib
import json
import os

import pytest
from mattermostautodriver import AsyncTypedDriver, TypedDriver

from people import (
    PASSWORD,
    Live,
    Person,
    channel_of,
    eventually,
    is_post,
    options,
    refused,
    says,
    silence,
    team_of,
    unique,
)


class TestAccounts:
    def test_the_first_account_becomes_system_admin(self, ada):
        assert sorted(ada.first_roles.split()) == ["system_admin", "system_user"]
        assert ada.driver.client.userid == ada.id
        assert len(ada.driver.client.token) == 26
        assert ada.driver.users.get_user("me")["email"] == ada.email

    def test_a_second_person_signs_up_and_is_noticed(self, ada):
        dora = Person("dora")
        with ada.sees("new_user") as seen:
            user = dora.sign_up()
        assert seen.data["user_id"] == user["id"]
        assert user["roles"] == "system_user"
        assert ada.driver.users.get_user_by_username(dora.username)["id"] == dora.id
        assert dora.log_in()["username"] == dora.username

    def test_a_wrong_password_gives_the_masked_error(self, ada):
        stranger = TypedDriver(options(login_id=ada.username, password="wrong-password"))
        with refused(401) as caught:
            stranger.login()
        assert "invalid_credentials" in caught.value.error_id

    def test_the_driver_also_logs_in_with_a_token(self, bob):
        other = TypedDriver(options(token=bob.driver.client.token))
        assert other.login()["id"] == bob.id
        assert other.client.username == bob.username

    def test_a_login_pushes_no_cookies_to_a_driver(self, bob):
        body = {"login_id": bob.username, "password": PASSWORD}
        response = TypedDriver(options()).client.make_request("post", "/api/v4/users/login", body)
        assert len(response.headers["Token"]) == 26
        assert "set-cookie" not in response.headers
        assert bob.driver.system.get_ping()["status"] == "OK"

    def test_client_config_and_licence_are_flat_maps_of_strings(self, bob):
        config = bob.driver.system.get_client_config()
        assert all(isinstance(value, str) for value in config.values())
        assert config["CollapsedThreads"] == "default_on"
        assert bob.driver.system.get_client_license("old")["IsLicensed"] == "false"


class TestTeams:
    def test_founding_and_joining_brings_the_two_default_channels(self, ada):
        dora = Person.join("dora")
        team = team_of(ada)
        town_square = ada.driver.channels.get_channel_by_name(team["id"], "town-square")
        with dora.sees("added_to_team") as mine, ada.sees("user_added", lambda d: d["user_id"] == dora.id):
            member = ada.driver.teams.add_team_member(team["id"], dora.id)
        assert member["user_id"] == dora.id
        assert mine.data == {"team_id": team["id"], "user_id": dora.id}
        mine = dora.driver.channels.get_channels_for_team_for_user(dora.id, team["id"])
        assert sorted(c["name"] for c in mine) == ["off-topic", "town-square"]
        assert [t["id"] for t in dora.driver.teams.get_teams_for_user("me")] == [team["id"]]
        members = ada.driver.channels.get_channel_members(town_square["id"])
        assert sorted(m["user_id"] for m in members) == sorted([ada.id, dora.id])
        dora.offline()

    def test_leaving_a_team_takes_its_channels_along(self, ada):
        dora = Person.join("dora")
        team = team_of(ada, dora)
        private = channel_of(team, "P", ada, dora)
        with dora.sees("leave_team") as mine, ada.sees("leave_team", lambda d: d["user_id"] == dora.id):
            ada.driver.teams.remove_team_member(team["id"], dora.id)
        assert mine.data["team_id"] == team["id"]
        with refused(403, 404):
            dora.driver.posts.get_posts_for_channel(private["id"])
        with refused(403, 404):
            dora.say(private, "hello?")
        assert dora.driver.teams.get_teams_for_user("me") == []
        assert [m["user_id"] for m in ada.driver.channels.get_channel_members(private["id"])] == [ada.id]
        dora.offline()


class TestChannels:
    def test_public_channels_are_found_and_joined(self, ada, bob, team):
        with ada.sees("channel_created") as created:
            channel = channel_of(team, "O", ada)
        assert created.data["channel_id"] == channel["id"]
        listed = bob.driver.channels.get_public_channels_for_team(team["id"], per_page=200)
        assert channel["id"] in [c["id"] for c in listed]
        with ada.sees("user_added", lambda d: d["user_id"] == bob.id) as seen:
            bob.driver.channels.add_channel_member(channel["id"], user_id=bob.id)
        assert seen.channel_id == channel["id"]
        members = ada.driver.channels.get_channel_members(channel["id"])
        assert sorted(m["user_id"] for m in members) == sorted([ada.id, bob.id])
        assert ada.driver.channels.get_channel_stats(channel["id"])["member_count"] == 2

    def test_adding_and_removing(self, ada, bob, team):
        channel = channel_of(team, "P", ada)
        with bob.sees("user_added", lambda d: d["user_id"] == bob.id):
            ada.driver.channels.add_channel_member(channel["id"], user_id=bob.id)
        assert bob.unread(channel) == (0, 1)
        with bob.sees("user_removed", lambda d: d.get("channel_id") == channel["id"]) as mine:
            ada.driver.channels.remove_user_from_channel(channel["id"], bob.id)
        assert mine.data["remover_id"] == ada.id
        start = len(bob.live.frames)
        post = ada.say(channel, "without bob")
        silence(ada, bob, start, lambda f: f.get("broadcast", {}).get("channel_id") == channel["id"])
        with refused(403, 404):
            bob.driver.posts.get_post(post["id"])
        with refused(403, 404):
            bob.driver.channels.get_channel(channel["id"])

    def test_leaving_but_never_town_square(self, ada, bob, team, channel):
        with ada.sees("user_removed", lambda d: d.get("user_id") == bob.id) as seen:
            bob.driver.channels.remove_user_from_channel(channel["id"], bob.id)
        assert seen.channel_id == channel["id"]
        mine = bob.driver.channels.get_channels_for_team_for_user(bob.id, team["id"])
        assert channel["id"] not in [c["id"] for c in mine]
        town_square = bob.driver.channels.get_channel_by_name(team["id"], "town-square")
        with refused(400):
            bob.driver.channels.remove_user_from_channel(town_square["id"], bob.id)

    def test_renaming(self, ada, bob, team, channel):
        name = unique("renamed")
        with bob.sees("channel_updated") as seen:
            ada.driver.channels.patch_channel(channel["id"], name=name, display_name="Renamed")
        assert seen.channel_id == channel["id"]
        assert bob.driver.channels.get_channel_by_name(team["id"], name)["display_name"] == "Renamed"
        by_team = bob.driver.channels.get_channel_by_name_for_team_name(team["name"], name)
        assert by_team["id"] == channel["id"]
        with refused(404, error_id="app.channel.get_by_name.missing.app_error"):
            bob.driver.channels.get_channel_by_name(team["id"], channel["name"])

    def test_direct_and_group_channels(self, ada, bob, carol, team):
        with carol.sees("direct_added") as seen:
            direct = bob.driver.channels.create_direct_channel([bob.id, carol.id])
        assert seen.channel_id == direct["id"]
        assert direct["name"] == "__".join(sorted([bob.id, carol.id]))
        assert carol.driver.channels.create_direct_channel([carol.id, bob.id])["id"] == direct["id"]
        with bob.sees("group_added"), carol.sees("group_added") as seen:
            group = ada.driver.channels.create_group_channel([ada.id, bob.id, carol.id])
        assert seen.channel_id == group["id"]
        names = "".join(sorted([ada.id, bob.id, carol.id]))
        assert group["name"] == hashlib.sha1(names.encode()).hexdigest()
        mine = carol.driver.channels.get_channels_for_team_for_user(carol.id, team["id"])
        assert {direct["id"], group["id"]} <= {c["id"] for c in mine if c["team_id"] == ""}


class TestPosts:
    def test_a_post_and_its_reply(self, ada, bob, channel):
        with bob.sees("posted", says("hello")) as seen, ada.sees("posted", says("hello")):
            post = ada.say(channel, "hello")
        assert seen.post["id"] == post["id"]
        assert seen.data["sender_name"] == f"@{ada.username}"
        assert bob.driver.posts.get_post(post["id"])["message"] == "hello"
        with ada.sees("posted", says("hello yourself")) as seen:
            reply = bob.say(channel, "hello yourself", root_id=post["id"])
        assert seen.post["root_id"] == post["id"]
        thread = ada.driver.posts.get_post_thread(post["id"])
        assert set(thread["order"]) == {post["id"], reply["id"]}
        assert thread["posts"][post["id"]]["reply_count"] == 1

    def test_editing(self, ada, bob, channel):
        post = ada.say(channel, "teh")
        with bob.sees("post_edited", is_post(post["id"])) as seen:
            ada.driver.posts.patch_post(post["id"], message="the")
        assert seen.post["message"] == "the"
        read = bob.driver.posts.get_post(post["id"])
        assert (read["message"], read["create_at"]) == ("the", post["create_at"])
        assert read["edit_at"] > 0
        with refused(403):
            bob.driver.posts.patch_post(post["id"], message="no")
        with bob.sees("post_edited", is_post(post["id"])) as seen:
            ada.driver.posts.update_post(post["id"], id=post["id"], message="them")
        assert seen.post["message"] == "them"

    def test_deleting(self, ada, bob, channel):
        post = ada.say(channel, "oops")
        with bob.sees("post_deleted", is_post(post["id"])):
            assert ada.driver.posts.delete_post(post["id"]) == {"status": "OK"}
        with refused(404):
            bob.driver.posts.get_post(post["id"])
        assert post["id"] not in bob.driver.posts.get_posts_for_channel(channel["id"])["order"]

    def test_reacting(self, ada, bob, channel):
        post = ada.say(channel, "cake")
        reaction = {"user_id": bob.id, "post_id": post["id"], "emoji_name": "cake"}
        with ada.sees("reaction_added") as seen:
            bob.driver.reactions.save_reaction(reaction)
        assert json.loads(seen.data["reaction"])["emoji_name"] == "cake"
        assert [r["user_id"] for r in ada.driver.reactions.get_reactions(post["id"])] == [bob.id]
        with ada.sees("reaction_removed"):
            bob.driver.reactions.delete_reaction(bob.id, post["id"], "cake")
        assert ada.driver.reactions.get_reactions(post["id"]) == []

    def test_pinning(self, ada, bob, channel):
        post = ada.say(channel, "rules")
        with bob.sees("post_edited", is_post(post["id"])) as seen:
            ada.driver.posts.pin_post(post["id"])
        assert seen.post["is_pinned"] is True
        assert bob.driver.channels.get_pinned_posts(channel["id"])["order"] == [post["id"]]
        with bob.sees("post_edited", is_post(post["id"])):
            ada.driver.posts.unpin_post(post["id"])
        assert bob.driver.channels.get_pinned_posts(channel["id"])["order"] == []

    def test_attaching_a_file(self, ada, bob, channel):
        content = os.urandom(50_000)
        upload = ada.driver.files.upload_file(files=("noise.bin", content), channel_id=channel["id"], client_ids="mine")
        assert upload["client_ids"] == ["mine"]
        [info] = upload["file_infos"]
        assert (info["name"], info["size"]) == ("noise.bin", len(content))
        with bob.sees("posted", says("listen")) as seen:
            post = ada.say(channel, "listen", file_ids=[info["id"]])
        assert seen.data["otherFile"] == "true"
        assert seen.post["file_ids"] == [info["id"]]
        assert bob.driver.files.get_file(info["id"]).content == content
        assert bob.driver.files.get_file_info(info["id"])["post_id"] == post["id"]
        assert [f["id"] for f in bob.driver.posts.get_file_infos_for_post(post["id"])] == [info["id"]]


class TestReading:
    @pytest.fixture(scope="class")
    def long(self, team, ada, bob):
        channel = channel_of(team, "O", ada, bob)
        ids = [ada.say(channel, f"message {n}")["id"] for n in range(500)]
        return channel, ids

    @staticmethod
    def written(page):
        return [id for id in page["order"] if page["posts"][id]["type"] == ""]

    def test_five_hundred_posts_by_page(self, bob, long):
        channel, ids = long
        walked = []
        for number in range(20):
            page = bob.driver.posts.get_posts_for_channel(channel["id"], page=number, per_page=60)
            walked += self.written(page)
        assert walked == ids[::-1]

    def test_five_hundred_posts_backwards_and_forwards(self, bob, long):
        channel, ids = long
        read = bob.driver.posts.get_posts_for_channel
        back, page = [ids[-1]], read(channel["id"], before=ids[-1], per_page=47)
        while page["order"]:
            back += self.written(page)
            page = read(channel["id"], before=page["order"][-1], per_page=47)
        assert back == ids[::-1]
        forth, page = [ids[0]], read(channel["id"], after=ids[0], per_page=47)
        while page["order"]:
            forth += self.written(page)[::-1]
            page = read(channel["id"], after=page["order"][0], per_page=47)
        assert forth == ids

    def test_since_brings_changes_and_deletions(self, ada, bob, long):
        channel, ids = long
        last = ada.say(channel, "the last one seen")
        ada.driver.posts.patch_post(ids[5], message="changed")
        ada.driver.posts.delete_post(ids[6])
        fresh = ada.say(channel, "fresh")
        page = bob.driver.posts.get_posts_for_channel(channel["id"], since=last["create_at"])
        assert set(page["order"]) - {last["id"]} == {ids[5], ids[6], fresh["id"]}
        assert page["posts"][ids[6]]["delete_at"] > 0
        assert page["posts"][ids[5]]["message"] == "changed"

    def test_around_the_last_unread(self, bob, long):
        channel, ids = long
        bob.driver.posts.set_post_unread(bob.id, ids[400])
        page = bob.driver.posts.get_posts_around_last_unread(bob.id, channel["id"], limit_before=10, limit_after=10)
        got = self.written(page)
        assert ids[400] in got
        assert ids[399] in got
        assert ids[350] not in got and ids[450] not in got


class TestNumbers:
    def test_unread_and_mentions_agree_with_the_clients_arithmetic(self, ada, bob, team, channel):
        bob.driver.channels.view_channel(bob.id, channel["id"])
        ada.say(channel, "one")
        ada.say(channel, f"two @{bob.username}")
        ada.say(channel, "three @all")
        assert bob.unread(channel) == (3, 2)
        unread = bob.driver.channels.get_channel_unread(bob.id, channel["id"])
        assert (unread["msg_count"], unread["mention_count"]) == (3, 2)
        in_team = bob.driver.teams.get_team_unread(bob.id, team["id"])
        assert in_team["msg_count"] >= 3 and in_team["mention_count"] >= 2
        with bob.sees("multiple_channels_viewed") as seen:
            bob.driver.channels.view_channel("me", channel["id"])
        assert channel["id"] in seen.data["channel_times"]
        assert bob.unread(channel) == (0, 0)

    def test_set_unread(self, ada, bob, channel):
        posts = [ada.say(channel, str(n)) for n in range(4)]
        bob.driver.channels.view_channel(bob.id, channel["id"])
        with bob.sees("post_unread") as seen:
            answer = bob.driver.posts.set_post_unread(bob.id, posts[1]["id"])
        assert seen.data["msg_count"] == answer["msg_count"]
        assert bob.unread(channel) == (3, 0)


class TestPresence:
    def test_typing(self, ada, bob, channel):
        start = len(ada.live.frames)
        with bob.sees("typing", lambda d: d["user_id"] == ada.id) as seen:
            ada.driver.users.publish_user_typing(ada.id, channel_id=channel["id"])
        assert seen.channel_id == channel["id"]
        silence(bob, ada, start, lambda f: f.get("event") == "typing")

    def test_status(self, ada, bob):
        with ada.sees("status_change", lambda d: d["status"] == "away"):
            ada.driver.status.update_user_status(ada.id, status="away")
        assert bob.driver.status.get_user_status(ada.id)["status"] == "away"
        [status] = bob.driver.status.get_users_statuses_by_ids([ada.id])
        assert status["status"] == "away"
        ada.driver.status.update_user_status(ada.id, status="online")

    def test_preferences(self, bob):
        wish = {"user_id": bob.id, "category": "theme", "name": "", "value": '{"colour":"blue"}'}
        with bob.sees("preferences_changed") as seen:
            bob.driver.preferences.update_preferences(bob.id, [wish])
        assert json.loads(seen.data["preferences"]) == [wish]
        assert bob.driver.preferences.get_preferences_by_category(bob.id, "theme") == [wish]
        assert wish in bob.driver.preferences.get_preferences(bob.id)
        bob.driver.preferences.delete_preferences(bob.id, [wish])
        assert wish not in bob.driver.preferences.get_preferences(bob.id)

    def test_sidebar(self, bob, team):
        sidebar = bob.driver.channels.get_sidebar_categories_for_team_for_user(team["id"], bob.id)
        assert {c["type"] for c in sidebar["categories"]} == {"favorites", "channels", "direct_messages"}
        assert len(sidebar["order"]) == 3


class TestSearch:
    def test_words_authors_channels_phrases_and_minus(self, ada, bob, carol, team, channel):
        word = unique("zk").replace("-", "")
        mine = ada.say(channel, f"{word} green tea is hot")
        theirs = bob.say(channel, f"{word} black tea is hot, not green")
        private = channel_of(team, "P", ada)
        hidden = ada.say(private, f"{word} secret tea 抹茶")
        matcha = bob.say(channel, f"{word} 抹茶ラテ und Käse")

        def find(person, terms):
            return set(person.driver.posts.search_posts(team["id"], terms=terms, is_or_search=False)["order"])

        everything = {mine["id"], theirs["id"], hidden["id"], matcha["id"]}
        eventually("the index follows", lambda: find(ada, word) == everything)
        assert find(bob, f"{word} tea") == {mine["id"], theirs["id"]}
        assert find(bob, f"{word} from:{ada.username}") == {mine["id"]}
        assert find(bob, f"{word} in:{channel['name']} tea") == {mine["id"], theirs["id"]}
        assert find(bob, f"{word} in:{private['name']}") == set()
        assert find(bob, f'{word} "tea is hot"') == {mine["id"], theirs["id"]}
        assert find(bob, f"{word} tea -black") == {mine["id"]}
        assert find(bob, "抹茶") == {matcha["id"]}
        assert find(bob, f"{word} kase") == {matcha["id"]}
        assert find(carol, word) == set()


class TestAsync:
    def test_the_asynchronous_driver_chats_too(self, ada, bob, channel):
        async def chat():
            driver = AsyncTypedDriver(options(login_id=bob.username, password=PASSWORD))
            await driver.login()
            frames: asyncio.Queue = asyncio.Queue()

            async def handle(message):
                await frames.put(json.loads(message))

            socket = asyncio.ensure_future(driver.init_websocket(handle))
            try:
                async with asyncio.timeout(20):
                    while (await frames.get()).get("event") != "hello":
                        pass
                    post = await driver.posts.create_post(channel_id=channel["id"], message="async")
                    while True:
                        frame = await frames.get()
                        if frame.get("event") == "posted" and is_post(post["id"])(frame["data"]):
                            break
                await driver.logout()
            finally:
                socket.cancel()
                await driver.close()
            return post

        with ada.sees("posted", says("async")):
            post = asyncio.run(chat())
        assert ada.driver.posts.get_post(post["id"])["user_id"] == bob.id


class TestLeaving:
    def test_logging_out_ends_the_token_and_the_socket_but_no_other(self, ada, team, channel):
        dora = Person.join("dora")
        ada.driver.teams.add_team_member(team["id"], dora.id)
        ada.driver.channels.add_channel_member(channel["id"], user_id=dora.id)
        phone = Person.__new__(Person)
        phone.username = dora.username
        phone.log_in()
        phone.live = Live(phone.driver)
        token = dora.driver.client.token
        dora.driver.logout()
        dora.driver.client.token = token
        with refused(401, error_id="api.context.session_expired.app_error"):
            dora.driver.users.get_user("me")
        start = len(dora.live.frames)
        with phone.sees("posted", says("who is there?")):
            ada.say(channel, "who is there?")
        assert [f for f in dora.live.frames[start:] if "event" in f] == []
        assert phone.driver.users.get_user("me")["id"] == dora.id
        dora.offline()
        phone.live.stop()
