-- What a user has read lately: the stream of the inbox tells it to the user's other devices.
create index notification_read_at on notification (user_id, read_at) where channel = 'inbox' and read_at is not null;
