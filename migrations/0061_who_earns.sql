-- People who work or worked for a tenant: its owner, and its members.
create view tenant_person as
select id as tenant_id, owner_user_id as user_id, created_at as joined_at, null::timestamptz as removed_at
from tenant
union all
select tenant_id, user_id, joined_at, removed_at
from tenant_member
where role = 'member';

-- Recent commissions of an attribution.
create index commission_of_attribution on commission (attribution_id, created_at);
