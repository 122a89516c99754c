-- The attempts of the last minutes at which a provider refused our account: the overview asks for them.
create index notification_attempt_unauthorized on notification_attempt (at) where outcome = 'unauthorized';
