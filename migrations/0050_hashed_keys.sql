-- An Idempotency-Key is kept as 132 bits of its SHA-256 in base64url: 22 characters, however long the client's text is.
update idempotency_key set key = left(translate(encode(sha256(convert_to(key, 'UTF8')), 'base64'), '+/', '-_'), 22);

comment on column idempotency_key.key is 'digest of the client''s text';
