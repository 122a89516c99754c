-- The tenants that a person works for.
create index tenant_member_of_user on tenant_member (user_id) where removed_at is null;
