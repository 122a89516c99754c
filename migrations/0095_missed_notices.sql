-- What users missed while we knew no contact; operators have it sent when the contact comes.
create index notification_decision_missed on notification_decision (event_id, user_id)
  where rule = 'reach' and detail = 'no contact';
