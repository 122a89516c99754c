import { differsInReads } from '../http/answers.ts';
import { codeOf } from '../http/problem-types.ts';
import { pascal } from './name-schemas.ts';
import { type Content, type Document, operationsOf } from './shapes.ts';

/** Returns the document with each problem described once: every operation has much the same ones. */
export function shareProblems(document: Document): Document {
  const responses: Record<string, Content> = {};
  const paths = operationsOf(document, (operation, method) => ({
    ...operation,
    responses: Object.fromEntries(
      Object.entries(operation.responses).map(([status, answer]) => {
        if (answer.content?.['application/problem+json'] === undefined) return [status, answer];
        const isOwn = method === 'get' && differsInReads(Number(status));
        const name = `${isOwn ? 'Read' : ''}${pascal(codeOf(Number(status)))}`;
        responses[name] = answer;
        return [status, { $ref: `#/components/responses/${name}` }];
      }),
    ),
  }));
  return { ...document, paths, components: { ...document.components, responses } };
}
