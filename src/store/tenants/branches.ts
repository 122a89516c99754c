import type { Branch } from '../../domain/tenants/branch.ts';
import type { Db, Tx } from '../../platform/postgres.ts';

/** Makes the statement that adds a new branch. */
export const insertBranch = (db: Db, branch: Branch) => db`
  insert into branch (id, tenant_id, zone, address, latitude, longitude, created_at, updated_at)
  values (
    ${branch.id}, ${branch.tenantId}, ${branch.zone}, ${branch.address}, ${branch.latitude}, ${branch.longitude},
    ${branch.createdAt}, ${branch.updatedAt}
  )
`;

/** Finds a branch as committed. */
export async function findBranch(db: Db, id: string): Promise<Branch | undefined> {
  const [branch] = await db<Branch[]>`select ${columns(db)} from branch where id = ${id}`;
  return branch;
}

/** Finds a branch, and locks its zone until the transaction ends. */
export async function lockBranchZone(tx: Tx, id: string): Promise<Branch | undefined> {
  const [branch] = await tx<Branch[]>`select ${columns(tx)} from branch where id = ${id} for key share`;
  return branch;
}

/** The branch, held against other changes and new listings until the transaction ends. */
export async function findBranchToChange(tx: Tx, id: string): Promise<Branch | undefined> {
  const [branch] = await tx<Branch[]>`select ${columns(tx)} from branch where id = ${id} for update`;
  return branch;
}

/** Makes the statement that writes down where a branch is now; its listings follow it into its zone. */
export const saveBranch = (tx: Tx, { id, zone, address, latitude, longitude, updatedAt }: Branch) => tx`
  update branch
  set zone = ${zone}, address = ${address}, latitude = ${latitude}, longitude = ${longitude}, updated_at = ${updatedAt}
  where id = ${id}
`;

/** A tenant's branches, the first one first: those that come after the one that ended the page before. */
export async function listBranches(
  db: Db,
  { tenantId, after, limit }: { readonly tenantId: string; readonly after: string | undefined; readonly limit: number },
): Promise<Branch[]> {
  return db<Branch[]>`
    select ${columns(db)}
    from branch
    where tenant_id = ${tenantId} ${after === undefined ? db`` : db`and id > ${after}`}
    order by id
    limit ${limit}
  `;
}

const columns = (db: Db) => db`
  id, tenant_id as "tenantId", zone, address, latitude, longitude, created_at as "createdAt", updated_at as "updatedAt"
`;
