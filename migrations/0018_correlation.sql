-- Everything that one request set off, for the page of an event. New ids are at the index's right end.
create index outbox_event_correlation on outbox_event (correlation_id);
