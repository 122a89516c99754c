import { hasApiTools, requireTool } from '../../dev/api-tools/install.ts';

interface HtmlValidateModule {
  readonly HtmlValidate: new (config: object) => {
    validateString(html: string): Promise<{
      readonly results: readonly {
        readonly messages: readonly { readonly ruleId: string; readonly message: string; readonly line: number }[];
      }[];
    }>;
  };
}

/** Rules of taste that our templates do not follow. */
const OFF = [
  'doctype-style',
  'no-implicit-button-type',
  'no-implicit-input-type',
  'no-inline-style',
  'no-trailing-whitespace',
  'prefer-native-element',
  'valid-id',
  'void-style',
];

/** Returns what html-validate finds wrong with a page; nothing where the tool is not installed. */
export async function htmlFindings(page: string): Promise<readonly string[]> {
  if (!hasApiTools()) return [];
  const { HtmlValidate } = requireTool('html-validate') as HtmlValidateModule;
  const rules = Object.fromEntries(OFF.map((rule) => [rule, 'off']));
  const { results } = await new HtmlValidate({ extends: ['html-validate:recommended'], rules }).validateString(page);
  return results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message, line }) => `${ruleId} in line ${line}: ${message}`),
  );
}
