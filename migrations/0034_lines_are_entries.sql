-- Each line but a tax is the sum of its entries, so that nothing is billed or credited beside the ledger, not by a process
-- of an older release either.
create view line_beside_ledger as
select line.invoice_id, line.position, invoice.kind
from invoice_line line
join invoice on invoice.id = line.invoice_id
where line.kind <> 'tax' and line.amount_minor is distinct from (
  select sum(amount_minor) from ledger_entry entry
  where entry.invoice_id = line.invoice_id and entry.position = line.position
);

create function check_entries_of_added() returns trigger language plpgsql as $$
begin
  -- The lines of a credit note come before its entries: they are checked with these, and when it commits.
  if exists (
    select from line_beside_ledger line join added using (invoice_id, position)
    where tg_table_name = 'ledger_entry' or line.kind = 'invoice'
  ) then
    raise exception 'a line is not the sum of its entries in the ledger' using errcode = 'check_violation';
  end if;
  return null;
end
$$;

create function check_entries_of_note() returns trigger language plpgsql as $$
begin
  if exists (select from line_beside_ledger where invoice_id = new.id) then
    raise exception 'a line is not the sum of its entries in the ledger' using errcode = 'check_violation';
  end if;
  return null;
end
$$;

create trigger invoice_line_has_entries after insert on invoice_line
  referencing new table as added for each statement execute function check_entries_of_added();
create trigger ledger_entry_adds_up after insert on ledger_entry
  referencing new table as added for each statement execute function check_entries_of_added();
create constraint trigger invoice_note_has_entries after insert on invoice
  deferrable initially deferred for each row when (new.kind = 'credit-note') execute function check_entries_of_note();
