-- An address is used once its owner confirmed it. `email` and `phone` are what the person said last.
alter table user_contact
  add column confirmed_email text,
  add column confirmed_phone text;

-- A request to confirm an address; its code and its link are derived from its id and stored nowhere.
create table contact_confirmation (
  id           uuid        not null,
  user_id      uuid        not null,
  channel      text        not null,
  address      text        not null,
  created_at   timestamptz not null,
  expires_at   timestamptz not null,
  confirmed_at timestamptz,
  constraint contact_confirmation_pkey          primary key (id),
  constraint contact_confirmation_channel_known check (channel in ('email', 'whatsapp'))
);

-- The open requests of a person.
create index contact_confirmation_open on contact_confirmation (user_id, channel) where confirmed_at is null;

-- People who work for a tenant: its owner, and those who accepted an invitation.
create table tenant_member (
  tenant_id  uuid        not null,
  user_id    uuid        not null,
  role       text        not null,
  joined_at  timestamptz not null,
  removed_at timestamptz,
  constraint tenant_member_pkey       primary key (tenant_id, user_id),
  constraint tenant_member_tenant     foreign key (tenant_id) references tenant (id),
  constraint tenant_member_role_known check (role in ('owner', 'member')),
  constraint tenant_member_owner_stays check (role <> 'owner' or removed_at is null)
);

insert into tenant_member (tenant_id, user_id, role, joined_at)
select id, owner_user_id, 'owner', created_at from tenant;

-- An invitation; its code is derived from its id and stored nowhere.
create table member_invitation (
  id          uuid        not null,
  tenant_id   uuid        not null,
  invited_by  uuid        not null,
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  accepted_by uuid,
  accepted_at timestamptz,
  constraint member_invitation_pkey     primary key (id),
  constraint member_invitation_tenant   foreign key (tenant_id) references tenant (id),
  constraint member_invitation_accepted check ((accepted_by is null) = (accepted_at is null))
);

-- Uses, in a window of time, of what others pay for or are told of.
create table bound_use (
  bound        text        not null,
  -- The ids or hashes that the bound counts by.
  subject      text        not null,
  window_start timestamptz not null,
  window_end   timestamptz not null,
  used         integer     not null,
  allowed      integer     not null,
  constraint bound_use_pkey    primary key (bound, subject, window_start),
  constraint bound_use_allowed check (used <= allowed)
);

-- Windows to forget.
create index bound_use_over on bound_use (window_end);

-- Requests that an address got within a day, whoever made us ask.
create index contact_confirmation_address on contact_confirmation (address, created_at);
