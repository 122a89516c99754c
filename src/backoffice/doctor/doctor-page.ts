import { html } from 'hono/html';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { none } from '../../api/http/route.ts';
import type { Finding } from '../../platform/finding.ts';
import { page } from '../kit/page.ts';
import { badge, table, type Tone } from '../kit/parts.ts';
import { UI } from '../kit/shell.ts';
import { common, words } from '../kit/words.ts';

const said = words({
  en: { check: 'What', verdict: 'Verdict', found: 'Found', todo: 'What to do', fine: 'fine', warning: 'warning', problem: 'problem', intro: 'What breaks systems like this one, looked at now from this process.' },
  es: { check: 'Qué', verdict: 'Veredicto', found: 'Hallazgo', todo: 'Qué hacer', fine: 'bien', warning: 'aviso', problem: 'problema', intro: 'Lo que rompe sistemas como este, visto ahora desde este proceso. Los hallazgos están en inglés.' },
});

const TONES: Readonly<Record<Finding['verdict'], Tone>> = { fine: 'good', warning: 'warn', problem: 'bad' };
const ORDER = ['problem', 'warning', 'fine'] as const;

/** The doctor's findings, the worst first. */
export function doctorPage(api: Api, deps: ApiDeps): void {
  page(api, deps, { path: `${UI}/doctor`, params: none, query: none }, async ({ viewer: { language } }) => {
    const say = { ...common[language], ...said[language] };
    const findings = await deps.diagnose();
    const sorted = ORDER.flatMap((verdict) => findings.filter((finding) => finding.verdict === verdict));
    return {
      title: say.doctor,
      body: html`<p>${say.intro}</p>${table({
        label: say.doctor, language, head: [say.verdict, say.check, say.found, say.todo],
        rows: sorted.map(({ verdict, check, found, todo }) => [badge(say[verdict], TONES[verdict]), check, found, todo]),
      })}`,
    };
  });
}
