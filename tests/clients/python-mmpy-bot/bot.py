"""The bot under test: ordinary mmpy_bot plugins, configured by the environment only."""

import tempfile
from pathlib import Path

from mmpy_bot import Bot, Message, Plugin, Settings, listen_to


class Clerk(Plugin):
    """Does one of everything that bots do."""

    @listen_to("^hello$")
    async def greet(self, message: Message):
        self.driver.reply_to(message, f"hello @{message.sender_name}")

    @listen_to("^what is (\\d+) plus (\\d+)$", needs_mention=True)
    def add(self, message: Message, one: str, other: str):
        self.driver.reply_to(message, str(int(one) + int(other)))

    @listen_to("^whisper (.*)$")
    def whisper(self, message: Message, text: str):
        self.driver.reply_to(message, text, direct=True)

    @listen_to("^ping$", direct_only=True)
    def pong(self, message: Message):
        self.driver.create_post(message.channel_id, "pong")

    @listen_to("^like this$")
    def like(self, message: Message):
        self.driver.react_to(message, "+1")

    @listen_to("^count the thread$")
    def count(self, message: Message):
        thread = self.driver.get_post_thread(message.reply_id)
        texts = [thread["posts"][post_id]["message"] for post_id in thread["order"]]
        self.driver.reply_to(message, " / ".join(texts))

    @listen_to("^who am i$")
    def introduce(self, message: Message):
        user = self.driver.get_user_info(message.user_id)
        self.driver.reply_to(message, f"{user['username']} in {message.channel_name} of {message.team_id}")

    @listen_to("^the report please$")
    def report(self, message: Message):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.txt"
            path.write_text("all is well\n")
            self.driver.reply_to(message, "here it is", file_paths=[str(path)])

    @listen_to("^echo (.*)$")
    def echo(self, message: Message, text: str):
        self.driver.reply_to(message, f"echo {text}")

    @listen_to("^number (\\d+)$")
    async def acknowledge(self, message: Message, number: str):
        self.driver.create_post(message.channel_id, f"got {number}", props={"number": number})


if __name__ == "__main__":
    Bot(settings=Settings(), plugins=[Clerk()]).run()
