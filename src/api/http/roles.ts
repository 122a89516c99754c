/** Roles that a token may carry. `frontend` is the marketplace's own front end, which reports other people's visits. */
export const ROLES = ['user', 'tenant', 'backoffice:read', 'backoffice:write', 'frontend'] as const;

export type Role = (typeof ROLES)[number];
