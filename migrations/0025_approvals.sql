-- Requests that move money: one operator asks, and the request is executed when a second one asks for the same.
create table operator_approval (
  id          uuid        not null,
  action      text        not null,
  request     jsonb       not null,
  asked_by    uuid        not null,
  asked_at    timestamptz not null,
  expires_at  timestamptz not null,
  approved_by uuid,
  approved_at timestamptz,
  constraint operator_approval_pkey     primary key (id),
  constraint operator_approval_second   check (approved_by <> asked_by),
  constraint operator_approval_approved check ((approved_by is null) = (approved_at is null))
);

-- One request is open once.
create unique index operator_approval_open on operator_approval (action, md5(request::text)) where approved_at is null;
