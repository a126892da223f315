import type { RegisteredSource } from '../../../../api/contract/feeds.ts'

/** Kinds of sources in words. */
export const KINDS: Readonly<Record<RegisteredSource['kind'], { name: string; meaning: string }>> = {
  webhook: { name: 'Webhook', meaning: 'A system sends signed requests to an address of its own' },
  kafka: { name: 'Kafka topic', meaning: 'Topics by name or pattern, read exactly once in effect' },
  n8n: { name: 'n8n', meaning: 'Executions are fetched through its REST API' },
  otlp: { name: 'OpenTelemetry', meaning: 'Traces, logs and metrics of a collector or an SDK' },
}
