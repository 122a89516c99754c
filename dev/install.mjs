// Makes node_modules match package-lock.json. Plain JavaScript for Node 20 and without packages: it runs before them.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stampFile = `${root}node_modules/.columna-lock-hash`;
const ownNode = `${root}node_modules/.bin/node`;
const wantedNode = JSON.parse(readFileSync(`${root}package.json`, 'utf8')).devDependencies.node;
const lockHash = createHash('sha256').update(readFileSync(`${root}package-lock.json`)).digest('hex');

const isUpToDate = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockHash && existsSync(ownNode);

/** Holds a name in the kernel until the process ends, so that two first runs do not install over each other. */
const takeTurn = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', (error) => {
      if (error.code === 'EADDRINUSE') setTimeout(() => takeTurn().then(resolve, reject), 200);
      else reject(error);
    });
    server.listen(`\0columna-install-${createHash('sha256').update(root).digest('hex')}`, () => resolve(server));
  });

const npm = (...args) => {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  // The node that runs npm, never the one inside node_modules: npm deletes that one first.
  const [command, prefix] = script && node ? [node, [script]] : ['npm', []];
  return spawnSync(command, [...prefix, ...args], { cwd: root, encoding: 'utf8' });
};

const install = () => {
  console.log('Installing the packages of package-lock.json …');
  const result = npm('ci', '--include=dev', '--loglevel=error');
  if (result.status !== 0) {
    return `The packages could not be installed: "npm ci" failed.\n${result.error ?? result.stderr}`;
  }
  const version = spawnSync(ownNode, ['--version'], { encoding: 'utf8' }).stdout?.trim();
  if (version !== `v${wantedNode}`) {
    return `Node ${wantedNode} is missing from node_modules: let npm run the install script of the package "node".`;
  }
  writeFileSync(stampFile, lockHash);
  return undefined;
};

if (!isUpToDate()) {
  const turn = await takeTurn();
  const problem = isUpToDate() ? undefined : install();
  turn.close();
  if (problem) {
    console.error(problem);
    process.exit(1);
  }
}
