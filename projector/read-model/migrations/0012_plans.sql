-- People in the order of lists, and files of a channel of before a time, attached or not.
CREATE INDEX users_in_order ON users (username, id);
CREATE INDEX files_in_order ON files (channel_id, create_at);
DROP INDEX files_by_channel;
