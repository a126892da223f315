import { Registry } from 'prom-client'
import { clockOf, engineParts, startEngine } from '../../alerts/engine.ts'
import { createOutbox } from '../../alerts/outbox.ts'
import { readEnv } from '../../platform/env.ts'
import { openLog } from '../../platform/log.ts'
import { openSecretBox } from '../../platform/secrets.ts'
import { openStores } from '../../platform/stores.ts'

/**
 * An evaluator and dispatcher as a process of its own. `SKEW_MS` puts its own clock wrong; `CLOCK_URL` is the clock of all processes
 * (PostgreSQL's where there is none), and `OWNED_S` how long it owns a message.
 */
const { CLOCK_URL, SKEW_MS = '0', OWNED_S } = process.env
const skew = Number(SKEW_MS)
const right = Date.now
Date.now = () => right() + skew
process.on('disconnect', () => process.exit(0))

const env = readEnv(process.env)
const log = openLog({ level: 'warn', human: true })
const stores = await openStores({ env, log })
const now =
  CLOCK_URL === undefined
    ? () => clockOf(stores.postgres.db)
    : async () => Number(await (await fetch(CLOCK_URL, { signal: AbortSignal.timeout(5000) })).text())
const registry = new Registry()
startEngine(engineParts({ stores, log, links: null, url: 'http://sightline.test', now }), registry)
createOutbox({
  stores,
  secrets: await openSecretBox({ key: env.secretKey, folder: null }),
  now,
  log,
  registry,
  reach: 'private',
  smtpUrl: undefined,
  ...(OWNED_S === undefined ? {} : { ownedS: Number(OWNED_S) }),
}).start()
process.stdout.write('evaluator ready\n')
