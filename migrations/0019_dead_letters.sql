-- What operators are told before they retry or replay: whether a consumer reaches outside, and whether it may hear the past again.
alter table consumer
  add column kind   text not null default 'reaction',
  add column replay text not null default 'forbidden',
  add constraint consumer_kind_known   check (kind in ('reaction', 'effect')),
  add constraint consumer_replay_known check (replay in ('safe', 'suppressNotifications', 'forbidden'));

-- The operator's action that resolved it last: how that goes on is a query.
alter table dead_letter add column action_id uuid;
create index dead_letter_action on dead_letter (action_id) where action_id is not null;
-- Those that wait for an operator; few, among many that were resolved.
create index dead_letter_unresolved on dead_letter (event_id, consumer_name) where resolution is null;
