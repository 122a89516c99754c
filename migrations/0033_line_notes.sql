-- A line may be credited again when something on it was returned elsewhere and is owed again. The ledger keeps each thing
-- from being given back twice; the invoice as a whole is still credited once.
drop index invoice_credited_once;
create unique index invoice_credited_once on invoice (credits) where credits is not null and credits_position is null;
create index invoice_credited on invoice (credits) where credits is not null;
