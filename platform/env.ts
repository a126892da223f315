import { resolve } from 'node:path'
import { z } from 'zod'
import { SightlineError } from './errors.ts'
import { LOG_LEVELS } from './log.ts'
import { isSmtpUrl } from './smtp-url.ts'

const aPort = 'must be a whole number from 0 to 65535'
const aSession = 'must be a whole number of milliseconds from 1000 to 300000'
const port = z.coerce.number(aPort).int(aPort).min(0, aPort).max(65_535, aPort)
const postgresUrl = z.string().refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text), {
  error: 'must be postgres://USER:PASSWORD@HOST:PORT/DATABASE',
})
const clickHouseUrl = z.string().refine(
  (text) => {
    const url = URL.canParse(text) ? new URL(text) : null
    return url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === ''
  },
  { error: 'must be http(s)://USER:PASSWORD@HOST:PORT with nothing after it: the database is always "sightline"' },
)
const httpUrl = z.string().refine((text) => URL.canParse(text) && /^https?:/.test(text), { error: 'must be an http(s) address' })

const Variables = z.object({
  /** Where the API and the dashboard listen; 0 lets the system choose. */
  SIGHTLINE_PORT: port.default(4600),
  SIGHTLINE_HOST: z.string().default('127.0.0.1'),
  /** Folder of the embedded stores and of generated secrets. */
  SIGHTLINE_DATA: z.string().default('.sightline'),
  /** A fixed bearer token of the first administrator; one is generated where it is not given. */
  SIGHTLINE_ADMIN_TOKEN: z
    .string()
    .regex(/^[\w~+/.-]{1,300}=*$/, 'must be a bearer token: letters, digits and -._~+/ only, at most 300')
    .optional(),
  /** What the secrets of sources and channels are sealed with; the data folder keeps one where it is not given. */
  SIGHTLINE_SECRET_KEY: z.string().min(32, 'must have 32 characters or more').optional(),
  /** Where connectors may ask and channels send to: private networks too, or the public internet only. */
  SIGHTLINE_PULL_REACH: z.enum(['private', 'public']).default('private'),
  SIGHTLINE_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  /** A ClickHouse server, with the writer's credentials. */
  CLICKHOUSE_URL: clickHouseUrl.optional(),
  /** Password of `sightline_reader`; the writer's where not given. */
  CLICKHOUSE_READER_PASSWORD: z.string().optional(),
  DATABASE_URL: postgresUrl.optional(),
  /** `host:port`, separated by commas. */
  KAFKA_BROKERS: z
    .string()
    .regex(/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/, 'must be HOST:PORT, separated by commas')
    .transform((text) => text.split(','))
    .optional(),
  /** Without a sign of life for so long another consumer takes over, milliseconds. */
  SIGHTLINE_KAFKA_SESSION_MS: z.coerce.number(aSession).int(aSession).min(1000, aSession).max(300_000, aSession).optional(),
  /** Mail server of channels that name none of their own. */
  SMTP_URL: z.string().refine(isSmtpUrl, { error: 'must be smtp(s)://USER:PASSWORD@HOST:PORT' }).optional(),
  /** Address of the dashboard as people reach it: what links in messages begin with. */
  SIGHTLINE_URL: httpUrl.optional(),
  /** Address that is asked every minute while alerts are evaluated and delivered. */
  SIGHTLINE_HEARTBEAT_URL: httpUrl.optional(),
  OIDC_ISSUER: httpUrl.optional(),
})

/** The settings of a process. */
export type Env = {
  port: number
  host: string
  /** Absolute path. */
  dataFolder: string
  adminToken: string | undefined
  secretKey: string | undefined
  pullReach: 'private' | 'public'
  logLevel: (typeof LOG_LEVELS)[number]
  clickHouseUrl: string | undefined
  clickHouseReaderPassword: string | undefined
  databaseUrl: string | undefined
  kafkaBrokers: string[] | undefined
  kafkaSessionMs: number | undefined
  smtpUrl: string | undefined
  publicUrl: string | undefined
  heartbeatUrl: string | undefined
  oidcIssuer: string | undefined
}

/**
 * Reads the settings from environment variables. An empty variable counts as missing; others (`OTEL_*` among them) are left to
 * those who read them.
 *
 * @throws {SightlineError} `env_invalid`, which names the variable and what is wrong with it
 */
export function readEnv(variables: Readonly<Record<string, string | undefined>>): Env {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value.trim() !== ''))
  const parsed = Variables.safeParse(given)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new SightlineError(
      'env_invalid',
      `The environment variable ${String(issue?.path[0])} is not valid: ${issue?.message}.`,
      {
        next: 'See the table of variables in the README.',
      },
    )
  }
  const env = parsed.data
  return {
    port: env.SIGHTLINE_PORT,
    host: env.SIGHTLINE_HOST,
    dataFolder: resolve(env.SIGHTLINE_DATA),
    adminToken: env.SIGHTLINE_ADMIN_TOKEN,
    secretKey: env.SIGHTLINE_SECRET_KEY,
    pullReach: env.SIGHTLINE_PULL_REACH,
    logLevel: env.SIGHTLINE_LOG_LEVEL,
    clickHouseUrl: env.CLICKHOUSE_URL,
    clickHouseReaderPassword: env.CLICKHOUSE_READER_PASSWORD,
    databaseUrl: env.DATABASE_URL,
    kafkaBrokers: env.KAFKA_BROKERS,
    kafkaSessionMs: env.SIGHTLINE_KAFKA_SESSION_MS,
    smtpUrl: env.SMTP_URL,
    publicUrl: env.SIGHTLINE_URL,
    heartbeatUrl: env.SIGHTLINE_HEARTBEAT_URL,
    oidcIssuer: env.OIDC_ISSUER,
  }
}
