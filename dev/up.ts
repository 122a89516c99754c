// node dev/up.ts [folder]: starts the services of `.columna/<folder>` and keeps them up until Ctrl-C.
// The databases that failed tests left are in the folder "test".
import { claimFolder } from './claim-folder.ts';
import { giveUp } from './missing-part.ts';
import { startServices } from './services.ts';

const folder = process.argv[2] ?? 'up';
const dataDir = await claimFolder(folder);
const services = await startServices({ dataDir, documents: 'optional', inMemory: folder === 'test' }).catch(giveUp);
console.log(`DATABASE_URL=${services.databaseUrl}`);
console.log(`REDIS_URL=${services.redisUrl}`);
if (services.mongodbUrl) console.log(`MONGODB_URL=${services.mongodbUrl}`);
