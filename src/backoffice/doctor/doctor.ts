import { z } from '@hono/zod-openapi';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { none, readRoute } from '../../api/http/route.ts';

const look = readRoute({
  path: '/backoffice/doctor',
  id: 'getDoctorReport',
  summary: 'Get the doctor’s report',
  description: 'What is wrong with the deployment, seen from this process, and what to do.',
  params: none,
  query: none,
  answer: z.object({
    verdict: z.enum(['fine', 'warning', 'problem']),
    findings: z.array(z.object({
      check: z.string(), verdict: z.enum(['fine', 'warning', 'problem']), found: z.string(), todo: z.string().nullable(),
    })),
  }),
});

/** The doctor by HTTP. */
export function doctorRoutes(api: Api, { diagnose }: ApiDeps): void {
  api.openapi(look, async (c) => {
    const findings = await diagnose();
    const verdict = (['problem', 'warning'] as const).find((worst) => findings.some((finding) => finding.verdict === worst)) ?? 'fine';
    return c.json({ verdict, findings }, 200);
  });
}
