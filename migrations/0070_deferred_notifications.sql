-- What a provider's answer made of an attempt, by whom it concerned.
alter table notification_attempt
  drop constraint notification_attempt_outcome_known,
  add constraint notification_attempt_outcome_known check (outcome in (
    'sending', 'sent', 'rejected', 'deferred', 'limited', 'unavailable', 'unauthorized', 'unreachable', 'unknown'
  ));

alter table notification
  -- Attempts that the provider put off since `deferred_since`; an operator's resend begins anew.
  add column deferrals      integer not null default 0,
  add column deferred_since timestamptz;
