import { documentKey } from './documents.ts'
import type { Value } from './telemetry.ts'

/**
 * The attributes of spans that are read, by what they mean, newest name first: semantic conventions as they are, as they were, and those
 * of n8n and Temporal. `app.*` are our own: what the producer says by them stands.
 */
const NAMES = {
  httpMethod: ['http.request.method', 'http.method'],
  httpStatus: ['http.response.status_code', 'http.status_code'],
  httpRoute: ['http.route', 'url.template'],
  httpResend: ['http.request.resend_count', 'http.resend_count', 'http.retry_count'],
  urlFull: ['url.full', 'http.url'],
  urlPath: ['url.path', 'http.target', 'http.path'],
  peerService: ['service.peer.name', 'peer.service'],
  serverAddress: ['server.address', 'net.peer.name', 'http.host', 'net.peer.ip', 'network.peer.address'],
  serverPort: ['server.port', 'net.peer.port'],
  rpcSystem: ['rpc.system.name', 'rpc.system'],
  rpcService: ['rpc.service'],
  rpcMethod: ['rpc.method'],
  rpcStatus: ['rpc.response.status_code', 'rpc.grpc.status_code', 'grpc.status_code'],
  rpcError: ['rpc.connect_rpc.error_code', 'rpc.jsonrpc.error_code'],
  dbSystem: ['db.system.name', 'db.system'],
  dbNamespace: ['db.namespace', 'db.name'],
  dbOperation: ['db.operation.name', 'db.operation'],
  dbCollection: ['db.collection.name', 'db.sql.table', 'db.mongodb.collection'],
  dbSummary: ['db.query.summary'],
  dbStatus: ['db.response.status_code'],
  messagingSystem: ['messaging.system'],
  messagingOperation: ['messaging.operation.type', 'messaging.operation', 'messaging.operation.name'],
  messagingDestination: [
    'messaging.destination.name',
    'messaging.destination',
    'messaging.kafka.topic',
    'messaging.source.name',
    'messaging.kafka.source.topic',
    'messaging.url',
  ],
  messagingTemplate: ['messaging.destination.template'],
  messagingTemporary: ['messaging.destination.temporary', 'messaging.temp_destination', 'messaging.destination.anonymous'],
  deliveries: [
    'messaging.servicebus.message.delivery_count',
    'messaging.gcp_pubsub.message.delivery_attempt',
    'messaging.message.delivery_count',
  ],
  graphqlType: ['graphql.operation.type'],
  graphqlName: ['graphql.operation.name'],
  faasTrigger: ['faas.trigger'],
  faasName: ['faas.invoked_name', 'faas.name'],
  aiSystem: ['gen_ai.provider.name', 'gen_ai.system'],
  aiOperation: ['gen_ai.operation.name'],
  aiModel: ['gen_ai.request.model', 'gen_ai.response.model'],
  errorType: ['error.type'],
  errorMessage: ['error.message'],
  exceptionType: ['exception.type', 'n8n.execution.error_type', 'n8n.node.error_type'],
  exceptionMessage: ['exception.message'],
  workflow: ['app.workflow.name', 'n8n.workflow.name', 'workflow.name', 'temporalWorkflowType', 'n8n.workflow.id'],
  workflowRun: ['app.workflow.run', 'n8n.execution.id', 'workflow.run.id', 'temporalWorkflowID'],
  runStatus: ['n8n.execution.status'],
  node: ['n8n.node.name', 'n8n.node.id'],
  system: ['app.system'],
  step: ['app.step'],
  attempt: ['app.attempt', 'temporalActivityAttempt'],
  outcomeStatus: ['app.outcome.status'],
  outcomeCode: ['app.outcome.code'],
  outcomeMessage: ['app.outcome.message'],
} as const satisfies Record<string, readonly string[]>

export type Field = keyof typeof NAMES

const FIELD_NAMES = Object.keys(NAMES) as Field[]

/** Position of each field in the array of a span's fields. */
export const AT = Object.fromEntries(FIELD_NAMES.map((name, at) => [name, at])) as Record<Field, number>

/** Columns of their own hold all that these say. */
const HELD: ReadonlySet<string> = new Set([
  'http.response.status_code',
  'http.status_code',
  'error.type',
  'n8n.workflow.name',
  'n8n.execution.id',
  'app.system',
])

/** Credentials never lie in a store. */
const SECRET = /authorization|cookie|password|passwd|secret|api[-_.]?key|access[-_.]?token|x-auth/iu

/** What a key of an attribute means. */
export type Key = {
  /** Position of its field; -1 for none. */
  readonly field: number
  /** Among the names of its field: a smaller one is newer and stands. */
  readonly rank: number
  /** What it says of documents, as `documentKey` tells. */
  readonly documents: string | null
  /** The key in JSON with its colon, for attributes that are kept; null for those that are not. */
  readonly kept: string | null
}

const FIELD_OF = new Map(
  FIELD_NAMES.flatMap((name, field) => NAMES[name].map((key, rank) => [key as string, { field, rank }] as const)),
)
const MOST_KEYS = 20_000
const known = new Map<string, Key>()

/** What a key means; looked up once. */
export function keyOf(key: string): Key {
  let found = known.get(key)
  if (found !== undefined) return found
  if (known.size >= MOST_KEYS) known.clear()
  const documents = documentKey(key)
  const { field, rank } = FIELD_OF.get(key) ?? { field: -1, rank: 0 }
  const dropped = documents !== null || HELD.has(key) || SECRET.test(key) || key === ''
  found = { field, rank, documents, kept: dropped ? null : `${JSON.stringify(key.slice(0, 200))}:` }
  known.set(key, found)
  return found
}

/** Longest text of an attribute that is kept. */
const LONGEST_TEXT = 2048

/** A value in JSON; text that is longer than what is kept is cut. */
export function valueJson(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value.length > LONGEST_TEXT ? cut(value, LONGEST_TEXT) : value)
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : `"${value}"`
  const json = JSON.stringify(value)
  return json.length > 4 * LONGEST_TEXT ? JSON.stringify(cut(json, LONGEST_TEXT)) : json
}

/** The beginning of a text with a mark where it goes on; no character is halved. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`
}
