-- `moved_at`: when the time was last changed, so that nobody is reminded at once of what they have just agreed on. Moves
-- before this release are not on record. `allows_overlap`: somebody knew that the assignee has another visit then.
alter table appointment
  add column moved_at       timestamptz,
  add column allows_overlap boolean not null default false;
