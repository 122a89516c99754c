-- A subscription that ended the day before its first never began.
alter table tenant_subscription
  drop constraint tenant_subscription_ends_after_start,
  add constraint tenant_subscription_ends_after_start check (ended_on >= starts_on - 1);
