import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../find-program.ts';
import { freePort } from '../free-port.ts';
import { MissingPart } from '../missing-part.ts';
import { crash, launch } from './server.ts';

const MASTER = '/usr/lib/postfix/sbin/master';

/** A Postfix of our own, which takes mail for example.com and drops it. */
export interface Postfix {
  readonly smtpUrl: string;
  /** Message-IDs of what it accepted, in order. */
  accepted(): readonly string[];
  /** Puts these settings of `main.cf` in place of all earlier ones, and ends the sessions that are open. */
  set(settings: Readonly<Record<string, string>>): void;
  stop(): Promise<void>;
}

/** Installs Debian's Postfix where we are root, without starting its service. @throws {MissingPart} */
export function bringPostfix(): void {
  if (findProgram('postfix') !== undefined) return;
  const [apt, preset] = [findProgram('apt-get'), findProgram('debconf-set-selections')];
  const missing = new MissingPart('Postfix: not here; its tests are skipped ("apt-get install postfix" as root brings it).');
  if (process.getuid?.() !== 0 || apt === undefined || preset === undefined) throw missing;
  console.log('Installing Postfix with apt-get …');
  spawnSync(preset, { input: 'postfix postfix/main_mailer_type select No configuration\n' });
  const run = (...args: string[]) =>
    spawnSync(apt, ['-qq', ...args], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).status === 0;
  const install = () => run('install', '--yes', '--no-install-recommends', 'postfix');
  // A new machine has no package lists yet.
  if (!install() && run('update')) install();
  if (findProgram('postfix') === undefined) throw missing;
}

/** Returns whether a Postfix can be started here: it needs root. */
export const hasPostfix = (): boolean => process.getuid?.() === 0 && findProgram('postfix') !== undefined;

/** Starts a Postfix on a free port of 127.0.0.1. `settings` are lines of `main.cf`. */
export async function startPostfix(settings: Readonly<Record<string, string>> = {}): Promise<Postfix> {
  const folder = mkdtempSync(join(tmpdir(), 'columna-postfix-'));
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  for (const part of [data, join(folder, 'queue')]) mkdirSync(part);
  const { uid, gid } = statSync('/var/lib/postfix');
  chownSync(data, uid, gid);
  const port = await freePort();
  const log = join(folder, 'mail.log');
  const base = mainSettings(folder);
  const write = (changed: Readonly<Record<string, string>>) =>
    writeFileSync(join(folder, 'main.cf'), Object.entries({ ...base, ...changed }).map(([name, value]) => `${name} = ${value}\n`).join(''));
  write(settings);
  writeFileSync(join(folder, 'master.cf'), masterServices(port));
  writeFileSync(log, '');
  spawnSync('postfix', ['-c', folder, 'check']); // makes the queue's folders
  const child = await launch({ command: MASTER, args: ['-c', folder, '-d'], port, logFile: join(folder, 'master.log') });
  return {
    smtpUrl: `smtp://127.0.0.1:${port}`,
    accepted: () => acceptedIn(readFileSync(log, 'utf8')),
    set(changed) {
      write(changed);
      spawnSync('postfix', ['-c', folder, 'reload']);
      endSessions(child.pid);
    },
    async stop() {
      await crash(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Ends the master's smtpd processes: each keeps the settings with which it began. */
function endSessions(master: number | undefined): void {
  const children = readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  for (const pid of children) {
    try {
      if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'smtpd') process.kill(pid, 'SIGTERM');
    } catch {
      // It has ended by itself.
    }
  }
}

/** Reads a mail log: what came into the queue, by its Message-ID. */
function acceptedIn(log: string): readonly string[] {
  const ids = new Map([...log.matchAll(/cleanup\[\d+\]: (\w+): message-id=(<[^>]*>)/g)].map(([, queueId = '', id = '']) => [queueId, id]));
  return [...log.matchAll(/qmgr\[\d+\]: (\w+): from=/g)].flatMap(([, queueId = '']) => ids.get(queueId) ?? []);
}

const mainSettings = (folder: string): Readonly<Record<string, string>> => ({
  compatibility_level: '3.6',
  service_throttle_time: '1s', // after a process that was ended
  queue_directory: join(folder, 'queue'),
  data_directory: join(folder, 'data'),
  maillog_file: join(folder, 'mail.log'),
  maillog_file_prefixes: tmpdir(),
  inet_interfaces: '127.0.0.1',
  inet_protocols: 'ipv4',
  myhostname: 'mta.example',
  mynetworks: '',
  mydestination: '',
  local_recipient_maps: '',
  alias_maps: '',
  virtual_mailbox_domains: 'example.com',
  virtual_transport: 'discard:',
  smtpd_recipient_restrictions: 'reject_unauth_destination',
  smtpd_client_event_limit_exceptions: '',
});

const masterServices = (port: number): string => `
127.0.0.1:${port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`;
