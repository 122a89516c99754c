import { type Provider, startProvider } from './http-provider.ts';

/** A pretended payment provider's settlement reports, one a day of UTC. */
export interface SettlementReportsSandbox extends Provider<{ readonly day: string }> {
  /** Makes the report of a day, CSV, or puts another in its place. */
  publish(day: string, csv: string): void;
  /** Whether answers break off before their end. */
  breaksOff: boolean;
}

/** Serves `GET /v1/settlement-reports/{day}` to who has the token; 404 while there is no report. */
export async function startSettlementReports(
  { accessToken, port }: { readonly accessToken: string; readonly port?: number },
): Promise<SettlementReportsSandbox> {
  const reports = new Map<string, string>();
  const provider: Provider<{ readonly day: string }> = await startProvider<{ readonly day: string }>({
    ...(port !== undefined && { port }),
    failures: {
      refuse: { status: 403, body: { error: 'forbidden' } },
      later: { status: 503, body: { error: 'maintenance' } },
      limit: { status: 429, body: { error: 'too many requests' } },
    },
    judge({ method, path, headers }) {
      if (headers.authorization !== `Bearer ${accessToken}`) return { status: 401, body: { error: 'unauthorized' } };
      const day = /^\/v1\/settlement-reports\/(\d{4}-\d\d-\d\d)$/.exec(path)?.[1];
      const body = method === 'GET' && day !== undefined ? reports.get(day) : undefined;
      if (body === undefined || day === undefined) return { status: 404, body: { error: 'no report' } };
      const longer = { 'Content-Length': String(Buffer.byteLength(body) + 1), Connection: 'close' };
      const answered = { 'Content-Type': 'text/csv; charset=utf-8', ...(sandbox.breaksOff && longer) };
      return { accepted: { day }, reply: { status: 200, headers: answered, body } };
    },
  });
  const sandbox: SettlementReportsSandbox = Object.assign(provider, {
    breaksOff: false,
    publish: (day: string, csv: string) => void reports.set(day, csv),
  });
  return sandbox;
}
