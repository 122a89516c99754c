-- Claims an Idempotency-Key until the transaction ends, and finds its answer. A function, so that the second statement
-- reads a snapshot of its own: a single statement could miss the answer of a transaction that ended during the claim.
create function claim_idempotency_key(asked_subject text, asked_route text, asked_key text)
returns table (claimed boolean, fingerprint text, status integer, answer text)
language plpgsql
as $$
begin
  if not pg_try_advisory_xact_lock(hashtextextended(concat_ws(chr(10), asked_subject, asked_route, asked_key), 0)) then
    return query select false, null::text, null::integer, null::text;
    return;
  end if;
  return query
    select true, earlier.fingerprint, earlier.status, earlier.answer
    from (values (1)) as one
    left join idempotency_key earlier
      on earlier.subject = asked_subject and earlier.route = asked_route and earlier.key = asked_key;
end
$$;

-- Claims an Idempotency-Key until the statement ends, or fails. For an insert that does everything in one statement.
create function require_idempotency_key(asked_subject text, asked_route text, asked_key text)
returns boolean
language plpgsql
as $$
begin
  if pg_try_advisory_xact_lock(hashtextextended(concat_ws(chr(10), asked_subject, asked_route, asked_key), 0)) then
    return true;
  end if;
  raise exception 'another request with the key is running' using errcode = 'CK001';
end
$$;
